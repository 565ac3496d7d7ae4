/// What a checkpoint leaves open and some families need to know.
public struct ModelChoices: Sendable, Equatable {
    /// The names of the choices.
    public enum Name: String, Sendable, CaseIterable {
        /// Points per token, for families with several sizes.
        case patchSize = "patch-size"
        /// The kind of frequency, for families that are told.
        case frequency
        /// Whose prompts to read, for families with prompts of data sets.
        case dataset
    }

    /// See ``Name/patchSize``.
    public var patchSize: Int?
    /// See ``Name/frequency``.
    public var frequency: Int?
    /// See ``Name/dataset``.
    public var dataset: String?

    /// Nothing chosen: every family's own default.
    public init() {}

    /// What was chosen.
    public var given: [Name] {
        var names: [Name] = []
        if patchSize != nil { names.append(.patchSize) }
        if frequency != nil { names.append(.frequency) }
        if dataset != nil { names.append(.dataset) }
        return names
    }
}
