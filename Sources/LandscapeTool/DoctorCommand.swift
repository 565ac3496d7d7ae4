import ArgumentParser
import Foundation
import Tensor

/// What is missing on this machine.
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "What is missing on this machine, with the command that fixes it.")

    func run() throws {
        var problems = 0
        func report(_ isGood: Bool, _ name: String, _ found: String, fix: String = "") {
            print(
                "\(isGood ? "ok     " : "missing") \(name): \(found)\(isGood || fix.isEmpty ? "" : "\n        fix: \(fix)")"
            )
            if !isGood { problems += 1 }
        }
        report(true, "landscape", Version.number)
        report(true, "libtorch", Runtime.version)
        print(
            "ok      float32 products: \(Runtime.usesOneDNN ? "oneDNN" : "libtorch's default (LANDSCAPE_ONEDNN=0, or a libtorch without oneDNN)")"
        )
        let cuda = Runtime.cudaDevices
        print(
            "\(cuda > 0 ? "ok     " : "none   ") CUDA: \(cuda > 0 ? "\(cuda) device(s)" : "no device, or a CPU build of libtorch; everything runs on the CPU")"
        )
        let gnuplot = Tools.version(of: "gnuplot", ["--version"])
        report(
            gnuplot != nil, "gnuplot", gnuplot ?? "not found; needed for figures and reports",
            fix: "apt-get install gnuplot-nox")
        if let embedded = try? EmbeddedDefault() {
            report(
                FileManager.default.isReadableFile(atPath: embedded.weights.path), "embedded checkpoint",
                embedded.weights.path)
        } else {
            report(
                false, "embedded checkpoint", "not beside the program",
                fix: "keep the *.resources folder next to the program")
        }
        let memory = ProcessInfo.processInfo.physicalMemory
        report(true, "machine", "\(ProcessInfo.processInfo.activeProcessorCount) cores, \(memory >> 30) GiB memory")
        report(
            access(FileManager.default.currentDirectoryPath, W_OK) == 0, "current folder", "writable for results",
            fix: "change to a folder you own, or give --output")
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
        guard let path = find(name) else { return nil }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return nil }
        let data = pipe.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: data, as: UTF8.self).split(separator: "\n").first.map(String.init)
    }
}
