import Foundation
import Testing

@testable import Archive
@testable import ArchiveWriterHelper

@Suite("Shards")
struct ShardMergeTests {
    private let folder: TemporaryFolder
    private let whole: RunRecord

    init() throws {
        folder = try TemporaryFolder()
        let file = try RunFile.create(at: folder("whole.h5"), plan: ShardMergeTests.plan())
        try SampleRun.write(file)
        for variant in SampleRun.variantNames {
            try file.setArray(variant: variant, path: "curvature/curve/value", values: [1, 2, 3])
        }
        try file.complete()
        try file.close()
        whole = try RunReader.read(folder("whole.h5"))
    }

    /// The sample, with an array whose coordinate is known beforehand.
    private static func plan() -> RunPlan {
        var plan = SampleRun.plan()
        for index in plan.variants.indices {
            plan.variants[index].arrays.append(
                ArrayPlan(
                    path: "curvature/curve/value", dimensions: [.values("position", [-1, 0.5, 2])], longName: "a curve")
            )
        }
        return plan
    }

    /// Writes into a shard what `owns` says, copied from the whole run.
    private func shard(
        _ index: Int, of count: Int, fingerprint: String = "f1", completes: Bool = true, _ owns: (RunItem) -> Bool
    ) throws -> String {
        var plan = ShardMergeTests.plan()
        plan.fingerprint = fingerprint
        plan.shard = RunShard(index: index, count: count)
        let path = folder("\(index)of\(count)-\(UUID().uuidString).h5")
        let file = try RunFile.create(at: path, plan: plan)
        for variant in whole.variants {
            let name = variant.name
            for scalar in variant.scalars where owns(.scalar(variant: name, path: scalar.path)) {
                let evaluations = scalar.attributes["evaluations"].map { ["evaluations": $0] } ?? [:]
                try file.setScalar(
                    variant: name, path: scalar.path, value: scalar.value, standardError: scalar.standardError,
                    samples: scalar.samples, seconds: scalar.seconds, attributes: evaluations)
            }
            for array in variant.arrays where owns(.array(variant: name, path: array.path)) {
                let later = array.path == "curvature/density/density"
                try file.setArray(
                    variant: name, path: array.path, values: array.values,
                    companions: Dictionary(uniqueKeysWithValues: array.companions.map { ($0.name, $0.values) }),
                    coordinates: later ? ["eigenvalue": array.dimensions[0].values] : [:], seconds: array.seconds,
                    attributes: later ? ["bandwidth": 0.5] : [:])
            }
            for index in SampleRun.t.indices where owns(.point(variant: name, grid: .line("path"), index: index)) {
                try file.setLinePoint(
                    variant: name, line: "path", index: index, loss: variant.lines[0].columns[0].values[index],
                    standardError: 0.125)
            }
            let columns = SampleRun.x.count
            for index in 0..<(columns * SampleRun.y.count)
            where owns(.point(variant: name, grid: .plane("filter"), index: index)) {
                try file.setPlanePoint(
                    variant: name, plane: "filter", row: index / columns, column: index % columns,
                    loss: variant.planes[0].columns[0].values[index], standardError: 0.25)
            }
            let volume = variant.volumes[0]
            for index in volume.status.indices where owns(.point(variant: name, grid: volume.id, index: index)) {
                let values = ["loss": volume.columns[0].values[index], "standard_error": 0.0625]
                try file.setPoints(variant: name, of: volume.id, [GridPoint(index: index, values: values)])
            }
        }
        if completes { try file.complete(owning: owns) }
        try file.close()
        return path
    }

    /// Numbers and whole variants' arrays to the first, points in turn.
    private static func isFirst(_ item: RunItem) -> Bool {
        switch item {
        case .scalar(_, let path): path != "loss"
        case .array(let variant, _): variant == "sff:0.7"
        case .point(_, _, let index): index % 2 == 0
        }
    }

    /// Without what the command and its time decide, and what the sample writes outside of items.
    private func items(_ record: RunRecord) -> [String: String] {
        flattened(record).filter { key, _ in
            !["@command", "@created", "@history", "@merged_from"].contains(key) && !key.hasSuffix("@cosine")
                && !key.hasSuffix("@cosine_xz")
                && !key.hasSuffix("@work_forward")
        }
    }

    @Test("What shards hold between them, merged, is what one file holds")
    func merge() throws {
        let first = try shard(1, of: 2, Self.isFirst)
        let second = try shard(2, of: 2) { !Self.isFirst($0) }
        let record = try RunReader.read(first)
        #expect(record.isShardComplete && !record.isComplete && record.counts.pending > 0)
        let file = try ShardMerge([second, first]).write(to: folder("merged.h5"), command: "merge", overwrite: false)
        try file.complete()
        try file.close()
        let merged = try RunReader.read(folder("merged.h5"))
        #expect(items(merged) == items(whole))
        #expect(merged.attributes["merged_from"]?.texts.count == 2)
        // Coordinates that are known beforehand are there, whether their array is or not.
        try ShardMerge([second], partial: true).write(to: folder("part.h5"), command: "merge", overwrite: false).close()
        let array = try #require(RunReader.read(folder("part.h5")).variant("sff:0.7")?.array("curvature/curve/value"))
        #expect(array.status == .pending && array.dimension("position") == [-1, 0.5, 2])
        // A run of the whole goes on with it.
        try RunFile.open(resuming: folder("merged.h5"), plan: ShardMergeTests.plan()).close()
    }

    @Test("A shard is complete when its share is done, and no more when it is written again")
    func completeness() throws {
        let path = try shard(1, of: 2, completes: false, Self.isFirst)
        var plan = ShardMergeTests.plan()
        plan.shard = RunShard(index: 1, count: 2)
        let file = try RunFile.open(resuming: path, plan: plan)
        #expect(throws: ArchiveError.self) { try file.complete() }
        try file.complete(owning: Self.isFirst)
        try file.setStatus(.failed, of: .scalar(variant: "sff:0.7", path: "gradient_norm"))
        try file.close()
        #expect(try !RunReader.read(path).isShardComplete)
        #expect(RunShard(index: 0, count: 2) == nil && RunShard(index: 3, count: 2) == nil)
    }

    @Test("What cannot be merged is named")
    func refusals() throws {
        func refusal(_ paths: [String], partial: Bool = false) -> ArchiveError? {
            do {
                let merge = try ShardMerge(paths, partial: partial)
                try merge.write(to: folder("refused.h5"), command: "merge", overwrite: true).close()
                return nil
            } catch { return error }
        }
        let first = try shard(1, of: 2, Self.isFirst)
        let second = try shard(2, of: 2) { !Self.isFirst($0) }
        let greedy = try shard(2, of: 2) { _ in true }
        let other = try shard(2, of: 2, fingerprint: "f2") { !Self.isFirst($0) }
        let third = try shard(3, of: 3) { _ in false }
        let unfinished = try shard(2, of: 2, completes: false) { _ in false }
        #expect(
            refusal([first, other])
                == .notMergeable(
                    path: other, other: first, object: "attribute fingerprint", expected: "f1", found: "f2"))
        #expect(
            refusal([first, third])
                == .notMergeable(path: third, other: first, object: "attribute shards", expected: "2", found: "3"))
        #expect(
            refusal([second, greedy])
                == .notMergeable(
                    path: greedy, other: second, object: "attribute shard", expected: "another shard",
                    found: "2 of 2 in both"))
        #expect(refusal([first]) == .shardsMissing(given: first, missing: [2], count: 2))
        #expect(refusal([first, unfinished]) == .shardPending(path: unfinished, shard: "2 of 2"))
        #expect(refusal([first], partial: true) == nil && refusal([first, unfinished], partial: true) == nil)
        guard case .notMergeable(greedy, first, "pretrained: gradient_norm", _, _) = refusal([first, greedy]) else {
            Issue.record("an item in two shards was accepted")
            return
        }
        #expect(refusal([folder("whole.h5"), first])?.category == .badData)
    }

    @Test("Statuses go from one file to another in memory")
    func memory() throws {
        let path = try shard(1, of: 2, Self.isFirst)
        var plan = ShardMergeTests.plan()
        plan.shard = RunShard(index: 1, count: 2)
        let file = try RunFile.open(resuming: path, plan: plan)
        let memory = try RunFile.inMemory(name: "copy", plan: plan)
        let statuses = try file.statuses()
        #expect(Set(statuses) == [.pending, .done])
        try memory.adopt(statuses)
        #expect(try memory.statuses() == statuses)
        #expect(throws: ArchiveError.self) { try memory.adopt(Array(statuses.dropLast())) }
        try memory.setScalar(variant: "sff:0.7", path: "loss", value: 1)
        try memory.complete(owning: { _ in false })
        try memory.close()
        #expect(!FileManager.default.fileExists(atPath: "copy"))
    }
}
