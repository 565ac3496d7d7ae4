import Checkpoints
import Networks
import Tensor

/// A checkpoint as a source of named tensors.
struct CheckpointSource: TensorSource {
    let checkpoint: Checkpoint

    var sourceName: String { checkpoint.url.path }
    var tensorNames: [String] { checkpoint.entries.map(\.name) }
    func tensorShape(_ name: String) -> [Int]? { checkpoint.entry(name)?.shape }
    func isFloatingPoint(_ name: String) -> Bool { checkpoint.entry(name)?.type.isFloatingPoint ?? false }

    func tensor(_ name: String) throws -> Tensor {
        guard let entry = checkpoint.entry(name), let dtype = DType(entry.type) else {
            throw ForecasterError.request("\(sourceName): tensor '\(name)' has a type that cannot be read as numbers")
        }
        let bytes = try checkpoint.read(name)
        return try bytes.withUnsafeBytes { try Tensor(bytes: $0, dtype: dtype, shape: entry.shape) }
    }
}

extension DType {
    /// The engine's type for a stored one; `nil` where there is none.
    public init?(_ type: TensorType) {
        switch type {
        case .float64: self = .float64
        case .float32: self = .float32
        case .float16: self = .float16
        case .bfloat16: self = .bfloat16
        case .int64: self = .int64
        case .int32: self = .int32
        case .int16: self = .int16
        case .int8: self = .int8
        case .uint8: self = .uint8
        case .bool: self = .bool
        default: return nil
        }
    }
}
