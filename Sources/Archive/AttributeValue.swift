/// What an attribute of the file can hold: text or numbers, one or many.
public enum AttributeValue: Equatable, Sendable {
    /// Text (variable-length UTF-8).
    case string(String)
    /// A 64-bit float.
    case double(Double)
    /// A signed 64-bit integer.
    case int(Int)
    /// An unsigned 64-bit integer, such as a seed.
    case unsigned(UInt64)
    /// Several texts.
    case strings([String])
    /// Several 64-bit floats.
    case doubles([Double])
    /// Several signed 64-bit integers.
    case ints([Int])

    /// The kind, and for arrays the length: a value can be overwritten only by one of the same shape.
    var shape: String {
        switch self {
        case .string: "a text"
        case .double: "a float64"
        case .int: "an int64"
        case .unsigned: "a uint64"
        case .strings(let values): "\(values.count) texts"
        case .doubles(let values): "\(values.count) float64"
        case .ints(let values): "\(values.count) int64"
        }
    }

    /// Whether the value has a fixed size on disk, so that it can be overwritten in place.
    var isNumeric: Bool {
        switch self {
        case .string, .strings: false
        case .double, .int, .unsigned, .doubles, .ints: true
        }
    }

    /// The numbers of the value, if any.
    public var numbers: [Double] {
        switch self {
        case .double(let value): [value]
        case .int(let value): [Double(value)]
        case .unsigned(let value): [Double(value)]
        case .doubles(let values): values
        case .ints(let values): values.map(Double.init)
        case .string, .strings: []
        }
    }

    /// The texts of the value, if any.
    public var texts: [String] {
        switch self {
        case .string(let value): [value]
        case .strings(let values): values
        case .double, .int, .unsigned, .doubles, .ints: []
        }
    }

    /// The value as a number, when it is one number.
    public var number: Double? {
        switch self {
        case .double(let value): value
        case .int(let value): Double(value)
        case .unsigned(let value): Double(value)
        case .string, .strings, .doubles, .ints: nil
        }
    }

    /// The value as an integer, when it is one number that is an integer and fits.
    public var integer: Int? {
        switch self {
        case .double(let value): Int(exactly: value)
        case .int(let value): value
        case .unsigned(let value): Int(exactly: value)
        case .string, .strings, .doubles, .ints: nil
        }
    }

    /// The value as text, when it is one text.
    public var text: String? {
        if case .string(let value) = self { value } else { nil }
    }
}

extension AttributeValue: ExpressibleByStringLiteral, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
    /// A text.
    public init(stringLiteral value: String) { self = .string(value) }
    /// A 64-bit float.
    public init(floatLiteral value: Double) { self = .double(value) }
    /// A signed 64-bit integer.
    public init(integerLiteral value: Int) { self = .int(value) }
}
