import Archive
import Foundation

/// A process of its own for the tests: one to be killed, one to hold a lock, one to read files cut short.
@main
struct ArchiveWriterHelper {
    static func main() throws {
        let arguments = CommandLine.arguments
        guard arguments.count >= 3 else {
            FileHandle.standardError.write(Data("usage: ArchiveWriterHelper write|hold|cut PATH\n".utf8))
            exit(64)
        }
        switch arguments[1] {
        case "write": try write(arguments[2])
        case "hold": try hold(arguments[2])
        case "cut": try cut(arguments[2])
        default: exit(64)
        }
    }

    /// Creates the sample file, or goes on with it, and writes what is pending, slowly enough to be killed.
    private static func write(_ path: String) throws {
        let plan = SampleRun.plan()
        let file =
            FileManager.default.fileExists(atPath: path)
            ? try RunFile.open(resuming: path, plan: plan) : try RunFile.create(at: path, plan: plan)
        try SampleRun.write(file, pause: 200)
        try file.complete()
        try file.close()
    }

    /// Opens the sample file for writing and waits for the end of standard input.
    private static func hold(_ path: String) throws {
        let file = try RunFile.create(at: path, plan: SampleRun.plan())
        FileHandle.standardOutput.write(Data("ready\n".utf8))
        _ = FileHandle.standardInput.readDataToEndOfFile()
        try file.close()
    }

    /// Reads copies of a file, each cut at a place of its own, and prints how many could be read and how many were
    /// refused, and before that the place that is being tried, so that a crash can be found.
    private static func cut(_ path: String) throws {
        let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let copy = path + ".damaged"
        defer { unlink(copy) }
        var read = 0
        var refused = 0
        func attempt(_ label: String, _ bytes: [UInt8]) throws {
            FileHandle.standardOutput.write(Data("\(label)\n".utf8))
            try Data(bytes).write(to: URL(fileURLWithPath: copy))
            do {
                _ = try RunReader.read(copy)
                read += 1
            } catch {
                refused += 1
                if error.description.isEmpty || error.category == .misuse { throw error }
            }
        }
        let cuts = 200
        for number in 0..<cuts {
            let length = whole.count * number / cuts
            try attempt("cut \(length)", Array(whole[..<length]))
        }
        print("read \(read) refused \(refused)")
    }
}
