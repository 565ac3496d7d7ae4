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
    ///
    /// - Parameter inaccuracy: ‖error‖ of `vector`, where it is known only so well: the second pass is then left out when what the first
    ///   one left is measured to be below it.
    init<Vector: KrylovVector>(_ vector: inout Vector, against basis: [Vector], inaccuracy: Double = 0) throws {
        coefficients = [Double](repeating: 0, count: basis.count)
        norm = 0
        guard !basis.isEmpty else {
            norm = try vector.dot(vector).squareRoot()
            return
        }
        var components = try Vector.dots(basis, with: vector)
        for pass in 0..<4 {
            let next = try vector.subtract(components, times: basis)
            var removed = 0.0
            for (i, component) in components.enumerated() {
                coefficients[i] += component
                removed += component * component
            }
            norm = next.square.squareRoot()
            guard norm.isFinite, norm > 0, pass == 0 || removed > norm * norm else { return }
            components = next.dots
            if inaccuracy > 0, components.reduce(0, { $0 + $1 * $1 }).squareRoot() < 1e-3 * min(inaccuracy, norm) {
                return
            }
        }
    }
}
