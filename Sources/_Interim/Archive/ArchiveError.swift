/// What can go wrong with a result file.
public struct ArchiveError: Error, CustomStringConvertible, Sendable, Equatable {
    /// The kind of fault, which decides the exit code.
    public enum Category: Sendable {
        /// The file cannot be created or written.
        case cannotCreate
        /// There is no such file.
        case noInput
        /// The file is no result file, is damaged, or belongs to another run.
        case badData
        /// Another process writes it.
        case busy
    }

    /// The kind of fault.
    public let category: Category
    /// The file concerned.
    public let file: String
    /// What was expected, what was found and what to do.
    public let message: String

    init(_ category: Category, _ file: String, _ message: String) {
        self.category = category
        self.file = file
        self.message = message
    }

    /// File and message.
    public var description: String { "\(file): \(message)" }
}
