import Figures
import Foundation
import OracleSupport
import Testing

@testable import Archive
@testable import Reports

/// Result files that are sound HDF5 of the right shape and hold numbers that make no sense: infinities, the largest and the
/// smallest numbers, statuses that do not exist, counts below zero. They are refused as files, or become pages.
@Suite final class SenselessNumbersTests {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("senseless-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Every script and the page, without gnuplot.
    @Test func pagesAndScriptsAreMade() throws {
        var read = 0
        let rounds = runsSlowTests ? 1000 : 40
        for round in 0..<rounds {
            guard let record = try senselessRecord(round) else { continue }
            read += 1
            for entry in FigureSelection(record).entries {
                #expect(!entry.figure.script().isEmpty && !entry.figure.alternative.isEmpty, "round \(round)")
            }
            #expect(try !ReportPage(record, figures: []).html().isEmpty, "round \(round)")
            try Notebook.write(from: record, to: folder.appendingPathComponent("run.ipynb"))
        }
        #expect(read > rounds / 4, "\(read) of \(rounds) were read")
    }

    /// What gnuplot makes of them: a picture, or a gap that the page names.
    @Test(.enabled(if: Renderer.hasGnuplot, "needs gnuplot"), arguments: runsSlowTests ? Array(0..<60) : [1, 2])
    func figuresAreDrawn(_ round: Int) throws {
        guard let record = try senselessRecord(round) else { return }
        let report = try Report.write(record, to: folder.appendingPathComponent("report"), formats: [.svg])
        #expect(report.figures.count > 4 * report.failures.count, "\(report.failures)")
        let page = try String(contentsOf: report.page, encoding: .utf8)
        #expect(page.components(separatedBy: "A figure is missing: ").count == 1 + report.failures.count)
    }

    /// The contents of a changed file; `nil` where the file is refused.
    private func senselessRecord(_ round: Int) throws -> RunRecord? {
        let path = folder.appendingPathComponent("run.h5").path
        try? FileManager.default.removeItem(atPath: path)
        let random = Draws(UInt64(round))
        try HostileRun(count: 1 + random.below(3), isComplete: random.below(4) > 0).write(to: path)
        // In a thousand.
        let share = [2, 10, 50, 200][random.below(4)]
        try HDF5Library.synchronized { () throws(ArchiveError) in
            let file = try HDF5File.open(path, writable: true)
            try change(file.root(), share, random)
            try file.close()
        }
        do {
            return try RunReader.read(path)
        } catch {
            #expect(error.description.contains(path), "round \(round)")
            return nil
        }
    }

    private func change(_ group: HDF5Group, _ share: Int, _ random: Draws) throws(ArchiveError) {
        try changeAttributes(group, share, random)
        for (_, child) in try group.children() {
            switch child {
            case .group(let group): try change(group, share, random)
            case .dataset(let dataset):
                try changeAttributes(dataset, share, random)
                guard try dataset.isNumeric(), random.below(1000) < share else { continue }
                let count = try dataset.shape().reduce(1, *)
                if try dataset.isByte() {
                    let known = random.below(10) > 0
                    try dataset.write((0..<count).map { _ in random.status(known) })
                } else if try dataset.isFloat() {
                    let values = try dataset.read(Double.self)
                    try dataset.write(random.numbers(like: values))
                } else {
                    try dataset.write((0..<count).map { _ in random.integer() })
                }
            }
        }
    }

    private func changeAttributes(_ node: some HDF5Node, _ share: Int, _ random: Draws) throws(ArchiveError) {
        for name in try node.attributeNames() where random.below(4000) < share {
            switch try node.attribute(name) {
            case .double(let value): try node.overwriteAttribute(name, random.numbers(like: [value]))
            case .doubles(let values): try node.overwriteAttribute(name, random.numbers(like: values))
            case .int: try node.overwriteAttribute(name, [random.integer()])
            case .unsigned where name == "status": try node.overwriteAttribute(name, [random.status(true)])
            case .unsigned: try node.overwriteAttribute(name, [UInt64(bitPattern: Int64(random.integer()))])
            case .ints(let values): try node.overwriteAttribute(name, values.map { _ in random.integer() })
            case .string, .strings, nil: break
            }
        }
    }
}

/// A stream of draws, SplitMix64.
private final class Draws {
    private var state: UInt64

    init(_ state: UInt64) { self.state = state }

    func below(_ count: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((z ^ (z >> 31)) % UInt64(count))
    }

    /// A status; an unknown one is refused with the file.
    func status(_ known: Bool) -> UInt8 { [0, 1, 1, 1, 2, 3, 255][below(known ? 5 : 7)] }

    func integer() -> Int {
        [0, 1, -1, 2, 7, Int.max, Int.min, Int(Int32.max) + 1, 1 << 53, -(1 << 40)][below(10)]
    }

    private static let extremes: [Double] = [
        .nan, .infinity, -.infinity, 0, -0.0, 1e308, -1e308, .greatestFiniteMagnitude, .leastNonzeroMagnitude,
        0x1p-1060,
        1, -1, 1e300, 0x1p63, -0x1p63, 1e19,
    ]

    /// As many senseless numbers as there are sensible ones.
    func numbers(like values: [Double]) -> [Double] {
        let extreme = Self.extremes[below(Self.extremes.count)]
        switch below(6) {
        case 0: return values.map { _ in extreme }
        case 1: return values.map { _ in Self.extremes[below(Self.extremes.count)] }
        case 2: return values.map { $0 * 1e300 }
        case 3: return values.map { -abs($0) }
        case 4: return values.map { $0 * 1e-300 }
        default: return values.map { below(4) == 0 ? extreme : $0 }
        }
    }
}
