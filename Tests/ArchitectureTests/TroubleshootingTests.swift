import Foundation
import OracleSupport
import Testing

/// docs/troubleshooting.md has an entry for every error, and none for errors that are gone.
@Suite struct TroubleshootingTests {
    static let read = Result {
        (guide: try TroubleshootingGuide(), errors: try ErrorMessages(sources: ImportTests.sources))
    }
    let guide: TroubleshootingGuide
    let errors: ErrorMessages

    init() throws { (guide, errors) = try TroubleshootingTests.read.get() }

    @Test func everyCaseOfEveryErrorHasAnEntry() {
        #expect(errors.cases.count > 60, "the enumerations of errors were found")
        // Another rank's message, whatever it is.
        let relayed = ["LandscapeError.rankFailed"]
        let missing = errors.cases.filter { !$0.texts.contains { guide.explains($0) } }
            .filter { !relayed.contains("\($0.type).\($0.name)") }
            .map { "\($0.type).\($0.name): \($0.texts)" }
        #expect(missing == [], "docs/troubleshooting.md has no entry for these")
    }

    @Test func everyMessageHasAnEntry() {
        #expect(errors.messages.count > 400, "the messages were found")
        let missing = errors.messages.filter { !guide.explains($0.text) }.map { "\($0.file): \($0.text)" }
        #expect(missing == [], "docs/troubleshooting.md has no entry for these")
    }

    /// The messages of scripts/setup.sh.
    private func setupMessages() throws -> [String] {
        let script = try String(
            contentsOf: ImportTests.sources.deletingLastPathComponent().appendingPathComponent("scripts/setup.sh"),
            encoding: .utf8)
        return script.matches(of: /fail "((?:[^"\\]|\\.)*)"/).map {
            String($0.output.1).replacing(/\$\([^)]*\)|\$\{[^}]*\}|\$\w+|\$\*/, with: "…")
        }
    }

    @Test func everyMessageOfTheSetupHasAnEntry() throws {
        let messages = try setupMessages()
        #expect(messages.count > 8)
        #expect(messages.filter { !guide.explains($0) } == [], "docs/troubleshooting.md has no entry for these")
    }

    @Test func everyEntryIsOfAMessageThatExists() throws {
        let all = errors.messages.map(\.text) + (try setupMessages())
        let stale = guide.messages.filter { entry in !all.contains { TroubleshootingGuide.isPart(entry, of: $0) } }
        #expect(stale == [], "docs/troubleshooting.md explains what nothing prints")
    }

    /// What the tests above rest on.
    @Test func literalsAreFoundInSources() {
        let text = SourceText(
            #"""
            enum E: Error, Sendable { /// case none
                case one(String), other
                case two }
            throw Failure(.x, "a \(f("b)")) c"
                + "d") // Failure("no")
            var description: String { switch self { case .one(let s): s
                case .two: "second \(1)" } }
            """#)
        let type = text.errorTypes[0]
        #expect(type.name == "E" && type.isEnumeration)
        #expect(text.cases(in: type.body) == ["one", "other", "two"])
        #expect(text.calls(of: ["Failure"]).map(\.arguments.messages) == [["a … cd"]])
        let body = text.blocks(after: "var description: String {")[0]
        #expect(body.branch(of: "two") == ["second …"] && body.branch(of: "one") == [])
    }
}
