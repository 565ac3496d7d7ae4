/// Why a series could not be read, cut, scaled or written.
///
/// Every description names the file (or the argument), what was found, and what to do about it.
public enum TimeSeriesError: Error, Equatable, Sendable {
    /// Nothing exists at this path; `suggestion` is a file of the same folder with a similar name.
    case missingFile(path: String, suggestion: String?)
    /// The path names a directory, a device or a socket.
    case notAFile(path: String, kind: String)
    /// The operating system refused to open or read the file.
    case unreadable(path: String, reason: String)
    /// The file is larger than the reader accepts.
    case tooLarge(path: String, limitBytes: Int)
    /// The header has more columns than the reader accepts.
    case tooManyColumns(path: String, limit: Int)
    /// The file holds no bytes, or only blanks.
    case empty(path: String)
    /// There is a header and no row below it.
    case headerOnly(path: String)
    /// The bytes are not UTF-8; `encoding` is the name to give to iconv.
    case notUTF8(path: String, line: Int?, found: String, encoding: String)
    /// The file is a compressed archive, a binary table, a web page or a placeholder.
    case notATable(path: String, format: String, remedy: String)
    /// A line has another number of fields than the first one.
    case raggedLine(path: String, line: Int, expected: Int, found: Int)
    /// An empty line between two rows.
    case blankLine(path: String, line: Int)
    /// A quoted field that never ends.
    case unterminatedQuote(path: String, line: Int)
    /// Two columns share one name.
    case duplicateColumn(path: String, name: String, first: Int, second: Int)
    /// A numeric column without a name.
    case unnamedColumn(path: String, column: Int)
    /// The only column holds time labels.
    case noNumericColumn(path: String, label: String)
    /// A cell that is not a finite number.
    case badCell(path: String, line: Int, column: Int, name: String, found: String, problem: CellProblem)
    /// A requested column that the file lacks.
    case unknownColumn(path: String, name: String, suggestion: String?, available: [String])
    /// The split's last row lies beyond the end of the series.
    case bordersBeyondEnd(path: String, scheme: String, needed: Int, rows: Int)
    /// A split is shorter than one window.
    case tooFewRows(path: String, split: String, rows: Int, context: Int, horizon: Int)
    /// More windows were asked for than the split has.
    case tooFewWindows(path: String, split: String, requested: Int, available: Int)
    /// An argument outside its domain.
    case invalidArgument(name: String, found: String, expected: String)
    /// The output exists and overwriting was not asked for.
    case outputExists(path: String)
    /// The output could not be written.
    case cannotWrite(path: String, reason: String)

    /// What is wrong with one cell.
    public enum CellProblem: Equatable, Sendable {
        /// Text that is no decimal number.
        case notANumber
        /// A blank, or a word that stands for a missing value (NaN, NA, null, ...).
        case missing
        /// Infinity, spelled out.
        case infinite
        /// A number beyond the range of a 64-bit float.
        case outOfRange
    }

    /// The kind of failure, for a caller that must choose an exit code.
    public enum Category: Sendable {
        /// The request itself is wrong (EX_USAGE).
        case usage
        /// The data are wrong (EX_DATAERR).
        case badData
        /// There is no such input, or it cannot be read (EX_NOINPUT).
        case noInput
        /// The output cannot be created (EX_CANTCREAT).
        case cannotCreate
    }

    /// The kind of failure.
    public var category: Category {
        switch self {
        case .missingFile, .notAFile, .unreadable: .noInput
        case .outputExists, .cannotWrite: .cannotCreate
        case .invalidArgument, .unknownColumn: .usage
        default: .badData
        }
    }
}

extension TimeSeriesError: CustomStringConvertible {
    /// One sentence that names the place, the finding and the remedy.
    public var description: String {
        switch self {
        case .missingFile(let path, let suggestion):
            "\(path): no such file\(hint(suggestion)); check the path"
        case .notAFile(let path, let kind):
            "\(path): is a \(kind), not a file; name a CSV file"
        case .unreadable(let path, let reason):
            "\(path): cannot be read (\(reason)); check its permissions"
        case .tooLarge(let path, let limit):
            "\(path): larger than \(limit >> 20) MiB, the most that is read; keep the columns and rows you need"
        case .tooManyColumns(let path, let limit):
            "\(path): the first line has more than \(limit) columns; is this one row per channel? Transpose it"
        case .empty(let path):
            "\(path): the file is empty; expected a header line and one line per time step"
        case .headerOnly(let path):
            "\(path): only a header line was found; expected one line per time step below it"
        case .notUTF8(let path, let line, let found, let encoding):
            "\(path)\(line.map { ":\($0)" } ?? ""): not UTF-8 text (\(found)); "
                + "convert with: iconv -f \(encoding) -t UTF-8 \(path) > converted.csv"
        case .notATable(let path, let format, let remedy):
            "\(path): this is \(format), not a CSV file; \(remedy)"
        case .raggedLine(let path, let line, let expected, let found):
            "\(path):\(line): found \(found) field\(found == 1 ? "" : "s"), expected \(expected) as in the first line; "
                + "complete or remove the line"
        case .blankLine(let path, let line):
            "\(path):\(line): blank line between rows; remove it, or fill in the missing row"
        case .unterminatedQuote(let path, let line):
            "\(path):\(line): a quoted field starts here and never ends; close it with \" or remove the quote"
        case .duplicateColumn(let path, let name, let first, let second):
            "\(path): header: columns \(first) and \(second) are both named '\(name)'; rename one"
        case .unnamedColumn(let path, let column):
            "\(path): header: column \(column) has no name; name it, or remove the stray delimiter"
        case .noNumericColumn(let path, let label):
            "\(path): the only column, '\(label)', holds time labels; expected at least one numeric column"
        case .badCell(let path, let line, let column, let name, let found, let problem):
            "\(path):\(line): column \(column) ('\(name)'): \(problem.text(found: found))"
        case .unknownColumn(let path, let name, let suggestion, let available):
            "\(path): no numeric column named '\(name)'\(hint(suggestion)); available: \(listed(available))"
        case .bordersBeyondEnd(let path, let scheme, let needed, let rows):
            "\(path): the borders '\(scheme)' need \(needed) rows, the file has \(rows); "
                + "use the whole file, or other borders such as 70/10/20"
        case .tooFewRows(let path, let split, let rows, let context, let horizon):
            "\(path): the \(split) split offers \(rows) rows, one window needs \(context + horizon) "
                + "(context \(context) + horizon \(horizon)); shorten the context or the horizon, or use a longer series"
        case .tooFewWindows(let path, let split, let requested, let available):
            "\(path): \(requested) windows were asked for, the \(split) split has \(available); ask for fewer, or for all"
        case .invalidArgument(let name, let found, let expected):
            "\(name): found \(found), expected \(expected)"
        case .outputExists(let path):
            "\(path): already exists; choose another name or ask to overwrite"
        case .cannotWrite(let path, let reason):
            "\(path): cannot be written (\(reason)); check the folder and its permissions"
        }
    }
}

extension TimeSeriesError.CellProblem {
    func text(found: String) -> String {
        switch self {
        case .notANumber:
            "'\(found)' is not a number; correct it, or choose only numeric columns (decimal point, no thousands sign)"
        case .missing:
            "\(found.isEmpty ? "blank cell" : "missing value '\(found)'"); fill it in, or remove the row or the column"
        case .infinite:
            "'\(found)' is not finite; replace it by a number, or remove the row or the column"
        case .outOfRange:
            "'\(found)' exceeds the range of a 64-bit float; rescale the column"
        }
    }
}

private func hint(_ suggestion: String?) -> String {
    suggestion.map { "; did you mean '\($0)'?" } ?? ""
}

private func listed(_ names: [String]) -> String {
    let shown = names.prefix(20).joined(separator: ", ")
    return names.count > 20 ? "\(shown), ... (\(names.count) in all)" : shown
}
