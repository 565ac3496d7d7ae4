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

    /// The operator whose products with a block of vectors are `apply(block)`.
    public init(dimension: Int, apply body: @escaping ([Vector]) throws -> [Vector]) {
        self.dimension = dimension
        self.body = body
    }

    /// The operator whose product with one vector is `apply(vector)`.
    public static func each(dimension: Int, apply body: @escaping (Vector) throws -> Vector) -> ClosureOperator {
        ClosureOperator(dimension: dimension) { try $0.map(body) }
    }

    /// The products, one for each vector.
    public func apply(_ vectors: [Vector]) throws -> [Vector] {
        try body(vectors)
    }
}
