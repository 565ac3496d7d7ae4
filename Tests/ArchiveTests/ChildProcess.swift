import Foundation

/// Programs that the tests start.
enum ChildProcess {
    /// The helper, built beside the tests.
    static var helper: String {
        let executable = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let folders = [executable, CommandLine.arguments[0], Bundle.main.executablePath ?? ""].map {
            URL(fileURLWithPath: $0).deletingLastPathComponent().path
        }
        let candidates = folders.map { $0 + "/ArchiveWriterHelper" }
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0) } ?? candidates[0]
    }

    /// Python with h5py, xarray, h5netcdf and netCDF4: `.deps/oracle` of the package, or LANDSCAPE_ORACLE_PYTHON.
    static var python: String? {
        let package = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let candidates: [String?] = [
            ProcessInfo.processInfo.environment["LANDSCAPE_ORACLE_PYTHON"],
            package.appendingPathComponent(".deps/oracle/bin/python").path,
        ]
        return candidates.compactMap { $0 }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    struct Outcome {
        /// The exit code, or minus the signal that ended it.
        let status: Int32
        let output: String
    }

    /// Runs a program to its end, its output and errors together.
    static func run(_ program: String, _ arguments: [String]) throws -> Outcome {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let crashed = process.terminationReason == .uncaughtSignal
        return Outcome(
            status: crashed ? -process.terminationStatus : process.terminationStatus,
            output: String(decoding: data, as: UTF8.self))
    }
}
