import Foundation
import Testing

/// The arrows of docs/architecture.md, read from the sources.
@Suite struct ImportTests {
    static let allowed: [String: Set<String>] = [
        "Tensor": ["CTorch"],
        "Networks": ["Tensor"],
        "Checkpoints": [],
        "Forecasters": ["Networks", "Checkpoints", "Tensor"],
        "TimeSeries": [],
        "Configuration": ["TimeSeries"],
        "Krylov": [],
        "Landscape": ["Forecasters", "Networks", "Krylov", "Tensor"],
        "Training": ["Forecasters", "Networks", "Checkpoints", "Tensor"],
        "Smoothing": ["Training", "Forecasters", "Networks", "Tensor"],
        "Archive": ["CHDF5"],
        "Figures": ["CGnuplot"],
        "Reports": ["Figures", "Archive"],
    ]
    static let ours = Set(allowed.keys).union(["CTorch", "CHDF5", "CGnuplot", "CBuild", "LandscapeTool"])

    static var sources: URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
            .appendingPathComponent("Sources")
    }

    static func imports(of module: String) throws -> [(file: String, module: String)] {
        let folder = sources.appendingPathComponent(module)
        let files =
            FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL } ?? []
        var result: [(file: String, module: String)] = []
        for file in files where file.pathExtension == "swift" {
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                let words = line.split(separator: " ")
                guard let position = words.firstIndex(of: "import"), position <= 1, position + 1 < words.count else {
                    continue
                }
                result.append((file.lastPathComponent, String(words[position + 1])))
            }
        }
        return result
    }

    @Test(arguments: allowed.keys.sorted())
    func modulesImportOnlyWhatTheDesignAllows(_ module: String) throws {
        let folder = Self.sources.appendingPathComponent(module)
        #expect(FileManager.default.fileExists(atPath: folder.path), "the module exists")
        let permitted = Self.allowed[module]!
        for (file, imported) in try Self.imports(of: module) where Self.ours.contains(imported) {
            #expect(permitted.contains(imported), "\(module)/\(file) imports \(imported)")
        }
    }

    @Test func everyModuleIsInTheTable() throws {
        let found = try FileManager.default.contentsOfDirectory(atPath: Self.sources.path).filter { !$0.hasPrefix(".") }
        #expect(Set(found) == Self.ours)
    }

    @Test func krylovImportsNothingAtAll() throws {
        #expect(try Self.imports(of: "Krylov").isEmpty)
    }
}
