/// The three operations an element of a real inner-product space needs for the algorithms of this module.
///
/// The algorithms never look inside a vector. It may be a value or a reference; with a reference, mind that vectors handed
/// over (start vectors, products) are overwritten, so each must be an object of its own.
///
/// `dot` should accumulate in `Double` even when the elements are narrower: orthogonality depends on it.
/// The other requirements have defaults in terms of the first three. A type whose vectors are large can override
/// them to pass over memory once instead of once per basis vector.
public protocol KrylovVector {
    /// The inner product ⟨self, other⟩: symmetric, bilinear, positive for every vector but 0.
    func dot(_ other: Self) throws -> Double

    /// self ← self + factor · other. `other` is never the same object as `self`.
    mutating func add(_ factor: Double, times other: Self) throws

    /// self ← factor · self.
    mutating func scale(by factor: Double) throws

    /// ⟨basis[i], vector⟩ for every i (one matrix–vector product).
    static func dots(_ basis: [Self], with vector: Self) throws -> [Double]

    /// self ← self + Σᵢ factors[i] · basis[i] (one matrix–vector product).
    mutating func add(_ factors: [Double], times basis: [Self]) throws

    /// self ← self − Σᵢ coefficients[i] · basis[i], then ⟨basis[i], self⟩ for every i and ⟨self, self⟩: one pass of Gram–Schmidt
    /// together with the products the next one needs.
    mutating func subtract(_ coefficients: [Double], times basis: [Self]) throws -> (dots: [Double], square: Double)

    /// basis ← the vectors Σᵣ coefficients[c][r] · basis[r], one for each c (one matrix–matrix product).
    ///
    /// There are at most as many results as vectors. The default works in place, without any extra vector, at
    /// `basis.count · coefficients.count` calls of ``add(_:times:)-(Double,_)``.
    static func combine(_ basis: inout [Self], coefficients: [[Double]]) throws
}

extension KrylovVector {
    /// One ``dot(_:)`` for each basis vector.
    public static func dots(_ basis: [Self], with vector: Self) throws -> [Double] {
        try basis.map { try $0.dot(vector) }
    }

    /// One scaled addition for each basis vector, in the order of the basis.
    public mutating func add(_ factors: [Double], times basis: [Self]) throws {
        for (factor, vector) in zip(factors, basis) where factor != 0 {
            try add(factor, times: vector)
        }
    }

    /// By the other requirements.
    public mutating func subtract(
        _ coefficients: [Double], times basis: [Self]
    ) throws -> (dots: [Double], square: Double) {
        try add(coefficients.map { -$0 }, times: basis)
        return (try Self.dots(basis, with: self), try dot(self))
    }

    /// In place, by triangular factors of the coefficients.
    public static func combine(_ basis: inout [Self], coefficients: [[Double]]) throws {
        try combineByTriangles(&basis, coefficients: coefficients)
    }

    /// ``combine(_:coefficients:)`` by scaled additions alone, for types whose own way does not always apply.
    public static func combineByTriangles(_ basis: inout [Self], coefficients: [[Double]]) throws {
        let rows = basis.count
        guard coefficients.count <= rows, coefficients.allSatisfy({ $0.count == rows }) else {
            throw KrylovError.invalidParameter(
                name: "coefficients", value: "\(coefficients.map(\.count)) numbers",
                requirement: "at most \(rows) columns of \(rows) numbers")
        }
        try TriangularCombination(coefficients, rows: rows).apply(to: &basis)
    }
}
