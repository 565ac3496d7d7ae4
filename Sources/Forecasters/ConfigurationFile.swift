import Foundation

/// A `config.json` that is read strictly where the model looks and not elsewhere.
struct ConfigurationFile {
    let url: URL
    let data: Data

    init(_ url: URL) throws(ForecasterError) {
        guard let data = try? Data(contentsOf: url), data.count < 1 << 24 else {
            throw .configuration(file: url.path, key: "(file)", problem: "cannot be read")
        }
        self.url = url
        self.data = data
        guard (try? JSONSerialization.jsonObject(with: data)) is [String: Any] else {
            throw .configuration(file: url.path, key: "(file)", problem: "is not a JSON object")
        }
    }

    func has(_ key: String) -> Bool {
        ((try? JSONSerialization.jsonObject(with: data)) as? [String: Any])?[key] != nil
    }

    func decode<T: Decodable>(_ type: T.Type) throws(ForecasterError) -> T {
        func key(_ path: [any CodingKey]) -> String { path.map(\.stringValue).joined(separator: ".") }
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch DecodingError.keyNotFound(let missing, _) {
            throw .configuration(file: url.path, key: missing.stringValue, problem: "is missing")
        } catch DecodingError.typeMismatch(let expected, let context) {
            throw .configuration(file: url.path, key: key(context.codingPath), problem: "is not of type \(expected)")
        } catch DecodingError.valueNotFound(let expected, let context) {
            throw .configuration(file: url.path, key: key(context.codingPath), problem: "is null; expected \(expected)")
        } catch DecodingError.dataCorrupted(let context) {
            throw .configuration(file: url.path, key: key(context.codingPath), problem: context.debugDescription)
        } catch {
            throw .configuration(file: url.path, key: "(file)", problem: String(describing: error))
        }
    }
}

extension Encodable {
    /// The value as a `config.json` in the official schema.
    ///
    /// - Parameter constants: members that say which architecture this is and that no size depends on.
    func officialJSON(adding constants: [String: any Sendable] = [:]) throws -> String {
        var object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(self)) as? [String: Any] ?? [:]
        object.merge(constants) { own, _ in own }
        let data = try JSONSerialization.data(withJSONObject: object, options: [.prettyPrinted, .sortedKeys])
        return String(decoding: data, as: UTF8.self)
    }
}

extension ForecasterError {
    /// Checks that sizes are positive and small enough to multiply.
    static func check(sizes: [(key: String, value: Int)], file: String) throws(ForecasterError) {
        for (key, value) in sizes where value < 1 || value > 1 << 24 {
            throw .configuration(file: file, key: key, problem: "is \(value); it must lie between 1 and 16777216")
        }
    }
}
