import Archive
import Foundation
import OracleSupport
import Testing

/// `--version` says what runs, and result files record the same.
@Suite struct VersionTests {
    @Test func versionNamesEverything() throws {
        let scratch = try Scratch()
        let result = try Program.run(["--version"], in: scratch.url)
        #expect(result.status == 0 && result.errors.isEmpty, "\(result.errors)")
        let lines = result.output.split(separator: "\n").map(String.init)
        #expect(lines.first == "landscape 0.1.0")
        for name in ["commit", "Swift", "libtorch", "oneDNN", "HDF5", "gnuplot", "swift-argument-parser"] {
            #expect(lines.contains { $0.hasPrefix(name + " ") && !$0.hasSuffix("unknown") }, "\(name) in \(lines)")
        }
        let commit = try #require(lines.first { $0.hasPrefix("commit ") }?.dropFirst("commit ".count))
        if FileManager.default.fileExists(atPath: Program.root.appendingPathComponent(".git").path),
            let git = Program.find("git")
        {
            // Not necessarily the one that is checked out now: the program may be older.
            let kind = try ChildProcess.run(git, ["-C", Program.root.path, "cat-file", "-t", String(commit)])
            #expect(kind.output.hasPrefix("commit"), "\(commit): \(kind.output)")
        }

        let run = scratch.path("run.h5")
        let probe = try Program.run(
            ["probe", "--variants", "pretrained", "--measures", "loss", "--windows", "2", "--no-report", "-o", run],
            in: scratch.url)
        #expect(probe.status == 0, "\(probe.errors)")
        let record = try RunReader.read(run)
        #expect(record.software["landscape"] == "0.1.0" && record.software["commit"] == String(commit))
        for (name, line) in [("libtorch", "libtorch"), ("hdf5", "HDF5"), ("onednn", "oneDNN"), ("swift", "Swift")] {
            #expect(lines.contains("\(line) \(record.software[name] ?? "")"), "\(record.software)")
        }
    }

    /// The commit in the program is that of git's log when it was compiled; without git it is unknown.
    @Test(.enabled(if: Program.find("clang++") != nil))
    func commitIsReadAtCompileTime() throws {
        let scratch = try Scratch()
        let hashes = ["0123456789abcdef0123456789abcdef01234567", String(repeating: "fe", count: 32)]
        func line(_ hash: String) -> String {
            "\(String(repeating: "0", count: 40)) \(hash) A <a@b> 1 +0000\tcommit: x\n"
        }
        try scratch.write(
            "main.cpp", "#include \"CBuild.h\"\n#include <cstdio>\nint main() { puts(cbuild_commit()); }\n")
        let folder = Program.root.appendingPathComponent("Sources/CBuild")
        for (log, expected) in [
            (line(hashes[0]), hashes[0]), (line(hashes[0]) + line(hashes[1]), hashes[1]), ("", "unknown"),
            ("what is this\n", "unknown"), (nil, "unknown"),
        ] {
            if let log {
                try scratch.write("log", log)
            } else {
                try FileManager.default.removeItem(atPath: scratch.path("log"))
            }
            let compiled = try ChildProcess.run(
                Program.find("clang++")!,
                [
                    "-std=c++20", "-Werror", "-DCBUILD_GIT_LOG=\"\(scratch.path("log"))\"",
                    "-DCBUILD_RESOLVED=\"\(scratch.path("none"))\"", "-I",
                    folder.appendingPathComponent("include").path,
                    folder.appendingPathComponent("CBuild.cpp").path, scratch.path("main.cpp"), "-o",
                    scratch.path("a.out"),
                ])
            #expect(compiled.status == 0, "\(compiled.output)")
            #expect(try ChildProcess.run(scratch.path("a.out"), []).output == expected + "\n")
            let bytes = try Data(contentsOf: scratch.url.appendingPathComponent("a.out"))
            #expect(bytes.range(of: Data("<a@b>".utf8)) == nil, "no names of people")
        }
    }
}

extension Program {
    /// A program on PATH.
    static func find(_ name: String) -> String? {
        (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/\(name)" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
