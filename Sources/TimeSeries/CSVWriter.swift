import Foundation

/// Writes a series as a CSV file in the layout of the benchmarks: `date` and one column per channel.
///
/// Numbers are the shortest text that reads back as the same 64-bit float. The file appears whole or not at all: it is
/// written beside its final name, flushed to the disk and renamed.
public struct CSVWriter: Sendable {
    /// Seconds since 1970-01-01 00:00:00 of the first row, when the series has no labels of its own.
    public var start: Int
    /// Seconds from row to row.
    public var step: Int
    /// Digits kept behind the decimal point; nil keeps all.
    public var decimals: Int?

    /// A writer of hourly rows from 2020-01-01 00:00:00 with all digits.
    public init(start: Int = 1_577_836_800, step: Int = 3600, decimals: Int? = nil) {
        self.start = start
        self.step = step
        self.decimals = decimals
    }

    /// Writes `series` to `path`.
    ///
    /// - Throws: `outputExists` unless `overwrite`, `cannotWrite` when the system refuses.
    public func write(_ series: Series, to path: String, overwrite: Bool = false) throws(TimeSeriesError) {
        if !overwrite, FileManager.default.fileExists(atPath: path) { throw .outputExists(path: path) }
        try writeAtomically(Array(text(of: series).utf8), to: path)
    }

    /// The file's content.
    public func text(of series: Series) -> String {
        let label = series.labels.flatMap { $0.name.isEmpty ? nil : $0.name } ?? "date"
        // A channel may be called "date".
        let header = series.names.contains(label) ? "time label" : label
        var text = ([header] + series.names).map(quoted).joined(separator: ",") + "\n"
        let power = decimals.map { digits in (0..<min(max(digits, 0), 15)).reduce(1.0) { value, _ in value * 10 } }
        for row in 0..<series.rows {
            text += series.labels.map { quoted($0[row]) } ?? Self.date(start &+ row &* step)
            for channel in 0..<series.channels {
                let value = series.values[channel * series.rows + row]
                let rounded = power.map { (value * $0).rounded() / $0 } ?? value
                text += ",\(rounded.isFinite ? rounded : value)"
            }
            text += "\n"
        }
        return text
    }

    private func quoted(_ field: String) -> String {
        let isSpecial = field.unicodeScalars.contains { ",\"\n\r;\t".unicodeScalars.contains($0) }
        guard isSpecial || field.isEmpty || field.hasPrefix(" ") || field.hasSuffix(" ") else { return field }
        // By code points: a quote with an accent upon it is another Character, and still ends a field.
        return "\"\(field.replacingOccurrences(of: "\"", with: "\"\"", options: .literal))\""
    }

    /// `yyyy-MM-dd HH:mm:ss` in the proleptic Gregorian calendar, without time zone.
    static func date(_ seconds: Int) -> String {
        let (quotient, remainder) = seconds.quotientAndRemainder(dividingBy: 86400)
        let days = remainder < 0 ? quotient - 1 : quotient
        let inDay = remainder < 0 ? remainder + 86400 : remainder
        // Years from March make the leap day the last; eras of 400 years have 146097 days.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2)) "
            + "\(padded(inDay / 3600, 2)):\(padded(inDay / 60 % 60, 2)):\(padded(inDay % 60, 2))"
    }

    private static func padded(_ value: Int, _ width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

/// Writes beside `path`, flushes, renames; removes the temporary file on failure.
func writeAtomically(_ bytes: [UInt8], to path: String) throws(TimeSeriesError) {
    let temporary = "\(path).\(getpid()).\(UInt32.random(in: .min ... .max)).tmp"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .cannotWrite(path: path, reason: String(cString: strerror(errno))) }
    var failure: Int32?
    bytes.withUnsafeBytes { buffer in
        var written = 0
        while written < buffer.count, failure == nil, let base = buffer.baseAddress {
            let got = write(descriptor, base + written, buffer.count - written)
            if got >= 0 { written += got } else if errno != EINTR { failure = errno }
        }
    }
    if failure == nil, fsync(descriptor) != 0 { failure = errno }
    if close(descriptor) != 0, failure == nil { failure = errno }
    if failure == nil, rename(temporary, path) != 0 { failure = errno }
    if let failure {
        unlink(temporary)
        throw .cannotWrite(path: path, reason: String(cString: strerror(failure)))
    }
}
