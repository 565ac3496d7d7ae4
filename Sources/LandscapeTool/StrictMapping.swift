import Foundation
import TimeSeries
import Yams

/// A mapping of a YAML file whose keys are all known; errors name the file, the key and what was expected.
struct StrictMapping {
    let file: String
    /// Where it stands, such as `models[0]`; empty for the file itself.
    let place: String
    private let mapping: Node.Mapping

    /// Reads a file.
    init(file: String) throws {
        guard FileManager.default.fileExists(atPath: file) else {
            throw Exit.Failure(.noInput, "\(file): there is no such file")
        }
        let node: Node?
        do { node = try Yams.compose(yaml: String(contentsOfFile: file, encoding: .utf8)) } catch {
            throw Exit.Failure(.badData, "\(file): is not valid YAML: \(error)")
        }
        guard let mapping = node?.mapping else {
            throw Exit.Failure(.badData, "\(file): must be a mapping of keys to values")
        }
        self.init(file: file, place: "", mapping)
    }

    private init(file: String, place: String, _ mapping: Node.Mapping) {
        (self.file, self.place, self.mapping) = (file, place, mapping)
    }

    /// Refuses keys that are not among those known.
    func requireKeys(_ known: [String]) throws {
        for key in keys where !known.contains(key) {
            throw failure(key, "is no known key\(hint(key, known)) (known: \(known.joined(separator: ", ")))")
        }
    }

    /// Refuses keys that are no options of a verb.
    func requireOptions(_ known: [String], of verb: String) throws {
        for key in keys where !known.contains(key) {
            throw Exit.Failure(
                .usage,
                "\(file): '\(name(key))' is no option of 'landscape \(verb)'\(hint(key, known)) (see landscape \(verb) --help)"
            )
        }
    }

    private func hint(_ key: String, _ known: [String]) -> String {
        nearestName(to: key, among: known.sorted()).map { "; did you mean '\($0)'?" } ?? ""
    }

    /// The keys in their order.
    var keys: [String] { mapping.keys.map { $0.string ?? "?" } }

    private func name(_ key: String) -> String { place.isEmpty ? key : "\(place).\(key)" }

    func failure(_ key: String, _ problem: String) -> Exit.Failure {
        Exit.Failure(.badData, "\(file): '\(name(key))' \(problem)")
    }

    private func node(_ key: String) -> Node? { mapping[Node(key)] }

    /// A plain value; `nil` when the key is absent.
    func text(_ key: String) throws -> String? {
        guard let node = node(key) else { return nil }
        guard let text = node.scalar?.string, !text.isEmpty else { throw failure(key, "must be one value") }
        return text
    }

    /// A plain value that must be there.
    func requiredText(_ key: String) throws -> String {
        guard let text = try text(key) else { throw failure(key, "is missing") }
        return text
    }

    /// A list of plain values, or one value; `nil` when the key is absent.
    func texts(_ key: String) throws -> [String]? {
        guard let node = node(key) else { return nil }
        if let one = node.scalar?.string { return [one] }
        let parts = node.sequence?.compactMap(\.scalar?.string) ?? []
        guard !parts.isEmpty, parts.count == node.sequence?.count else {
            throw failure(key, "must be a list of plain values")
        }
        guard Set(parts).count == parts.count else { throw failure(key, "names something twice") }
        return parts
    }

    /// A switch.
    func flag(_ key: String) throws -> Bool {
        guard let value = node(key)?.bool else { throw failure(key, "is a switch; expected true or false") }
        return value
    }

    /// A list of whole numbers that are not negative.
    func seeds(_ key: String) throws -> [UInt64]? {
        try texts(key)?.map { text in
            guard let seed = UInt64(text) else { throw failure(key, "must hold whole numbers, found '\(text)'") }
            return seed
        }
    }

    /// A mapping; `nil` when the key is absent.
    func mapping(_ key: String) throws -> StrictMapping? {
        guard let node = node(key) else { return nil }
        guard let found = node.mapping else { throw failure(key, "must be a mapping of keys to values") }
        return StrictMapping(file: file, place: name(key), found)
    }

    /// A list of mappings with at least one entry.
    func mappings(_ key: String) throws -> [StrictMapping] {
        guard let list = node(key)?.sequence, !list.isEmpty else {
            throw failure(key, "must be a list with at least one entry")
        }
        return try list.enumerated().map { index, node in
            guard let found = node.mapping else { throw failure("\(key)[\(index)]", "must be a mapping") }
            return StrictMapping(file: file, place: "\(name(key))[\(index)]", found)
        }
    }

    /// The mapping as options, `--key=value`.
    func options(_ known: [String]) throws -> [String] {
        try requireKeys(known)
        return try keys.map { "--\($0)=\(try texts($0)!.joined(separator: ","))" }
    }
}
