import Foundation

/// How a series is divided into train, validation and test rows.
public enum BorderScheme: Sendable, Equatable {
    /// By file name: ETTh1 and ETTh2 as `ettHour`, ETTm1 and ETTm2 as `ettMinute`, files of the UCR anomaly archive as `ucr`,
    /// everything else 70/10/20.
    case automatic
    /// 12, 4 and 4 months of 30 days of 24 rows: 8640, 2880, 2880; later rows are unused.
    case ettHour
    /// The same months of 15-minute rows: 34560, 11520, 11520.
    case ettMinute
    /// By the name of a UCR anomaly archive file: the rows without anomaly divided into 80 % train and 20 % validation, the rest
    /// test. (The published SFF code takes the test rows for validation, too.)
    case ucr
    /// Percentages of all rows; the validation part takes what rounding leaves.
    case percent(train: Int, validation: Int, test: Int)
    /// As `automatic`, but ETTm1 and ETTm2 fall into 70/10/20: the published SFF code misspells the data set's type.
    case sffPublished
    /// Explicit numbers of rows from the start.
    case rows(train: Int, validation: Int, test: Int)

    /// The usual division of data sets without borders of their own.
    public static var seventyTenTwenty: BorderScheme { .percent(train: 70, validation: 10, test: 20) }

    /// From `auto`, `etth`, `ettm`, `ucr`, `sff-published`, percentages `70/10/20`, or row counts `8640,2880,2880`.
    ///
    /// - Throws: `invalidArgument` for anything else, percentages that do not add up to 100, or an empty part.
    public init(_ text: String) throws(TimeSeriesError) {
        let expected =
            "auto, etth, ettm, ucr, sff-published, percentages such as 70/10/20, or row counts such as 8640,2880,2880"
        switch text.lowercased() {
        case "auto": self = .automatic
        case "etth": self = .ettHour
        case "ettm": self = .ettMinute
        case "ucr": self = .ucr
        case "sff-published": self = .sffPublished
        default:
            let separator: Character = text.contains("/") ? "/" : ","
            let parts = text.split(separator: separator, omittingEmptySubsequences: false).map { Int($0) ?? 0 }
            let limit = 1 << 40
            guard parts.count == 3, parts.allSatisfy({ 0 < $0 && $0 < limit }) else {
                throw .invalidArgument(name: "borders", found: "'\(text)'", expected: expected)
            }
            if separator == "/" {
                guard parts.reduce(0, +) == 100 else {
                    throw .invalidArgument(
                        name: "borders", found: "'\(text)' (sum \(parts.reduce(0, +)))",
                        expected: "percentages that add up to 100")
                }
                self = .percent(train: parts[0], validation: parts[1], test: parts[2])
            } else {
                self = .rows(train: parts[0], validation: parts[1], test: parts[2])
            }
        }
    }

    /// The scheme that `automatic` and `sffPublished` stand for, given the file's name; others are themselves.
    func resolved(path: String?) -> BorderScheme {
        guard self == .automatic || self == .sffPublished else { return self }
        let name = path.map { URL(fileURLWithPath: $0).deletingPathExtension().lastPathComponent.lowercased() }
        switch name {
        case "etth1", "etth2": return .ettHour
        case "ettm1", "ettm2": return self == .automatic ? .ettMinute : .seventyTenTwenty
        default: return path.flatMap { UCRFileName(path: $0) } == nil ? .seventyTenTwenty : .ucr
        }
    }
}

extension BorderScheme: CustomStringConvertible {
    /// The text that `init(_:)` reads.
    public var description: String {
        switch self {
        case .automatic: "auto"
        case .ettHour: "etth"
        case .ettMinute: "ettm"
        case .ucr: "ucr"
        case .sffPublished: "sff-published"
        case .percent(let train, let validation, let test): "\(train)/\(validation)/\(test)"
        case .rows(let train, let validation, let test): "\(train),\(validation),\(test)"
        }
    }
}
