import Synchronization
import Tensor

/// Weights that can be read again, so that their vector need not be held while nobody uses it.
public final class ReleasableWeights: Sendable {
    /// One per buffer of the layout; always held.
    public let buffers: [Tensor]
    /// The type of the vector.
    public let dtype: DType
    /// Where the vector lies.
    public let device: Device
    private let name: String
    private let read: (@Sendable () throws -> Weights)?
    private let state: Mutex<State>

    private struct State {
        var flat: Tensor?
        /// Of the vector that was released: what is read again must be the same.
        var checksum: Int64?
    }

    /// Weights that are held for good, since nothing tells how to read them again.
    public convenience init(_ weights: Weights) { self.init(weights, name: "", read: nil) }

    /// Reads weights, now and after each release.
    ///
    /// - Parameter name: of the source, for messages.
    public convenience init(name: String, read: @escaping @Sendable () throws -> Weights) throws {
        self.init(try read(), name: name, read: read)
    }

    private init(_ weights: Weights, name: String, read: (@Sendable () throws -> Weights)?) {
        buffers = weights.buffers
        dtype = weights.flat.dtype
        device = weights.flat.device
        self.name = name
        self.read = read
        state = Mutex(State(flat: weights.flat))
    }

    /// The flat parameter vector θ. Cost: a reading of the source after a release.
    ///
    /// - Throws: ``WeightsChangedError`` where the source holds other weights by now, and what reading throws.
    public var flat: Tensor {
        get throws {
            try state.withLock { state in
                if let flat = state.flat { return flat }
                guard let read else { preconditionFailure("only what can be read is released") }
                let flat = try read().flat
                guard try ReleasableWeights.checksum(flat) == state.checksum else {
                    throw WeightsChangedError(name: name)
                }
                state.flat = flat
                return flat
            }
        }
    }

    /// Whether the vector is in memory on this object's account.
    public var isHeld: Bool { state.withLock { $0.flat != nil } }

    /// Frees the vector where it can be read again and nobody else holds it. Cost: one pass over it, the first time.
    public func release() throws {
        guard read != nil else { return }
        try state.withLock { state in
            guard let flat = state.flat else { return }
            if state.checksum == nil { state.checksum = try ReleasableWeights.checksum(flat) }
            state.flat = nil
        }
    }

    /// The same buffers with another θ.
    public func with(flat: Tensor) -> Weights { Weights(flat: flat, buffers: buffers) }

    /// In pieces, since a sum of integers may make a copy.
    private static func checksum(_ flat: Tensor) throws -> Int64 {
        let piece = 1 << 20
        var sum: Int64 = 0
        for start in stride(from: 0, to: flat.count, by: piece) {
            sum = sum &* 31 &+ (try flat.narrowed(0, from: start, count: min(piece, flat.count - start)).bitSum)
        }
        return sum
    }
}

/// Weights that were read again are not those that were read before.
public struct WeightsChangedError: Error, CustomStringConvertible, Sendable {
    /// The source.
    public let name: String

    /// For people.
    public var description: String {
        "\(name): holds other weights than when this run began; put the old file back and go on with --resume"
    }
}
