import Foundation

/// A file that a verb will write.
enum OutputFile {
    /// Finds out before hours of work whether the output can be written.
    static func requireWritable(_ path: String, overwriting: Bool) throws {
        let url = URL(fileURLWithPath: path)
        let folder = url.deletingLastPathComponent().path
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: folder, isDirectory: &isFolder), isFolder.boolValue else {
            throw Exit.Failure(.cannotCreate, "\(path): there is no folder \(folder); create it first")
        }
        guard access(folder, W_OK) == 0 else {
            throw Exit.Failure(.cannotCreate, "\(path): the folder \(folder) cannot be written; check its permissions")
        }
        if !overwriting && FileManager.default.fileExists(atPath: path) {
            throw Exit.Failure(
                .cannotCreate,
                "\(path): exists already; continue it with --resume, replace it with --overwrite, or give another --output"
            )
        }
    }
}

extension String {
    /// The text as a shell reads it back.
    var quotedForShell: String {
        unicodeScalars.contains(where: { " '\"$`\\*?;&|<>()\n\r\t".unicodeScalars.contains($0) })
            ? "'" + replacingOccurrences(of: "'", with: "'\\''", options: .literal) + "'" : self
    }
}
