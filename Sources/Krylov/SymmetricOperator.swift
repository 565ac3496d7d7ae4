/// A linear operator H with ⟨u, Hv⟩ = ⟨Hu, v⟩, known only by its products.
///
/// Symmetry is a promise. ``Spectrum/asymmetry`` reports how well it was kept.
public protocol SymmetricOperator {
    /// The vectors it works on.
    associatedtype Vector: KrylovVector

    /// The dimension of the space.
    var dimension: Int { get }

    /// The products H v, one for each vector, in order.
    ///
    /// A block may share work between its products. The given vectors must not be changed, and the results must be new
    /// vectors: the algorithms overwrite them.
    func apply(_ vectors: [Vector]) throws -> [Vector]
}

/// An operator made of a closure.
public struct ClosureOperator<Vector: KrylovVector>: SymmetricOperator {
    /// The dimension of the space.
    public let dimension: Int
    private let body: ([Vector]) throws -> [Vector]

    /// The operator whose products with a block of vectors are `body(block)`.
    public init(dimension: Int, block body: @escaping ([Vector]) throws -> [Vector]) {
        self.dimension = dimension
        self.body = body
    }

    /// The operator whose product with one vector is `body(vector)`.
    public init(dimension: Int, _ body: @escaping (Vector) throws -> Vector) {
        self.init(dimension: dimension, block: { try $0.map(body) })
    }

    /// The products, one for each vector.
    public func apply(_ vectors: [Vector]) throws -> [Vector] {
        try body(vectors)
    }
}
