import Foundation

/// A small file that appears whole or not at all.
public enum WholeFile {
    /// Writes beside `path`, forces that to the disk, and moves it there: whatever happens meanwhile, the old file or the new one
    /// stands.
    ///
    /// Throws `outputExists` or `cannotCreate`.
    public static func write(_ data: Data, to path: String, overwrite: Bool = true) throws(ArchiveError) {
        try OutputPlace(path).write(data, overwrite: overwrite)
    }
}
