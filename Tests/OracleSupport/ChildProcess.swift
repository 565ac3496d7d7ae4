import Foundation

/// Programs that the tests start.
public enum ChildProcess {
    /// Python with PyTorch, h5py, xarray, h5netcdf and netCDF4: `.deps/oracle` of the package, or LANDSCAPE_ORACLE_PYTHON.
    public static var python: String? {
        let package = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let candidates: [String?] = [
            ProcessInfo.processInfo.environment["LANDSCAPE_ORACLE_PYTHON"],
            package.appendingPathComponent(".deps/oracle/bin/python").path,
        ]
        return candidates.compactMap { $0 }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// How a program ended.
    public struct Outcome {
        /// The exit code, or minus the signal that ended it.
        public let status: Int32
        /// What it wrote to both streams.
        public let output: String
    }

    /// Runs a program to its end, its output and errors together.
    public static func run(_ program: String, _ arguments: [String]) throws -> Outcome {
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
