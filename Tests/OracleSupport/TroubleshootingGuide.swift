import Foundation

/// The messages that docs/troubleshooting.md has entries for.
///
/// An entry is a bullet that begins with messages between backticks, up to the dash; … stands for what changes.
public struct TroubleshootingGuide: Sendable {
    /// The messages of all entries.
    public let messages: [String]

    /// The guide of this package.
    public init() throws {
        let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("docs/troubleshooting.md")
        messages = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").filter { $0.hasPrefix("- `") }
            .flatMap { line in
                let head = line.range(of: " — ").map { line[..<$0.lowerBound] } ?? line
                return head.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                    .filter { $0.offset % 2 == 1 }.map { String($0.element) }
            }
    }

    /// Whether an entry speaks of this message, of which it must hold a good part.
    public func explains(_ message: String) -> Bool {
        let length = TroubleshootingGuide.letters(message)
        return messages.contains { entry in
            let own = TroubleshootingGuide.letters(entry)
            return (own >= 10 || own * 5 >= length * 4) && TroubleshootingGuide.isPart(entry, of: message)
        }
    }

    /// Whether an entry speaks of what the program printed, which has names and numbers where messages have …
    public func explains(printed text: String) -> Bool {
        messages.contains { TroubleshootingGuide.letters($0) >= 8 && TroubleshootingGuide.isPart($0, of: text) }
    }

    /// Whether the pieces of an entry stand in a message in their order.
    public static func isPart(_ entry: String, of message: String) -> Bool {
        var rest = message[...]
        for piece in entry.split(separator: "…") where !piece.allSatisfy(\.isWhitespace) {
            guard let found = rest.range(of: piece) else { return false }
            rest = rest[found.upperBound...]
        }
        return true
    }

    /// How many letters and digits a text has.
    public static func letters(_ text: String) -> Int { text.filter { $0.isLetter || $0.isNumber }.count }
}
