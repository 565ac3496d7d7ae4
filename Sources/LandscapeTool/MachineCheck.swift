import Archive
import Foundation
import Landscape
import Tensor

/// One thing that landscape needs or likes to have, and whether it is there.
struct MachineCheck {
    enum State: String { case ok, note, low, missing }

    let name: String
    let state: State
    let found: String
    var fix: String?

    /// Everything, in the order in which a newcomer meets it.
    static func all() -> [MachineCheck] {
        [
            MachineCheck(name: "landscape", state: .ok, found: "\(Version.number), commit \(Version.commit)"), swift(),
            MachineCheck(name: "libtorch", state: .ok, found: Runtime.version), products(), cuda(),
            MachineCheck(name: "HDF5", state: .ok, found: ArchiveLibrary.version), gnuplot(), fonts(), embedded(),
            processor(), memory(), disk(), folder(),
        ]
    }

    /// Needed to build, not to run.
    private static func swift() -> MachineCheck {
        if let version = Tools.version(of: "swift", ["--version"]) {
            let number = version.firstMatch(of: /Swift version (\d+)\.(\d+)/).flatMap { match in
                Int(match.1).flatMap { major in Int(match.2).map { (major, $0) } }
            }
            let isOld = number.map { $0 < (6, 3) } ?? false
            return MachineCheck(
                name: "swift", state: isOld ? .note : .ok, found: version + (isOld ? "; building needs 6.3" : ""),
                fix: "install Swift 6.3 or later from https://www.swift.org/install")
        }
        return MachineCheck(
            name: "swift", state: .note, found: "not on PATH; needed to build, not to run",
            fix: "install Swift 6.3 or later from https://www.swift.org/install")
    }

    private static func products() -> MachineCheck {
        if Runtime.usesOneDNN {
            return MachineCheck(name: "float32 products", state: .ok, found: "oneDNN \(Runtime.versionOfOneDNN ?? "")")
        }
        return MachineCheck(
            name: "float32 products", state: .note,
            found: "libtorch's default (LANDSCAPE_ONEDNN=0, or a libtorch without oneDNN)",
            fix: "unset LANDSCAPE_ONEDNN")
    }

    private static func cuda() -> MachineCheck {
        let count = Runtime.cudaDevices
        if count > 0 { return MachineCheck(name: "CUDA", state: .ok, found: "\(count) device(s)") }
        if let list = Tools.run("nvidia-smi", ["-L"]), list.status == 0, list.output.hasPrefix("GPU") {
            return MachineCheck(
                name: "CUDA", state: .note,
                found: "there is a GPU, and this libtorch (\(Runtime.version)) does not use it",
                fix: "build against a CUDA libtorch: TORCH_ROOT=/path/to/libtorch make build")
        }
        return MachineCheck(name: "CUDA", state: .note, found: "no device; everything runs on the CPU")
    }

    private static func gnuplot() -> MachineCheck {
        let fix = "apt-get install gnuplot-nox"
        guard Tools.find("gnuplot") != nil else {
            return MachineCheck(
                name: "gnuplot", state: .missing, found: "not on PATH; needed for figures and reports", fix: fix)
        }
        guard let version = Tools.version(of: "gnuplot", ["--version"]) else {
            return MachineCheck(name: "gnuplot", state: .missing, found: "on PATH, and does not run", fix: fix)
        }
        let absent = ["svg", "pngcairo", "pdfcairo"].filter {
            Tools.run("gnuplot", ["-e", "set terminal \($0)"])?.status != 0
        }
        guard absent.isEmpty else {
            return MachineCheck(
                name: "gnuplot", state: .missing, found: "\(version), without \(absent.joined(separator: " and "))",
                fix: fix)
        }
        return MachineCheck(name: "gnuplot", state: .ok, found: version)
    }

    /// Figures are drawn in DejaVu Sans; other fonts do, no font at all gives boxes.
    private static func fonts() -> MachineCheck {
        let fix = "apt-get install fonts-dejavu-core"
        let home = ProcessInfo.processInfo.environment["HOME"] ?? ""
        let folders = ["/usr/share/fonts", "/usr/local/share/fonts", "\(home)/.local/share/fonts", "\(home)/.fonts"]
        let files = folders.flatMap { folder -> [String] in
            (FileManager.default.enumerator(atPath: folder)?.allObjects ?? []).compactMap { $0 as? String }
        }.filter { file in [".ttf", ".otf", ".ttc", ".pfb"].contains { file.hasSuffix($0) } }
        if files.contains(where: { $0.hasSuffix("DejaVuSans.ttf") }) {
            return MachineCheck(name: "fonts", state: .ok, found: "DejaVu Sans")
        }
        if files.isEmpty {
            return MachineCheck(
                name: "fonts", state: .missing, found: "none; figures would have no letters", fix: fix)
        }
        return MachineCheck(
            name: "fonts", state: .note, found: "no DejaVu Sans; figures use another of \(files.count) fonts", fix: fix)
    }

    private static func embedded() -> MachineCheck {
        if let embedded = try? EmbeddedDefault(), FileManager.default.isReadableFile(atPath: embedded.weights.path) {
            return MachineCheck(name: "embedded checkpoint", state: .ok, found: embedded.weights.path)
        }
        return MachineCheck(
            name: "embedded checkpoint", state: .missing, found: "not beside the program",
            fix: "keep the folder landscape_LandscapeTool.resources next to the program")
    }

    private static func processor() -> MachineCheck {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        func field(_ name: String) -> String? {
            text.split(separator: "\n").first { $0.hasPrefix(name) }?.split(separator: ":", maxSplits: 1).last
                .map { $0.trimmingCharacters(in: .whitespaces) }
        }
        let flags = Set((field("flags") ?? "").split(separator: " ").map(String.init))
        let wanted = [("avx2", "AVX2"), ("avx512f", "AVX-512"), ("avx512_bf16", "bfloat16"), ("amx_bf16", "AMX")]
        let features = wanted.filter { flags.contains($0.0) }.map(\.1)
        let found =
            "\(cores) core\(cores == 1 ? "" : "s")\(field("model name").map { ", \($0)" } ?? "")"
            + (features.isEmpty ? "" : " (\(features.joined(separator: ", ")))")
        // Elsewhere than on x86 there are no such flags, and nothing to say.
        let isSlow = !flags.isEmpty && !flags.contains("avx2")
        return MachineCheck(
            name: "processor", state: isSlow ? .note : .ok, found: found + (isSlow ? "; without AVX2 all is slow" : ""))
    }

    private static let gigabyte = 1 << 30

    private static func amount(_ bytes: Int) -> String {
        bytes >= 10 * gigabyte
            ? "\(bytes / gigabyte) GiB" : String(format: "%.1f GiB", Double(bytes) / Double(gigabyte))
    }

    private static func memory() -> MachineCheck {
        let all = Int(ProcessInfo.processInfo.physicalMemory)
        let free = ProcessMemory.available
        return MachineCheck(
            name: "memory", state: (1..<gigabyte).contains(free) ? .low : .ok,
            found: "\(amount(all)), \(amount(free)) available",
            fix: "end other programs, or probe with fewer --threads and a smaller --batch")
    }

    private static func disk() -> MachineCheck {
        let here = FileManager.default.currentDirectoryPath
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: here)
        guard let free = (attributes?[.systemFreeSize] as? NSNumber)?.intValue else {
            return MachineCheck(name: "disk", state: .note, found: "free space of the current folder is not known")
        }
        return MachineCheck(
            name: "disk", state: (1..<gigabyte).contains(free) ? .low : .ok,
            found: "\(amount(free)) free in the current folder",
            fix: "make room, or change to another disk: results of large models with axes take gigabytes")
    }

    private static func folder() -> MachineCheck {
        let isWritable = access(FileManager.default.currentDirectoryPath, W_OK) == 0
        return MachineCheck(
            name: "current folder", state: isWritable ? .ok : .missing,
            found: isWritable ? "writable for results" : "not writable for results",
            fix: "change to a folder you own, or give --output")
    }
}
