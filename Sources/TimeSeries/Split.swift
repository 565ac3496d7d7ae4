/// The three stretches of a series, in time order.
public enum Split: String, CaseIterable, Sendable, CustomStringConvertible {
    /// What a model and the scaler are fitted on.
    case train
    /// What a checkpoint or a hyper-parameter is chosen on.
    case validation = "val"
    /// What is reported.
    case test

    /// `train`, `val` or `test`.
    public var description: String { rawValue }
}
