import Archive
import Foundation
import Testing

/// A number depends on what it measures, and on nothing that should not matter: what else ran, the order of variants, how many
/// windows a batch holds. (The number of threads: ProbeTests, SharpnessTests, PlaneRunTests; of processes: RankTests.)
@Suite struct IndependenceTests {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try scratch.writeSeries()
    }

    private static let common = [
        "--windows", "6", "--eigen", "1", "--tolerance", "0.05", "--samples", "4", "--diagonal-probes", "2",
        "--density-probes", "2", "--density-steps", "6", "--points", "3", "--convexity-grid",
        "2x1", "--theory-points", "2", "--theory-probes", "2", "--no-report", "--quiet",
    ]
    private static let measures = [
        "loss", "gradient", "eigen", "trace", "diagonal", "density", "preconditioned", "sharpness", "line", "path",
        "plane", "volume", "theory", "convexity",
    ]

    /// Measures with the options that only some of them take.
    private static func choose(_ measures: [String]) -> [String] {
        ["--measures", measures.joined(separator: ",")]
            + ["--grid", measures.contains("volume") ? "3x2,2x2x2" : "3x2"]
            + (measures.contains("sharpness") ? ["--sharpness", "sam,asam,average,quadratic_form"] : [])
    }

    private func run(_ name: String, _ arguments: [String]) throws -> RunRecord {
        let result = try Program.run(
            [
                "probe", "--weights", TinyCheckpoints.weights("timer"), "--data", scratch.path("series.csv"),
                "--output", scratch.path(name),
            ] + Self.common + arguments, in: scratch.url)
        #expect(result.status == 0, "\(name): \(result.errors)")
        return try RunReader.read(scratch.path(name))
    }

    /// All numbers of a record, by what they are; without attributes that tell of the comparison or of time.
    private func numbers(_ record: RunRecord, without ignored: Set<String> = []) -> [String: [Double]] {
        var found: [String: [Double]] = [:]
        for variant in record.variants {
            for scalar in variant.scalars {
                found["\(variant.name) \(scalar.path)"] = [scalar.value, scalar.standardError]
            }
            for array in variant.arrays {
                found["\(variant.name) \(array.path)"] = array.values
                for column in array.companions + array.dimensions {
                    found["\(variant.name) \(array.path) \(column.name)"] = column.values
                }
            }
            for grid in variant.grids {
                for (axis, values) in zip(grid.kind.axes, grid.coordinates) {
                    found["\(variant.name) \(grid.id) \(axis)"] = values
                }
                for column in grid.columns where !ignored.contains(column.name) {
                    found["\(variant.name) \(grid.id) \(column.name)"] = column.values
                }
            }
        }
        return found
    }

    private func bits(_ values: [Double]) -> [UInt64] { values.map(\.bitPattern) }

    /// A measure alone gives the bits that it gives among all others.
    @Test func measuresAloneOrTogether() throws {
        let variants = ["--variants", "pretrained,sff:0.5", "--batch", "6"]
        let together = numbers(
            try run("together.h5", variants + Self.choose(Self.measures)))
        var seen: Set<String> = []
        for measure in Self.measures {
            let alone = numbers(try run("\(measure).h5", variants + Self.choose([measure])))
            #expect(!alone.isEmpty, "\(measure)")
            for (key, values) in alone {
                #expect(together[key].map(bits) == bits(values), "\(measure) alone: \(key)")
                seen.insert(key)
            }
        }
        #expect(seen == Set(together.keys))
    }

    /// Variants in another order have the same numbers; only what compares with the first one differs.
    @Test func orderOfVariants() throws {
        let measures = Self.choose(Self.measures) + ["--batch", "6"]
        let differences: Set<String> = ["difference", "difference_error"]
        let one = numbers(
            try run("one.h5", measures + ["--variants", "pretrained,scratch,sff:0.5"]), without: differences)
        let other = numbers(
            try run("other.h5", measures + ["--variants", "sff:0.5,pretrained,scratch"]), without: differences)
        #expect(Set(one.keys) == Set(other.keys))
        for (key, values) in one { #expect(other[key].map(bits) == bits(values), "\(key)") }
    }

    /// With other batches sums are split differently: equal but for rounding, which float64 makes small. What a batch is a part
    /// of by definition is left out: the preconditioner and m-sharpness.
    @Test func sizeOfBatches() throws {
        let measures = [
            "--measures", Self.measures.filter { $0 != "preconditioned" }.joined(separator: ","), "--precision",
            "float64",
            "--variants", "pretrained,sff:0.5", "--tolerance", "1e-5",
        ]
        let few = numbers(try run("few.h5", measures + ["--batch", "4"]))
        let all = numbers(try run("all.h5", measures + ["--batch", "6"]))
        #expect(Set(few.keys) == Set(all.keys))
        for (key, values) in few {
            // Residuals are differences of nearly equal vectors, and say themselves how small they are; `negative` counts entries
            // beyond a threshold, which rounding can cross.
            guard !["residual", "m_sharpness", " negative"].contains(where: key.contains) else { continue }
            let others = try #require(all[key])
            let scale = (values + others).filter(\.isFinite).map(abs).max() ?? 1
            for (a, b) in zip(values, others) where !(a.isNaN && b.isNaN) {
                #expect(abs(a - b) <= 1e-8 * scale, "\(key): \(a) and \(b)")
            }
        }
    }
}
