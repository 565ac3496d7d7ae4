import Foundation

/// Lists of numbers on the command line.
enum NumberList {
    /// Parses `0.3,0.5`; every part must be a number in the range, none twice.
    static func parse(_ text: String, option: String, in range: ClosedRange<Double>) throws -> [Double] {
        var numbers: [Double] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let value = Double(part.trimmingCharacters(in: .whitespaces)), range.contains(value) else {
                throw Exit.Failure(
                    .usage,
                    "\(option): '\(part)' is no number between \(range.lowerBound) and \(range.upperBound)")
            }
            guard !numbers.contains(value) else { throw Exit.Failure(.usage, "\(option): \(value) is listed twice") }
            numbers.append(value)
        }
        return numbers
    }
}
