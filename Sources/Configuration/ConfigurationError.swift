/// Why a configuration file cannot be used.
public struct ConfigurationError: Error, CustomStringConvertible, Sendable, Equatable {
    /// The kind of fault, which decides the exit code.
    public enum Category: Sendable {
        /// The request itself is wrong, such as an option that the verb does not have.
        case usage
        /// The file is no YAML, or a value in it is of the wrong kind.
        case badData
        /// There is no such file.
        case noInput
    }

    /// The kind of fault.
    public let category: Category
    /// File, key, what was expected and what was found.
    public let description: String

    init(_ category: Category, _ description: String) {
        self.category = category
        self.description = description
    }
}
