import Tensor

/// What a parameter does in its layer: decides how directions and interpolations treat it.
public enum ParameterRole: String, Sendable, CaseIterable {
    /// A matrix that multiplies activations.
    case weight
    /// An additive vector.
    case bias
    /// Gain or shift of a normalisation.
    case norm
}

/// Where in the model a parameter sits.
public enum ModelPart: String, Sendable, CaseIterable {
    case embedding
    case backbone
    case head
}

/// A trainable parameter: its name in checkpoints, shape, and how it is initialised.
public struct ParameterSpecification: Sendable, Equatable {
    /// The official name, as in the published checkpoint.
    public let name: String
    /// The official shape.
    public let shape: [Int]
    /// The family's own initialisation.
    public let initializer: Initializer
    /// What it does.
    public let role: ParameterRole
    /// Where it sits.
    public let part: ModelPart

    /// The number of entries.
    public var count: Int { shape.reduce(1, *) }
}

/// A tensor that belongs to the model but is not trained, such as a table of positions.
public struct BufferSpecification: Sendable {
    /// The official name.
    public let name: String
    /// The official shape.
    public let shape: [Int]
    /// The value a new model has.
    public let initial: @Sendable () throws(TensorError) -> Tensor
}

/// A parameter's place in the layout.
public struct ParameterID: Sendable, Hashable {
    let index: Int
}

/// A buffer's place in the layout.
public struct BufferID: Sendable, Hashable {
    let index: Int
}

/// The parameters of a model in a fixed order, laid out one after the other in a flat vector θ.
public struct ParameterLayout: Sendable {
    /// In the order of θ.
    public private(set) var parameters: [ParameterSpecification] = []
    /// Not part of θ.
    public private(set) var buffers: [BufferSpecification] = []
    /// The position of each parameter's first entry in θ.
    public private(set) var offsets: [Int] = []
    /// The length of θ.
    public private(set) var count = 0

    /// An empty layout. Models add their parameters while they are built.
    public init() {}

    /// Adds a parameter at the end of θ.
    public mutating func add(
        _ name: String, _ shape: [Int], _ initializer: Initializer, role: ParameterRole, part: ModelPart = .backbone
    ) -> ParameterID {
        let specification = ParameterSpecification(
            name: name, shape: shape, initializer: initializer, role: role, part: part)
        parameters.append(specification)
        offsets.append(count)
        count += specification.count
        return ParameterID(index: parameters.count - 1)
    }

    /// Adds a buffer.
    public mutating func addBuffer(
        _ name: String, _ shape: [Int], _ initial: @escaping @Sendable () throws(TensorError) -> Tensor
    ) -> BufferID {
        buffers.append(BufferSpecification(name: name, shape: shape, initial: initial))
        return BufferID(index: buffers.count - 1)
    }

    /// The parameters at some positions alone, laid out in their order; no buffers.
    public func selecting(_ indices: [Int]) -> ParameterLayout {
        var layout = ParameterLayout()
        for index in indices {
            let specification = parameters[index]
            _ = layout.add(
                specification.name, specification.shape, specification.initializer, role: specification.role,
                part: specification.part)
        }
        return layout
    }

    /// The named parts of a flat vector, sharing its memory.
    public func views(of flat: Tensor) throws(TensorError) -> [Tensor] {
        guard flat.shape == [count] else {
            throw .shape(expected: [count], found: flat.shape, context: "flat parameter vector")
        }
        var views: [Tensor] = []
        views.reserveCapacity(parameters.count)
        for (specification, offset) in zip(parameters, offsets) {
            views.append(try flat.narrowed(0, from: offset, count: specification.count).viewed(specification.shape))
        }
        return views
    }

    /// Joins one tensor per parameter into a flat vector; `nil` counts as zeros.
    public func flatten(_ parts: [Tensor?], dtype: DType, device: Device = .cpu) throws(TensorError) -> Tensor {
        precondition(parts.count == parameters.count, "one tensor per parameter")
        var flat: [Tensor] = []
        for (part, specification) in zip(parts, parameters) {
            if let part {
                flat.append(try part.reshaped([-1]))
            } else {
                flat.append(try Tensor.zeros([specification.count], dtype: dtype, device: device))
            }
        }
        return try Tensor.concatenate(flat)
    }

    /// A draw of θ from the family's own initialisation.
    ///
    /// Every parameter has a stream of its own, so that a draw does not depend on the order of the layout.
    public func sample(seed: UInt64, purpose: String, dtype: DType) throws(TensorError) -> Tensor {
        let flat = try Tensor.empty([count], dtype: dtype)
        for (view, specification) in zip(try views(of: flat), parameters) {
            let stream = try RandomStream(seed: seed, "\(purpose)/\(specification.name)")
            try view.copyInPlace(try specification.initializer.sample(specification.shape, from: stream, dtype: dtype))
        }
        return flat
    }
}

/// The values a model runs with: views on θ, and buffers.
public struct Parameters: Sendable {
    /// In the order of the layout.
    public let tensors: [Tensor]
    /// In the order of the layout.
    public let buffers: [Tensor]

    /// Binds tensors to a layout's order.
    public init(tensors: [Tensor], buffers: [Tensor]) {
        self.tensors = tensors
        self.buffers = buffers
    }

    /// The value of a parameter.
    public subscript(id: ParameterID) -> Tensor { tensors[id.index] }
    /// The value of a buffer.
    public subscript(id: BufferID) -> Tensor { buffers[id.index] }
}

/// A point in parameter space together with the buffers of its model.
public struct Weights: Sendable {
    /// The flat parameter vector θ.
    public let flat: Tensor
    /// One per buffer of the layout.
    public let buffers: [Tensor]

    /// A point and its buffers.
    public init(flat: Tensor, buffers: [Tensor]) {
        self.flat = flat
        self.buffers = buffers
    }

    /// The same buffers with another θ.
    public func with(flat: Tensor) -> Weights {
        Weights(flat: flat, buffers: buffers)
    }
}
