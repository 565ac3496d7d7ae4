import Foundation
import Testing

/// The built program, run as its users run it.
struct Program {
    struct Result {
        let status: Int32
        let output: String
        let errors: String
        let signal: Int32?
    }

    /// Beside the test bundle.
    static let url: URL = {
        let bundle = URL(
            fileURLWithPath: (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
                ?? CommandLine.arguments[0])
        return bundle.deletingLastPathComponent().appendingPathComponent("landscape")
    }()

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let fixtures = root.appendingPathComponent("Tests/Fixtures")
    static let shared = root.deletingLastPathComponent().appendingPathComponent("shared")
    static var hasSharedData: Bool {
        FileManager.default.fileExists(atPath: shared.appendingPathComponent("data/ETTh1.csv").path)
    }

    /// Starts the program; `environment` replaces variables.
    ///
    /// - Parameter isUndisturbed: whether it may write a profile of coverage, which whoever is killed meanwhile spoils for all.
    static func start(
        _ arguments: [String], in folder: URL, environment: [String: String] = [:], isUndisturbed: Bool = false
    ) throws -> (process: Process, output: URL, errors: URL) {
        let process = Process()
        process.executableURL = url
        process.arguments = arguments
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment
            .merging(isUndisturbed ? [:] : ["LLVM_PROFILE_FILE": "/dev/null"]) { $1 }
            .merging(environment) { $1 }
        process.standardInput = FileHandle.nullDevice
        let output = folder.appendingPathComponent("stdout-\(UUID().uuidString)")
        let errors = folder.appendingPathComponent("stderr-\(UUID().uuidString)")
        for file in [output, errors] { try Data().write(to: file) }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        return (process, output, errors)
    }

    static func run(
        _ arguments: [String], in folder: URL, environment: [String: String] = [:]
    ) throws -> Result {
        let (process, output, errors) = try start(
            arguments, in: folder, environment: environment, isUndisturbed: true)
        process.waitUntilExit()
        return Result(
            status: process.terminationStatus, output: try String(contentsOf: output, encoding: .utf8),
            errors: try String(contentsOf: errors, encoding: .utf8),
            signal: process.terminationReason == .uncaughtSignal ? process.terminationStatus : nil)
    }
}

/// A folder that goes away with its owner.
final class Scratch {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("landscape-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        try Data(bytes).write(to: url.appendingPathComponent(name))
        return path(name)
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String { try write(name, Array(text.utf8)) }

    var contents: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []).sorted() }
}
