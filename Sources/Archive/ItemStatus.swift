/// How far one item (a scalar, an array, a point of a line, plane or volume) has come.
///
/// A value counts only when its status says so: an item is written as value, flush, status, flush, so that a status
/// of `done` is never on disk before its value.
public enum ItemStatus: UInt8, Sendable, CaseIterable {
    /// Not computed yet; the value is NaN.
    case pending = 0
    /// Computed; the value may be any number, also infinite or NaN.
    case done = 1
    /// Tried and failed; the value, if any, is not to be used.
    case failed = 2
    /// A point of a plane that was not evaluated: its loss is interpolated between points with the status `done`.
    case interpolated = 3
}
