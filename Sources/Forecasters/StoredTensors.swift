import Checkpoints
import Tensor

extension SafetensorsWriter.Item {
    /// A tensor under a name, in float64 where it is float64 and else in float32.
    public init(name: String, _ tensor: Tensor) {
        let isDouble = tensor.dtype == .float64
        self.init(name: name, type: isDouble ? .float64 : .float32, shape: tensor.shape) {
            let stored = try tensor.to(isDouble ? .float64 : .float32)
            var bytes = [UInt8](repeating: 0, count: stored.count * stored.dtype.byteWidth)
            try bytes.withUnsafeMutableBytes { try stored.copyBytes(into: $0) }
            return bytes
        }
    }
}

extension SafetensorsFile {
    /// A stored tensor; `nil` when there is none of that name, or its type is none of numbers.
    public func tensor(_ name: String) throws -> Tensor? {
        guard let entry = entry(name), let dtype = DType(entry.type) else { return nil }
        var bytes = [UInt8](repeating: 0, count: entry.byteCount)
        try bytes.withUnsafeMutableBytes { try read(name, into: $0) }
        return try bytes.withUnsafeBytes { try Tensor(bytes: $0, dtype: dtype, shape: entry.shape) }
    }
}
