/// The element type of a tensor. Raw values are libtorch's scalar type codes.
public enum DType: Int32, Sendable, CaseIterable, CustomStringConvertible {
    case uint8 = 0
    case int8 = 1
    case int16 = 2
    case int32 = 3
    case int64 = 4
    case float16 = 5
    case float32 = 6
    case float64 = 7
    case bool = 11
    case bfloat16 = 15

    /// Bytes per element.
    public var byteWidth: Int {
        switch self {
        case .uint8, .int8, .bool: 1
        case .int16, .float16, .bfloat16: 2
        case .int32, .float32: 4
        case .int64, .float64: 8
        }
    }

    /// Whether the type holds real numbers, so that gradients exist.
    public var isFloatingPoint: Bool {
        switch self {
        case .float16, .bfloat16, .float32, .float64: true
        default: false
        }
    }

    /// Unit round-off times two: the spacing of numbers at 1. Zero for integer types.
    public var epsilon: Double {
        switch self {
        case .float16: 0x1p-10
        case .bfloat16: 0x1p-7
        case .float32: 0x1p-23
        case .float64: 0x1p-52
        default: 0
        }
    }

    /// The name used on the command line and in files, such as `float32`.
    public var description: String {
        switch self {
        case .uint8: "uint8"
        case .int8: "int8"
        case .int16: "int16"
        case .int32: "int32"
        case .int64: "int64"
        case .float16: "float16"
        case .float32: "float32"
        case .float64: "float64"
        case .bool: "bool"
        case .bfloat16: "bfloat16"
        }
    }
}

/// A Swift scalar type that a tensor can be built from and read into.
public protocol TensorScalar: Sendable {
    /// The tensor element type with the same memory layout.
    static var dtype: DType { get }
}

extension Double: TensorScalar {
    /// `float64`.
    public static var dtype: DType { .float64 }
}

extension Float: TensorScalar {
    /// `float32`.
    public static var dtype: DType { .float32 }
}

extension Int64: TensorScalar {
    /// `int64`.
    public static var dtype: DType { .int64 }
}

extension Int: TensorScalar {
    /// `int64`.
    public static var dtype: DType { .int64 }
}

extension UInt8: TensorScalar {
    /// `uint8`.
    public static var dtype: DType { .uint8 }
}
