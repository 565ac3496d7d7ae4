import Archive
import Foundation
import Testing

/// `--direction-seeds` on planes and volumes through the built program.
@Suite struct DirectionSeedTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func probe(_ more: [String], file: String) throws -> Program.Result {
        try Program.run(
            ["probe", "--windows", "6", "--no-report", "--quiet", "--output", scratch.path(file)] + more,
            in: scratch.url)
    }

    private func run(_ more: [String], file: String = "run.h5") throws -> VariantRecord {
        let result = try probe(more + ["--variants", "pretrained"], file: file)
        #expect(result.status == 0, "\(result.errors)")
        return try RunReader.read(scratch.path(file)).variants[0]
    }

    private func columns(_ grid: GridRecord?) throws -> [String: [Double]] {
        let grid = try #require(grid)
        return Dictionary(uniqueKeysWithValues: grid.columns.map { ($0.name, $0.values) })
    }

    /// The first set is the slice without --direction-seeds, bit by bit; the second set of a plane begins with the direction that a line draws as
    /// its third, and that of a volume with the fourth. Along y = z = 0 the losses are those of lines, which leave one direction more each.
    @Test func setsAreDrawnLikeLines() throws {
        let points = ["--points", "3", "--precision", "float64"]
        let grids = points + ["--grid", "3x3,3x3x1"]
        let one = try run(grids + ["--measures", "plane,volume"], file: "one.h5")
        let two = try run(grids + ["--measures", "plane,volume", "--direction-seeds", "2"], file: "two.h5")
        let lines = try (2...4).map { count in
            try columns(
                run(points + ["--measures", "line", "--direction-seeds", "\(count)"], file: "l\(count).h5").line(
                    "random"))
        }
        for (id, line) in [(GridID.plane("random"), 0), (.volume("random"), 1)] {
            let (alone, several) = (try columns(one.grid(id)), try columns(two.grid(id)))
            #expect(several["loss"] == alone["loss"] && several["standard_error"] == alone["standard_error"])
            let (loss, mean) = (try #require(several["loss"]), try #require(several["directions_mean"]))
            let deviation = try #require(several["directions_deviation"])
            for index in loss.indices {
                let other = 2 * mean[index] - loss[index]
                #expect(abs(deviation[index] - abs(loss[index] - other) / 2.0.squareRoot()) < 1e-12)
                #expect(abs(try #require(several["directions_min"])[index] - min(loss[index], other)) < 1e-12)
                #expect(abs(try #require(several["directions_max"])[index] - max(loss[index], other)) < 1e-12)
            }
            #expect(deviation[4] == 0 && deviation[0] > 0)
            let (fewer, more) = (
                try #require(lines[line]["directions_mean"]), try #require(lines[line + 1]["directions_mean"])
            )
            for index in 0..<3 {
                let added = Double(line + 3) * more[index] - Double(line + 2) * fewer[index]
                #expect(abs(2 * mean[3 + index] - loss[3 + index] - added) < 1e-11)
            }
        }
    }

    /// Shards and ranks of work divide points, each with all its directions; what was stopped goes on; the plan counts every evaluation and vector.
    @Test func shardsResumeAndPlans() throws {
        let arguments = [
            "--measures", "plane", "--grid", "4x3", "--direction-seeds", "3", "--variants", "pretrained,sff:0.7",
            "--axes", "sff", "--orthogonal", "--threads", "1",
        ]
        #expect(try probe(arguments, file: "whole.h5").status == 0)
        let expected = try contents(scratch.path("whole.h5"))
        for index in 1...2 {
            #expect(try probe(arguments + ["--shard", "\(index)/2"], file: "\(index).h5").status == 0)
        }
        let merged = try Program.run(
            ["merge", scratch.path("1.h5"), "--partial", "--quiet", "--output", scratch.path("part.h5")],
            in: scratch.url)
        #expect(merged.status == 0, "\(merged.errors)")
        #expect(try RunReader.read(scratch.path("part.h5")).counts.pending == 12)
        #expect(try probe(arguments + ["--resume"], file: "part.h5").status == 0)
        #expect(try contents(scratch.path("part.h5")) == expected)
        let all = try Program.run(
            ["merge", "1.h5", "2.h5", "--quiet", "--output", scratch.path("merged.h5")], in: scratch.url)
        #expect(all.status == 0, "\(all.errors)")
        #expect(try contents(scratch.path("merged.h5")) == expected)

        let plan = try probe(arguments + ["--dry-run", "--json"], file: "plan.h5")
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(plan.output.utf8)) as? [String: Any], "\(plan.errors)")
        #expect(object["forward"] as? Int == 2 + 2 * 3 * 12)
        let weights = try #require(object["parameters"] as? Int) * 4
        // Three pairs of axes and a buffer; around the second variant θ₁ and θ₂ are gone by then.
        #expect((object["memory"] as? [String: Int])?["vector_bytes"] == 7 * weights)
        let refused = try probe(
            ["--measures", "plane", "--direction-seeds", "2", "--adaptive", "0.1"], file: "refused.h5")
        #expect(refused.status == 64 && refused.errors.contains("not both"), "\(refused.errors)")
    }
}
