import Archive
import CBuild
import Foundation
import Tensor

/// What is running: one source for `--version`, for `doctor` and for what files record.
enum Version {
    /// The version of landscape.
    static let number = "0.1.0"

    /// The commit that was built; "unknown" where the sources were no git repository.
    static var commit: String { String(cString: cbuild_commit()) }

    /// The Swift language tools that built it: the compiler names no more than the release it is at least.
    static var swift: String {
        #if compiler(>=7.0)
            "7.0 or later"
        #elseif compiler(>=6.4)
            "6.4"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }

    /// What result files record: everything that computes or writes.
    static var software: [String: String] {
        var result = [
            "landscape": number, "commit": commit, "swift": swift, "libtorch": Runtime.version,
            "hdf5": ArchiveLibrary.version,
        ]
        result["onednn"] = Runtime.versionOfOneDNN
        return result
    }

    /// Swift packages in the program, by name, as Package.resolved had them.
    static var packages: [(name: String, version: String)] {
        struct Resolved: Decodable {
            struct Pin: Decodable {
                struct State: Decodable {
                    let version: String?
                    let revision: String?
                }
                let identity: String
                let state: State
            }
            let pins: [Pin]
        }
        let text = Data(String(cString: cbuild_resolved_packages()).utf8)
        let pins = (try? JSONDecoder().decode(Resolved.self, from: text))?.pins ?? []
        return pins.map { ($0.identity, $0.state.version ?? $0.state.revision ?? "unknown") }
            .sorted { $0.0 < $1.0 }
    }

    /// All of it for people, one a line. gnuplot is asked for its version.
    static var text: String {
        var lines = ["landscape \(number)", "commit \(commit)", "Swift \(swift)", "libtorch \(Runtime.version)"]
        lines.append("oneDNN \(Runtime.versionOfOneDNN ?? "not in this libtorch")")
        lines.append("HDF5 \(ArchiveLibrary.version)")
        lines.append(Tools.version(of: "gnuplot", ["--version"]) ?? "gnuplot not found")
        lines += packages.map { "\($0.name) \($0.version)" }
        return lines.joined(separator: "\n")
    }
}
