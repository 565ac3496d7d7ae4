import CTorch

/// Where a tensor lives.
public enum Device: Sendable, Hashable, CustomStringConvertible {
    case cpu
    case cuda(Int)

    /// Parses `cpu`, `cuda` or `cuda:1`.
    ///
    /// - Throws: ``TensorError/device(_:)`` for any other text.
    public init(_ text: String) throws(TensorError) {
        if text == "cpu" {
            self = .cpu
        } else if text == "cuda" {
            self = .cuda(0)
        } else if text.hasPrefix("cuda:"), let index = Int(text.dropFirst(5)), index >= 0 {
            self = .cuda(index)
        } else {
            throw .device("'\(text)' is no device; use cpu, cuda or cuda:INDEX")
        }
    }

    /// Checks that this machine and this libtorch have the device.
    ///
    /// - Throws: ``TensorError/device(_:)`` naming what is there.
    public func requireAvailable() throws(TensorError) {
        guard case .cuda(let index) = self else { return }
        let count = Int(ct_cuda_devices())
        guard index < count else {
            throw .device(
                "device \(self) is not available: this libtorch (\(Runtime.version)) sees \(count) CUDA devices; "
                    + "use --device cpu, or build against a CUDA libtorch with TORCH_ROOT")
        }
    }

    /// `cpu` or `cuda:0`.
    public var description: String {
        switch self {
        case .cpu: "cpu"
        case .cuda(let index): "cuda:\(index)"
        }
    }

    var argument: Argument {
        switch self {
        case .cpu: .device(type: 0, index: -1)
        case .cuda(let index): .device(type: 1, index: Int64(index))
        }
    }
}
