/// What can go wrong in the tensor engine.
public enum TensorError: Error, CustomStringConvertible, Sendable {
    /// A libtorch operator refused its arguments; the message is libtorch's own.
    case operation(name: String, message: String)
    /// The shapes do not fit what the caller promised.
    case shape(expected: [Int], found: [Int], context: String)
    /// The device is unknown or absent.
    case device(String)

    /// The message for people.
    public var description: String {
        switch self {
        case .operation(let name, let message): "\(name): \(message)"
        case .shape(let expected, let found, let context):
            "\(context): expected shape \(expected), found \(found)"
        case .device(let message): message
        }
    }
}
