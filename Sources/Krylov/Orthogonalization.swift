/// What is left of a vector outside an orthonormal basis.
struct Orthogonalization {
    /// The components along the basis vectors that were removed.
    var coefficients: [Double]
    /// The norm of the remainder; not finite when anything met on the way was not.
    var norm: Double

    /// Removes from `vector` its components along `basis`, by classical Gram–Schmidt applied twice.
    ///
    /// Two passes leave the remainder orthogonal to rounding unless it is itself nearly rounding (Giraud, Langou, Rozložník
    /// & van den Eshof 2005). That case shows as a second pass that still removes much; passes are then repeated, at most
    /// four in all.
    init<Vector: KrylovVector>(_ vector: inout Vector, against basis: [Vector]) throws {
        coefficients = [Double](repeating: 0, count: basis.count)
        norm = 0
        for pass in 0..<4 {
            let components = try Vector.dots(basis, with: vector)
            try vector.add(components.map { -$0 }, times: basis)
            var removed = 0.0
            for (i, component) in components.enumerated() {
                coefficients[i] += component
                removed += component * component
            }
            norm = try vector.dot(vector).squareRoot()
            guard norm.isFinite, norm > 0, pass == 0 ? !basis.isEmpty : removed > norm * norm else { return }
        }
    }
}
