import Archive
import Foundation
import Testing

@testable import Reports

@Suite struct ExperimentSummaryTests {
    @Test func studentsDistributionInClosedForm() {
        for t in [0.0, 0.1, 1, 2.5, 12.706, 1e4] {
            // One degree of freedom is Cauchy's distribution; two have an elementary form as well.
            let one = 1 - 2 / Double.pi * atan(t)
            let two = 1 - t / (2 + t * t).squareRoot()
            #expect(abs(StudentDistribution.twoSided(t, degreesOfFreedom: 1) - one) < 1e-12)
            #expect(abs(StudentDistribution.twoSided(-t, degreesOfFreedom: 2) - two) < 1e-12)
        }
        // Tables: the 97.5 % quantiles of 5, 30 and 1000 degrees of freedom.
        for (ν, t) in [(5, 2.570_581_836), (30, 2.042_272_456), (1000, 1.962_339_081)] {
            #expect(abs(StudentDistribution.twoSided(t, degreesOfFreedom: ν) - 0.05) < 1e-9)
        }
        #expect(StudentDistribution.twoSided(.infinity, degreesOfFreedom: 3) == 0)
        #expect(StudentDistribution.twoSided(.nan, degreesOfFreedom: 3).isNaN)
    }

    @Test func ranksAndTheirCorrelation() throws {
        #expect(RankCorrelation.ranks([3, 1, 4, 1, 5]) == [3, 1.5, 4, 1.5, 5])
        let rising = try #require(RankCorrelation([(1, 1), (2, 8), (3, 27), (4, 64)]))
        #expect(rising.value == 1 && rising.count == 4 && rising.probability == 0)
        // 1 − 6 Σ d² / (n (n² − 1)) without ties: d = 1, 1, 0, 2, 2.
        let mixed = try #require(RankCorrelation([(1, 2), (2, 1), (3, 3), (4, 6), (6, 4), (.nan, 1), (5, 5)]))
        let squares: Double = 1 + 1 + 0 + 4 + 4 + 0
        #expect(abs(mixed.value - (1 - 6 * squares / (6 * 35))) < 1e-12 && mixed.count == 6)
        #expect(RankCorrelation([(1, 2), (2, 3)]) == nil)
        #expect(try #require(RankCorrelation([(1, 2), (1, 3), (1, 4)])).value.isNaN)
    }

    @Test func differencesHaveTheErrorOfBothKindsOfSeeds() throws {
        // Rows have the means 2 and 4, columns 2, 3 and 4: s²/n = 1 and 1/3; two seeds are the smaller number.
        let both = try #require(ExperimentSummary.Difference([[1, 2, 3], [3, 4, 5]]))
        let error = (1 + 1.0 / 3).squareRoot()
        #expect(both.interval.difference == 3)
        #expect(abs(both.interval.high - (3 + 12.706_204_736 * error)) < 1e-6)
        #expect(abs(both.probability - (1 - 2 / Double.pi * atan(3 / error))) < 1e-12)
        // One auxiliary seed: an ordinary paired test.
        let one = try #require(ExperimentSummary.Difference([[1, 2, 3]]))
        #expect(abs(one.interval.high - (2 + 4.302_652_730 / 3.0.squareRoot())) < 1e-6)
        #expect(ExperimentSummary.Difference([[1]]) == nil)
        #expect(ExperimentSummary.Difference([[1, .nan]]) == nil)
    }

    /// A file of two strategies and two kinds of seeds.
    @Test func tablesAndDocumentSayTheSame() throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("experiment-\(UUID().uuidString).h5")
            .path
        defer { try? FileManager.default.removeItem(atPath: path) }
        var variants: [VariantPlan] = []
        var values: [String: (mse: Double, start: Double)] = [:]
        func add(_ strategy: String, _ a: Int, _ t: Int, _ mse: Double, _ start: Double) {
            let name = "m/d/\(strategy)/a\(a)/t\(t)"
            values[name] = (mse, start)
            variants.append(
                VariantPlan(
                    name: name, kind: strategy, weightsSHA256: "", parameters: 1,
                    attributes: [
                        "model": "m", "data": "d", "strategy": .string(strategy), "auxiliary_seed": .string("\(a)"),
                        "training_seed": .string("\(t)"),
                    ],
                    scalars: [
                        ScalarPlan(path: "start/loss", longName: "loss"),
                        ScalarPlan(path: "test/mse_12", longName: "mse"),
                    ]))
        }
        for t in 0...1 { add("full", 0, t, 1 + Double(t), 5) }
        for a in 0...1 { for t in 0...1 { add("sff:0.7", a, t, 2 + Double(t) + Double(a), 6 + Double(a)) } }
        let plan = RunPlan(
            title: "x", command: "c", seed: 0, manifestJSON: "{}", fingerprint: "f",
            attributes: ["experiment": 1, "reference": "full"], variants: variants)
        let file = try RunFile.create(at: path, plan: plan)
        for (name, value) in values {
            try file.setScalar(variant: name, path: "start/loss", value: value.start)
            try file.setScalar(variant: name, path: "test/mse_12", value: value.mse)
        }
        try file.complete()
        try file.close()
        let summary = ExperimentSummary(try RunReader.read(path))
        let rows = summary.tables[0].rows
        #expect(rows.map { $0[0] } == ["m on d", "full", "sff:0.7"])
        #expect(rows[1][1...2] == ["2", "1.5 ± 0.7071"] && rows[1][3] == "–")
        // SFF is worse by 1 or 2, according to the auxiliary seed alone.
        #expect(rows[2][1] == "4" && rows[2][3] == "1.5")
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(summary.json().utf8)) as? [String: Any])
        let results = try #require(document["results"] as? [[String: Any]])
        let metric = try #require((results[0]["metrics"] as? [[String: Any]])?.first)
        let strategies = try #require(metric["strategies"] as? [[String: Any]])
        #expect(strategies[1]["mean"] as? Double == 3)
        #expect((strategies[1]["difference"] as? [String: Any])?["value"] as? Double == 1.5)
        let ranks = try #require((metric["rank_correlations"] as? [[String: Any]])?.first)
        #expect(ranks["measure"] as? String == "loss" && ranks["fine_tunings"] as? Int == 6)
    }
}
