import Foundation
import HostileInput
import Testing

/// Every reader of foreign files on sound files, on everything that ever brought one down, and on some thousand changed files.
///
/// The same functions as the fuzz targets of `make fuzz`. A crash ends the tests: none may crash. One after the other, since
/// all write the same scratch file.
@Suite(.serialized) struct ReaderTests {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test(arguments: Reader.allCases) func soundFilesAreRead(_ reader: Reader) throws {
        for (index, seed) in try reader.seeds(root: Self.root).enumerated() {
            #expect(reader.read(seed) == .accepted, "seed \(index)")
        }
    }

    /// Inputs of `Crashes/<reader>/` were found by fuzzing; each is read, or an error of the file, now.
    @Test(arguments: Reader.allCases) func formerCrashesAreReadOrRefused(_ reader: Reader) throws {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Crashes/\(reader.rawValue)")
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder.path))?.sorted() ?? [] {
            if case .violation(let text) = reader.read(try Array(Data(contentsOf: folder.appendingPathComponent(name))))
            {
                Issue.record("\(name): \(text)")
            }
        }
    }

    @Test(arguments: Reader.allCases) func changedFilesAreReadOrRefused(_ reader: Reader) throws {
        var mutator = Mutator(reader, seeds: try reader.seeds(root: Self.root))
        var accepted = 0
        let count = reader == .result ? 40 : 1000
        for index in 0..<count {
            let file = mutator.next()
            switch reader.read(file) {
            case .accepted: accepted += 1
            case .refused: break
            case .violation(let text): Issue.record("mutation \(index): \(text)")
            }
        }
        // Mutations that are all refused at the door, or all without effect, would test nothing.
        #expect(accepted > 0 && accepted < count * 49 / 50, "\(accepted) of \(count) accepted")
    }
}
