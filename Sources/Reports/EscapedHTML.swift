import Mustache

/// Escapes texts for HTML code point by code point.
///
/// Mustache's own escaping goes by Characters: a quote with an accent upon it is another Character, and still ends an attribute.
struct EscapedHTML: MustacheContentType {
    /// At the beginning of a template, after ``register()``.
    static let pragma = "{{% CONTENT_TYPE: LANDSCAPE_HTML}}"

    static func register() { MustacheContentTypes.register(EscapedHTML(), named: "LANDSCAPE_HTML") }

    func escapeText(_ text: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            switch scalar {
            case "<": escaped.append(contentsOf: "&lt;".unicodeScalars)
            case ">": escaped.append(contentsOf: "&gt;".unicodeScalars)
            case "&": escaped.append(contentsOf: "&amp;".unicodeScalars)
            case "\"": escaped.append(contentsOf: "&quot;".unicodeScalars)
            case "'": escaped.append(contentsOf: "&#39;".unicodeScalars)
            default: escaped.append(scalar)
            }
        }
        return String(escaped)
    }
}
