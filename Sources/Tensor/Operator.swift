import CTorch

/// A positional argument of an operator.
enum Argument {
    case none
    case tensor(Tensor?)
    case int(Int)
    case double(Double)
    case bool(Bool)
    case ints([Int])
    case tensors([Tensor])
    case string(StaticString)
    case dtype(DType)
    case device(type: Int64, index: Int64)
    case generator(OpaquePointer)
}

/// One operator of libtorch's dispatcher, found by schema name at its first use.
///
/// The boxed call costs about a microsecond; every model operation is far above that.
final class Operator: Sendable {
    let name: String
    private let handle: Result<OpaqueHandle, TensorError>

    struct OpaqueHandle: @unchecked Sendable { let pointer: OpaquePointer }

    init(_ name: String, _ overload: String = "") {
        let fullName = "aten::" + name
        self.name = overload.isEmpty ? name : "\(name).\(overload)"
        var pointer: OpaquePointer?
        let status = ct_operator_find(fullName, overload, &pointer)
        if status == 0, let pointer {
            handle = .success(OpaqueHandle(pointer: pointer))
        } else {
            handle = .failure(.operation(name: self.name, message: String(cString: ct_last_error())))
        }
    }

    /// Calls the operator and returns its first tensor.
    func callAsFunction(_ arguments: Argument...) throws(TensorError) -> Tensor {
        let results = try call(arguments, capacity: 8)
        guard let first = results.first else {
            throw .operation(name: name, message: "returned no tensor")
        }
        return first
    }

    /// Calls the operator and returns all its tensors.
    func call(_ arguments: [Argument], capacity: Int) throws(TensorError) -> [Tensor] {
        let pointer = try handle.get().pointer
        // Lists are packed into two arrays first, so that the pointers handed to C stay valid.
        var integers: [Int64] = []
        var tensors: [OpaquePointer?] = []
        for argument in arguments {
            switch argument {
            case .ints(let list): integers.append(contentsOf: list.map(Int64.init))
            case .tensors(let list): tensors.append(contentsOf: list.map(\.handle))
            default: break
            }
        }
        var results = [OpaquePointer?](repeating: nil, count: capacity)
        var resultCount: Int64 = 0
        let status: Int32 = withExtendedLifetime(arguments) {
            integers.withUnsafeBufferPointer { integers in
                tensors.withUnsafeBufferPointer { tensors in
                    var integerOffset = 0
                    var tensorOffset = 0
                    let values = arguments.map { argument -> ct_value in
                        var value = ct_value(tag: CT_NONE, integer: 0, real: 0, pointer: nil, count: 0)
                        switch argument {
                        case .none: break
                        case .tensor(let tensor):
                            if let tensor {
                                value.tag = CT_TENSOR
                                value.pointer = UnsafeRawPointer(tensor.handle)
                            }
                        case .int(let integer):
                            value.tag = CT_INT
                            value.integer = Int64(integer)
                        case .double(let real):
                            value.tag = CT_DOUBLE
                            value.real = real
                        case .bool(let flag):
                            value.tag = CT_BOOL
                            value.integer = flag ? 1 : 0
                        case .ints(let list):
                            value.tag = CT_INTS
                            value.pointer = UnsafeRawPointer(integers.baseAddress.map { $0 + integerOffset })
                            value.count = Int64(list.count)
                            integerOffset += list.count
                        case .tensors(let list):
                            value.tag = CT_TENSORS
                            value.pointer = UnsafeRawPointer(tensors.baseAddress.map { $0 + tensorOffset })
                            value.count = Int64(list.count)
                            tensorOffset += list.count
                        case .string(let text):
                            value.tag = CT_STRING
                            value.pointer = UnsafeRawPointer(text.utf8Start)
                        case .dtype(let dtype):
                            value.tag = CT_INT
                            value.integer = Int64(dtype.rawValue)
                        case .device(let type, let index):
                            value.tag = CT_DEVICE
                            value.integer = type
                            value.count = index
                        case .generator(let generator):
                            value.tag = CT_GENERATOR
                            value.pointer = UnsafeRawPointer(generator)
                        }
                        return value
                    }
                    return ct_operator_call(
                        pointer, values, Int64(values.count), &results, Int64(capacity), &resultCount)
                }
            }
        }
        guard status == 0 else {
            throw .operation(name: name, message: String(cString: ct_last_error()))
        }
        return results.prefix(Int(resultCount)).compactMap { $0.map(Tensor.init(handle:)) }
    }
}
