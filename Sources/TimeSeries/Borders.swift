/// The rows at which the train, validation and test stretches of one series end.
///
/// As in Informer and Autoformer, a validation or test window may take its context from the rows before its stretch;
/// what it is judged on lies inside.
public struct Borders: Sendable, Equatable {
    /// What was asked for.
    public let scheme: BorderScheme
    /// What that meant for this file.
    public let resolved: BorderScheme
    /// Train is `0..<trainEnd`.
    public let trainEnd: Int
    /// Validation is `trainEnd..<validationEnd`.
    public let validationEnd: Int
    /// Test is `validationEnd..<testEnd`.
    public let testEnd: Int

    /// The borders of a series of `rows` rows read from `path`.
    ///
    /// - Throws: `bordersBeyondEnd` when the series is too short for them; `invalidArgument` when a part is empty.
    public init(_ scheme: BorderScheme = .automatic, rows: Int, path: String? = nil) throws(TimeSeriesError) {
        let resolved = scheme.resolved(path: path)
        let ends: (Int, Int, Int)
        switch resolved {
        case .ettHour: ends = (8640, 11520, 14400)
        case .ettMinute: ends = (34560, 46080, 57600)
        case .ucr:
            guard let name = path.flatMap({ UCRFileName(path: $0) }) else {
                throw .invalidArgument(
                    name: "borders", found: "ucr for \(path ?? "a series without a file")",
                    expected: "a file named <id>_UCR_Anomaly_<name>_<train end>_<begin>_<end>.txt")
            }
            // A file cut short fails below, where the numbers are named.
            ends = (name.train.upperBound * 4 / 5, name.train.upperBound, max(rows, name.anomaly.upperBound))
        case .rows(let train, let validation, let test):
            try Self.checkParts(train, validation, test, below: 1 << 40)
            ends = (train, train + validation, train + validation + test)
        case .percent(let train, let validation, let test):
            try Self.checkParts(train, validation, test, below: 101)
            guard train + validation + test == 100 else {
                throw .invalidArgument(
                    name: "borders", found: "\(resolved)", expected: "percentages that add up to 100")
            }
            // Floating point on purpose: the benchmarks truncate n * 0.7, which for some n is one below 7n/10.
            let trainRows = Int(Double(rows) * (Double(train) / 100))
            let testRows = Int(Double(rows) * (Double(test) / 100))
            ends = (trainRows, rows - testRows, rows)
        case .automatic, .sffPublished:
            throw .invalidArgument(name: "borders", found: "\(resolved)", expected: "a resolved scheme")
        }
        guard ends.2 <= rows else {
            throw .bordersBeyondEnd(path: path ?? "series", scheme: "\(resolved)", needed: ends.2, rows: rows)
        }
        guard 0 < ends.0, ends.0 < ends.1, ends.1 < ends.2 else {
            throw .invalidArgument(
                name: "borders", found: "\(resolved) of \(rows) rows (\(ends.0), \(ends.1), \(ends.2))",
                expected: "at least one row in each split")
        }
        self.scheme = scheme
        self.resolved = resolved
        (trainEnd, validationEnd, testEnd) = ends
    }

    /// The rows of a split, without any lead-in.
    public func rows(of split: Split) -> Range<Int> {
        switch split {
        case .train: 0..<trainEnd
        case .validation: trainEnd..<validationEnd
        case .test: validationEnd..<testEnd
        }
    }

    private static func checkParts(_ parts: Int..., below limit: Int) throws(TimeSeriesError) {
        guard parts.allSatisfy({ 0 < $0 && $0 < limit }) else {
            throw .invalidArgument(
                name: "borders", found: parts.map(String.init).joined(separator: ", "),
                expected: "positive sizes below \(limit)")
        }
    }
}

extension Borders: CustomStringConvertible {
    /// Scheme and ends, such as `etth (8640, 11520, 14400)`.
    public var description: String {
        let name = scheme == resolved ? "\(scheme)" : "\(scheme): \(resolved)"
        return "\(name) (\(trainEnd), \(validationEnd), \(testEnd))"
    }
}
