import Archive
import Foundation
import OracleSupport
import Testing

/// Every family from its tiny checkpoint through the whole program.
@Suite struct FamilyTests {
    @Test(arguments: TinyCheckpoints.all)
    func everyMeasureOnTheTinyCheckpoint(_ folder: String) throws {
        let scratch = try Scratch()
        try scratch.writeSeries()
        var outcomes: [[String]] = []
        var first = ""
        // Sharpness on one and two threads is compared where all of its measures are: SharpnessRunTests.
        let measures = runsSlowTests ? "loss,gradient,eigen,trace,line,path,plane" : "loss,gradient,plane"
        for (threads, choice) in [("1", []), ("2", ["--measures", measures])] {
            let result = try Program.run(
                [
                    "probe", "--weights",
                    TinyCheckpoints.weights(folder),
                    "--data", scratch.path("series.csv"), "--windows", "4", "--grid", "3x3", "--points", "3",
                    "--samples", "2", "--variants", "pretrained,sff:0.7",
                    "--eigen", "1", "--tolerance", "0.05", "--precision", "float64", "--json", "--no-report", "--quiet",
                    "--overwrite", "--threads", threads, "--output", scratch.path("run.h5"),
                ] + choice, in: scratch.url)
            #expect(result.status == 0, "\(result.errors)")
            if choice.isEmpty { first = result.output }
            let record = try RunReader.read(scratch.path("run.h5"))
            outcomes.append(
                record.variants.flatMap { variant in
                    let compared = runsSlowTests ? "curvature/" : "gradient_norm"
                    return variant.scalars.filter {
                        $0.path == "loss" || $0.path == "gradient_norm" || $0.path.hasPrefix(compared)
                    }
                    .map { "\(variant.name) \($0.path) \($0.value)" }
                        + variant.planes.map { "\(variant.name) \($0.column("loss") ?? [])" }
                })
        }
        #expect(outcomes[0] == outcomes[1], "one and two threads give the same bits")
        let document = try #require(try JSONSerialization.jsonObject(with: Data(first.utf8)) as? [String: Any])
        let variants = try #require(document["variants"] as? [[String: Any]])
        #expect(variants.count == 2 && document["complete"] as? Bool == true)
        for variant in variants {
            #expect((variant["loss"] as? [String: Any])?["value"] is Double)
            #expect(variant["gradient_norm"] is Double)
            #expect(((variant["eigenvalues"] as? [[String: Any]])?.first)?["value"] is Double)
        }
    }
}
