import ArgumentParser
import Foundation
import Tensor

/// What is missing on this machine.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "What is missing on this machine, with the command that fixes it.",
        discussion: """
            'ok' is there; 'note' is not needed to run, or slower than it could be; 'missing' and 'low' keep something from working. Ends with \
            code 69 where something is missing.
            """)

    @Flag(help: "Print one JSON document.")
    var json = false

    func run() throws {
        let checks = MachineCheck.all()
        if json {
            let list = checks.map { check -> [String: Any] in
                var object: [String: Any] = ["name": check.name, "state": check.state.rawValue, "found": check.found]
                if check.state != .ok, let fix = check.fix { object["fix"] = fix }
                return object
            }
            let data = try JSONSerialization.data(
                withJSONObject: ["schema": "landscape-doctor/1", "checks": list],
                options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
            print(String(decoding: data, as: UTF8.self))
        } else {
            for check in checks {
                print(
                    "\(check.state.rawValue.padding(toLength: 8, withPad: " ", startingAt: 0))\(check.name): \(check.found)"
                )
                if check.state != .ok, let fix = check.fix { print("        fix: \(fix)") }
            }
        }
        let problems = checks.count { $0.state == .missing }
        if problems > 0 { throw Exit.Failure(.unavailable, "\(problems) thing(s) missing") }
    }
}

/// Programs on PATH.
enum Tools {
    /// The path of a program, or nil.
    static func find(_ name: String) -> String? {
        for folder in (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":") {
            let path = "\(folder)/\(name)"
            if access(path, X_OK) == 0 { return path }
        }
        return nil
    }

    /// The first line a program prints about itself.
    static func version(of name: String, _ arguments: [String]) -> String? {
        guard let outcome = run(name, arguments), outcome.status == 0 else { return nil }
        return outcome.output.split(separator: "\n").first.map(String.init)
    }

    /// Runs a program to its end; `nil` where it is not found or cannot be started.
    static func run(_ name: String, _ arguments: [String]) -> (status: Int32, output: String)? {
        guard let path = find(name) else { return nil }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: data, as: UTF8.self))
    }
}
