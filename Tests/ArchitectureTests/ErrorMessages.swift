import Foundation

/// The texts of errors, read from the sources: string literals in what makes an error, … in place of interpolations.
struct ErrorMessages: Sendable {
    struct Message: Sendable {
        let file: String
        let text: String
    }

    /// Every message, or part of one.
    let messages: [Message]
    /// Enumerations of errors with their cases, and for each case the messages that it may print.
    let cases: [(type: String, name: String, texts: [String])]

    init(sources: URL) throws {
        let files = (FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)?.allObjects ?? [])
            .compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.sorted { $0.path < $1.path }
        let texts = try files.map { ($0.lastPathComponent, try SourceText(String(contentsOf: $0, encoding: .utf8))) }

        var enumerations: [(type: String, name: String)] = []
        var makers: Set<String> = ["ValidationError", "fail"]
        var described: [(type: String, file: String, body: SourceText.Slice)] = []
        for (file, text) in texts {
            for declaration in text.errorTypes {
                if declaration.isEnumeration {
                    let names = text.cases(in: declaration.body)
                    enumerations += names.map { (declaration.name, $0) }
                    makers.formUnion(names)
                } else {
                    makers.insert(declaration.name)
                }
                for opening in ["var description: String {", "func text(found: String) -> String {"] {
                    for body in text.blocks(after: opening) { described.append((declaration.name, file, body)) }
                }
            }
        }
        var found: [Message] = []
        for (_, file, body) in described { found += body.messages.map { Message(file: file, text: $0) } }
        var made: [String: [String]] = [:]
        for (file, text) in texts {
            for (name, arguments) in text.calls(of: makers) {
                let messages = arguments.messages
                made[name, default: []] += messages
                found += messages.map { Message(file: file, text: $0) }
            }
        }
        messages = found.filter { TroubleshootingWords.isMessage($0.text) }
        cases = enumerations.map { type, name in
            let own = described.filter { $0.type == type }.flatMap { $0.body.branch(of: name) }
                .filter(TroubleshootingWords.isMessage)
            return (type, name, own.isEmpty ? (made[name] ?? []).filter(TroubleshootingWords.isMessage) : own)
        }
    }
}

/// What counts as a message.
enum TroubleshootingWords {
    /// Names and units are arguments of messages.
    static func isMessage(_ text: String) -> Bool {
        text.contains(" ") && text.filter { $0.isLetter || $0.isNumber }.count >= 6
    }
}
