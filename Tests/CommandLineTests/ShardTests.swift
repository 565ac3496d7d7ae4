import Archive
import Foundation
import Testing

/// `--shard i/n` and `landscape merge` through the built program.
@Suite struct ShardTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// Everything that is written as a number, an array, a line, a plane or a volume, in two sets of weights.
    private let arguments = [
        "probe", "--windows", "4", "--max-products", "10", "--variants", "pretrained,sff:0.7", "--measures",
        "loss,gradient,eigen,trace,density,preconditioned,sharpness,line,path,plane,volume,theory,convexity", "--grid",
        "4x3,3x2x3",
        "--points", "5", "--samples", "4", "--eigen", "1", "--tolerance", "0.05", "--density-probes", "2",
        "--density-steps", "8", "--theory-points", "2", "--theory-probes", "2", "--convexity-grid", "2x1",
        "--self-check", "--threads", "1", "--no-report", "--quiet",
    ]
    private let few = [
        "probe", "--windows", "6", "--measures", "loss,gradient,line", "--points", "3", "--no-report", "--quiet",
    ]

    private func probe(_ arguments: [String], _ more: [String], to file: String) throws -> Program.Result {
        try Program.run(arguments + more + ["--output", scratch.path(file)], in: scratch.url)
    }

    private func merge(_ files: [String], _ more: [String] = []) throws -> Program.Result {
        try Program.run(
            ["merge", "--output", scratch.path("merged.h5")] + more + files.map(scratch.path), in: scratch.url)
    }

    @Test func fourShardsMergedEqualTheSingleRun() throws {
        let single = try probe(arguments, [], to: "single.h5")
        #expect(single.status == 0, "\(single.errors)")
        let expected = try contents(scratch.path("single.h5"))
        let shards = (1...4).map { "shard\($0).h5" }
        // Two at a time, as on a machine of two processors.
        for pair in [[1, 2], [3, 4]] {
            let started = try pair.map { index in
                try Program.start(
                    arguments + ["--shard", "\(index)/4", "--output", scratch.path("shard\(index).h5")],
                    in: scratch.url)
            }
            for (process, _, errors) in started {
                process.waitUntilExit()
                let text = try String(contentsOf: errors, encoding: .utf8)
                #expect(process.terminationStatus == 0, "\(text)")
            }
        }
        var done = 0
        for (position, name) in shards.enumerated() {
            let record = try RunReader.read(scratch.path(name))
            #expect(record.shard == RunShard(index: position + 1, count: 4))
            #expect(record.isShardComplete && !record.isComplete)
            #expect(record.counts.done > 0, "\(name) has nothing to do")
            done += record.counts.done + record.counts.failed
        }
        let counts = try RunReader.read(scratch.path("single.h5")).counts
        #expect(done == counts.done + counts.failed, "an item was computed twice or not at all")
        // In any order.
        let merged = try merge([shards[2], shards[0], shards[3], shards[1]])
        #expect(merged.status == 0, "\(merged.errors)")
        #expect(merged.output == single.output)
        let record = try RunReader.read(scratch.path("merged.h5"))
        #expect(record.isComplete && record.shard == nil)
        let found = try contents(scratch.path("merged.h5"))
        #expect(Set(found.keys) == Set(expected.keys))
        for (key, value) in expected { #expect(found[key] == value, "\(key)") }
        // The merged file is one of the whole run.
        let resumed = try probe(arguments, ["--resume"], to: "merged.h5")
        #expect(resumed.status == 0, "\(resumed.errors)")
        #expect(try contents(scratch.path("merged.h5")) == expected)
    }

    @Test func mixedUpShardsAreRefused() throws {
        for (file, more) in [
            ("1of2.h5", ["--shard", "1/2"]), ("2of2.h5", ["--shard", "2/2"]), ("1of3.h5", ["--shard", "1/3"]),
            ("seed.h5", ["--shard", "2/2", "--seed", "1"]), ("whole.h5", []),
        ] {
            let result = try probe(few, more, to: file)
            #expect(result.status == 0, "\(result.errors)")
        }
        let cases: [(files: [String], status: Int32, words: [String])] = [
            (["1of2.h5", "seed.h5"], 65, ["seed.h5", "1of2.h5", "fingerprint"]),
            (["1of2.h5", "1of2.h5"], 65, ["1of2.h5", "attribute shard", "1 of 2 in both"]),
            (["2of2.h5", "1of3.h5"], 65, ["1of3.h5", "2of2.h5", "attribute shards: expected 2, found 3"]),
            (["1of2.h5", "whole.h5"], 65, ["whole.h5", "a whole run"]),
            (["1of2.h5"], 66, ["shard 2 of 2", "--partial"]),
            (["1of2.h5", "none.h5"], 66, ["none.h5"]),
        ]
        for (files, status, words) in cases {
            let result = try merge(files)
            #expect(result.status == status, "\(files): \(result.errors)")
            for word in words { #expect(result.errors.contains(word), "\(files): \(result.errors)") }
            #expect(!scratch.contents.contains("merged.h5"), "\(files)")
        }
        let onItself = try Program.run(
            ["merge", "1of2.h5", "2of2.h5", "--output", "2of2.h5", "--overwrite"], in: scratch.url)
        #expect(onItself.status == 64, "\(onItself.errors)")
        #expect(try merge(["1of2.h5", "2of2.h5"]).status == 0)
        #expect(try merge(["1of2.h5", "2of2.h5"]).status == 73)
        #expect(try merge(["1of2.h5", "2of2.h5"], ["--overwrite"]).status == 0)
        for text in ["0/2", "3/2", "2", "a/b", "1/"] {
            #expect(try probe(few, ["--shard", text], to: "none.h5").status == 64, "\(text)")
        }
        let other = try probe(few, ["--shard", "2/2", "--resume"], to: "1of2.h5")
        #expect(other.status == 73 && other.errors.contains("expected 2 of 2, found 1 of 2"), "\(other.errors)")
    }

    /// A partial merge holds what there is; the whole probe computes the rest.
    @Test func killedShardsResumeAndPartialMergesToo() throws {
        let plane = [
            "probe", "--windows", "64", "--variants", "pretrained", "--measures", "loss,plane", "--grid", "15x15",
            "--threads", "1", "--no-report",
        ]
        let single = try probe(plane, [], to: "single.h5")
        #expect(single.status == 0, "\(single.errors)")
        let expected = try contents(scratch.path("single.h5"))
        #expect(try probe(plane, ["--shard", "1/2"], to: "1.h5").status == 0)
        let (process, _, errors) = try Program.start(
            plane + ["--shard", "2/2", "--output", scratch.path("2.h5")], in: scratch.url)
        let limit = Date(timeIntervalSinceNow: 20)
        while process.isRunning, Date() < limit, try !String(contentsOf: errors, encoding: .utf8).contains("(1") {
            usleep(2_000)
        }
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal, "the shard was done before it was killed")
        let early = try merge(["1.h5", "2.h5"])
        #expect(early.status == 75 && early.errors.contains("2.h5: shard 2 of 2"), "\(early.errors)")
        let partial = try merge(["1.h5", "2.h5"], ["--partial"])
        #expect(partial.status == 0 && partial.errors.contains("pending"), "\(partial.errors)")
        #expect(try !RunReader.read(scratch.path("merged.h5")).isComplete)
        #expect(try probe(plane, ["--resume"], to: "merged.h5").status == 0)
        #expect(try contents(scratch.path("merged.h5")) == expected)
        #expect(try probe(plane, ["--shard", "2/2", "--resume"], to: "2.h5").status == 0)
        #expect(try merge(["1.h5", "2.h5"], ["--overwrite"]).status == 0)
        #expect(try contents(scratch.path("merged.h5")) == expected)
    }
}
