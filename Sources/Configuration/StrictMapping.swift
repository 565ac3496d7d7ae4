import Foundation
import TimeSeries
import Yams

/// A mapping of a YAML file whose keys are all known; errors name the file, the key and what was expected.
public struct StrictMapping {
    /// The file, for messages.
    public let file: String
    /// Where it stands, such as `models[0]`; empty for the file itself.
    public let place: String
    private let mapping: Node.Mapping

    /// Longer files are refused: nobody writes them by hand.
    private static let byteLimit = 1 << 20
    /// A file in which aliases stand for aliases may spell out a million times its length.
    private static let aliasLimit = 24

    /// Reads a file.
    public init(file: String) throws {
        let yaml = try StrictMapping.text(of: file)
        let node: Node?
        do { node = try Yams.compose(yaml: yaml) } catch {
            throw ConfigurationError(.badData, "\(file): is not valid YAML: \(error)")
        }
        guard let mapping = node?.mapping else {
            throw ConfigurationError(.badData, "\(file): must be a mapping of keys to values")
        }
        try self.init(file: file, place: "", mapping)
    }

    private static func text(of file: String) throws -> String {
        guard FileManager.default.fileExists(atPath: file) else {
            throw ConfigurationError(.noInput, "\(file): there is no such file")
        }
        guard let handle = FileHandle(forReadingAtPath: file) else {
            throw ConfigurationError(.noInput, "\(file): cannot be opened; check its permissions")
        }
        var data = Data()
        do {
            // A pipe gives what it has at the moment.
            while data.count <= byteLimit, let piece = try handle.read(upToCount: byteLimit + 1 - data.count),
                !piece.isEmpty
            {
                data.append(piece)
            }
        } catch {
            throw ConfigurationError(.noInput, "\(file): cannot be read: \(error.localizedDescription)")
        }
        guard data.count <= byteLimit else {
            throw ConfigurationError(.badData, "\(file): is longer than \(byteLimit) bytes, the most that is read")
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw ConfigurationError(.badData, "\(file): is not valid YAML: it is not UTF-8 text")
        }
        let aliases = zip(text.utf8, text.utf8.dropFirst()).count { $0 == UInt8(ascii: "*") && $1 > 0x20 }
        guard aliases <= aliasLimit else {
            throw ConfigurationError(
                .badData,
                "\(file): holds \(aliases) aliases (*name), of which \(aliasLimit) are allowed; write the values out")
        }
        return text
    }

    private init(file: String, place: String, _ mapping: Node.Mapping) throws {
        (self.file, self.place, self.mapping) = (file, place, mapping)
        // To YAML keys with different tags are different keys; to us they are one option.
        var seen: Set<String> = []
        for key in keys where !seen.insert(key).inserted { throw failure(key, "stands twice") }
    }

    /// Refuses keys that are not among those known.
    public func requireKeys(_ known: [String]) throws {
        for key in keys where !known.contains(key) {
            throw failure(key, "is no known key\(hint(key, known)) (known: \(known.joined(separator: ", ")))")
        }
    }

    /// Refuses keys that are no options of a verb.
    public func requireOptions(_ known: [String], of verb: String) throws {
        for key in keys where !known.contains(key) {
            throw ConfigurationError(
                .usage,
                "\(file): '\(name(key))' is no option of 'landscape \(verb)'\(hint(key, known)) (see landscape \(verb) --help)"
            )
        }
    }

    private func hint(_ key: String, _ known: [String]) -> String {
        nearestName(to: key, among: known.sorted()).map { "; did you mean '\($0)'?" } ?? ""
    }

    /// The keys in their order.
    public var keys: [String] { mapping.keys.map { $0.string ?? "?" } }

    private func name(_ key: String) -> String { place.isEmpty ? key : "\(place).\(key)" }

    /// The error of a value; `problem` goes on where the key ends.
    public func failure(_ key: String, _ problem: String) -> ConfigurationError {
        ConfigurationError(.badData, "\(file): '\(name(key))' \(problem)")
    }

    /// By the text of the key, whatever its tag.
    private func node(_ key: String) -> Node? { mapping.first { $0.key.string == key }?.value }

    /// A plain value; `nil` when the key is absent.
    public func text(_ key: String) throws -> String? {
        guard let node = node(key) else { return nil }
        guard let text = node.scalar?.string, !text.isEmpty else { throw failure(key, "must be one value") }
        return text
    }

    /// A plain value that must be there.
    public func requiredText(_ key: String) throws -> String {
        guard let text = try text(key) else { throw failure(key, "is missing") }
        return text
    }

    /// A list of plain values, or one value; `nil` when the key is absent.
    public func texts(_ key: String) throws -> [String]? {
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
    public func flag(_ key: String) throws -> Bool {
        guard let value = node(key)?.bool else { throw failure(key, "is a switch; expected true or false") }
        return value
    }

    /// A list of whole numbers that are not negative.
    public func seeds(_ key: String) throws -> [UInt64]? {
        try texts(key)?.map { text in
            guard let seed = UInt64(text) else { throw failure(key, "must hold whole numbers, found '\(text)'") }
            return seed
        }
    }

    /// A mapping; `nil` when the key is absent.
    public func mapping(_ key: String) throws -> StrictMapping? {
        guard let node = node(key) else { return nil }
        guard let found = node.mapping else { throw failure(key, "must be a mapping of keys to values") }
        return try StrictMapping(file: file, place: name(key), found)
    }

    /// A list of mappings with at least one entry.
    public func mappings(_ key: String) throws -> [StrictMapping] {
        guard let list = node(key)?.sequence, !list.isEmpty else {
            throw failure(key, "must be a list with at least one entry")
        }
        return try list.enumerated().map { index, node in
            guard let found = node.mapping else { throw failure("\(key)[\(index)]", "must be a mapping") }
            return try StrictMapping(file: file, place: "\(name(key))[\(index)]", found)
        }
    }

    /// The mapping as options, `--key=value`.
    public func options(_ known: [String]) throws -> [String] {
        try requireKeys(known)
        return try keys.map { "--\($0)=\(try texts($0)!.joined(separator: ","))" }
    }
}
