import Foundation

/// What the file system says of inputs before they are read, to find out afterwards whether numbers and hashes are of the same bytes.
struct InputStamps {
    private struct Stamp: Equatable {
        let device: dev_t
        let number: ino_t
        let size: off_t
        /// Seconds and nanoseconds of the last change, which nobody can set back.
        let changed: [Int]

        init?(_ path: String) {
            var found = stat()
            guard stat(path, &found) == 0 else { return nil }
            (device, number, size) = (found.st_dev, found.st_ino, found.st_size)
            changed = [Int(found.st_ctim.tv_sec), Int(found.st_ctim.tv_nsec)]
        }
    }

    private let stamps: [(path: String, stamp: Stamp?)]

    /// What a checkpoint may consist of. Other files of its folder, such as a log, may grow meanwhile.
    private static let extensions: Set = ["safetensors", "json", "ckpt", "pth", "pt", "bin"]

    /// Looks at files, at those of a checkpoint in folders, and at the `config.json` beside files.
    init(_ paths: [String]) {
        stamps = paths.flatMap { path -> [String] in
            var isFolder: ObjCBool = false
            let url = URL(fileURLWithPath: path)
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else {
                return [path, url.deletingLastPathComponent().appendingPathComponent("config.json").path]
            }
            let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
            return names.sorted().map { url.appendingPathComponent($0) }
                .filter { InputStamps.extensions.contains($0.pathExtension) }.map(\.path)
        }.map { ($0, Stamp($0)) }
    }

    /// Looks again.
    func requireUnchanged() throws {
        for (path, stamp) in stamps where Stamp(path) != stamp {
            throw Exit.Failure(
                .badData,
                "\(path): was changed while it was read; wait until it is written completely, then start again")
        }
    }
}
