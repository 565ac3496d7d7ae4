/// Why a checkpoint cannot be read or written.
public struct CheckpointError: Error, CustomStringConvertible, Sendable, Equatable {
    /// The kind of fault, which decides the exit code.
    public enum Category: Sendable {
        /// There is no such file or folder.
        case missing
        /// The contents break the format.
        case malformed
        /// The format or type is known but not supported.
        case unsupported
        /// The output cannot be written.
        case unwritable
    }

    /// The rule that was broken; named after the reference parser's errors where it has one.
    public enum Rule: String, Sendable {
        case fileMissing, unreadable, headerTooSmall, headerTooLarge, invalidHeaderLength, invalidHeader,
            invalidHeaderStart
        case headerNotSchema, duplicateKey, invalidName, unknownType, invalidOffset, validationOverflow
        case misalignedSlice, tensorInvalidInfo, metadataIncompleteBuffer, unknownTensor, fileChanged
        case foreignFormat, ambiguousFolder, invalidIndex, outputExists, writeFailed
    }

    /// The kind of fault.
    public let category: Category
    /// The broken rule.
    public let rule: Rule
    /// The file concerned.
    public let file: String
    /// What was expected, what was found and what to do.
    public let message: String

    init(_ category: Category, _ rule: Rule, _ file: String, _ message: String) {
        self.category = category
        self.rule = rule
        self.file = file
        self.message = message
    }

    /// File and message.
    public var description: String { "\(file): \(message)" }
}
