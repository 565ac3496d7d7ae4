/// The operator factor · H.
public struct ScaledOperator<Base: SymmetricOperator>: SymmetricOperator {
    private let base: Base
    private let factor: Double

    /// `factor` times `base`.
    public init(_ base: Base, by factor: Double) {
        self.base = base
        self.factor = factor
    }

    /// As the base.
    public var dimension: Int { base.dimension }

    /// One product of the base for each vector.
    public func apply(_ vectors: [Base.Vector]) throws -> [Base.Vector] {
        var products = try base.apply(vectors)
        for index in products.indices { try products[index].scale(by: factor) }
        return products
    }
}

/// The operator H + shift · I.
public struct ShiftedOperator<Base: SymmetricOperator>: SymmetricOperator {
    private let base: Base
    private let shift: Double

    /// `base` plus `shift` times the identity.
    public init(_ base: Base, by shift: Double) {
        self.base = base
        self.shift = shift
    }

    /// As the base.
    public var dimension: Int { base.dimension }

    /// One product of the base for each vector.
    public func apply(_ vectors: [Base.Vector]) throws -> [Base.Vector] {
        var products = try base.apply(vectors)
        for (index, vector) in zip(products.indices, vectors) { try products[index].add(shift, times: vector) }
        return products
    }
}

/// The operator a · A + b · B.
public struct SumOperator<A: SymmetricOperator, B: SymmetricOperator>: SymmetricOperator where A.Vector == B.Vector {
    private let first: A
    private let second: B
    private let factors: (Double, Double)

    /// The weighted sum of two operators on the same space.
    public init(_ first: A, times a: Double = 1, plus second: B, times b: Double = 1) {
        precondition(first.dimension == second.dimension, "operators on the same space")
        self.first = first
        self.second = second
        factors = (a, b)
    }

    /// As both.
    public var dimension: Int { first.dimension }

    /// One product of each operator for each vector.
    public func apply(_ vectors: [A.Vector]) throws -> [A.Vector] {
        var products = try first.apply(vectors)
        let others = try second.apply(vectors)
        for (index, other) in zip(products.indices, others) {
            if factors.0 != 1 { try products[index].scale(by: factors.0) }
            try products[index].add(factors.1, times: other)
        }
        return products
    }
}
