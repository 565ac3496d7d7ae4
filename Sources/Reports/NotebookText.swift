/// Texts of users as Python and as Markdown read them back, whatever they hold.
enum NotebookText {
    /// A string literal of Python: letters and digits as they are, everything that could end it, change it or hide in it as an escape.
    static func python(_ text: String) -> String {
        var literal = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": literal += "\\\(scalar)"
            case "\n": literal += "\\n"
            case " "..."~": literal.unicodeScalars.append(scalar)
            default:
                if isLetter(scalar) {
                    literal.unicodeScalars.append(scalar)
                } else {
                    let digits = String(scalar.value, radix: 16)
                    let width = scalar.value > 0xFFFF ? 8 : 4
                    literal +=
                        (width == 8 ? "\\U" : "\\u") + String(repeating: "0", count: width - digits.count) + digits
                }
            }
        }
        return literal + "\""
    }

    /// Plain text in Markdown. What has a meaning there, in HTML or in MathJax becomes an entity; MathJax finds no formula across
    /// the borders of elements, and so a dollar or a backslash gets one of its own.
    static func markdown(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "$", "\\": escaped += "<span>&#\(scalar.value);</span>"
            case "a"..."z", "A"..."Z", "0"..."9", " ", ",": escaped.unicodeScalars.append(scalar)
            case "!"..."~": escaped += "&#\(scalar.value);"
            default: escaped.unicodeScalars.append(isLetter(scalar) ? scalar : " ")
            }
        }
        return escaped
    }

    private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .otherLetter, .decimalNumber: true
        // Subscripts, as in θ₁.
        case .otherNumber: true
        default: false
        }
    }
}

/// JSON in the bytes that Jupyter writes, so that saving a notebook there changes nothing else.
indirect enum NotebookJSON: CustomStringConvertible {
    case null
    case number(Int)
    case text(String)
    case array([NotebookJSON])
    case object([String: NotebookJSON])

    var description: String { lines(indentation: 1) }

    private func lines(indentation: Int) -> String {
        let inner = String(repeating: " ", count: indentation)
        let outer = String(repeating: " ", count: indentation - 1)
        func block(_ open: String, _ parts: [String], _ close: String) -> String {
            parts.isEmpty
                ? open + close : "\(open)\n\(parts.map { inner + $0 }.joined(separator: ",\n"))\n\(outer)\(close)"
        }
        switch self {
        case .null: return "null"
        case .number(let value): return String(value)
        case .text(let text): return NotebookJSON.quoted(text)
        case .array(let values): return block("[", values.map { $0.lines(indentation: indentation + 1) }, "]")
        case .object(let values):
            let parts = values.sorted { $0.key < $1.key }.map {
                "\(NotebookJSON.quoted($0.key)): \($0.value.lines(indentation: indentation + 1))"
            }
            return block("{", parts, "}")
        }
    }

    private static func quoted(_ text: String) -> String {
        var literal = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": literal += "\\\(scalar)"
            case "\n": literal += "\\n"
            case "\r": literal += "\\r"
            case "\t": literal += "\\t"
            case "\u{8}": literal += "\\b"
            case "\u{C}": literal += "\\f"
            case "\0"..."\u{1F}":
                let digits = String(scalar.value, radix: 16)
                literal += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: literal.unicodeScalars.append(scalar)
            }
        }
        return literal + "\""
    }
}
