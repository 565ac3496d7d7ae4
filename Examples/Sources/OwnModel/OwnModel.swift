import Archive
import Foundation
import Krylov
import Landscape
import Reports
import Tensor

/// Trains a small network and measures the landscape of its loss around the weights before and after.
@main
struct OwnModel {
    static func main() throws {
        // One thread for each operator; the batches and points are spread over all cores.
        try Runtime.configureForIndependentWorkers()

        let rows = try String(contentsOfFile: "data/tides.csv", encoding: .utf8).split(separator: "\n").dropFirst()
        let heights = rows.compactMap { $0.split(separator: ",").last.flatMap { Double($0) } }
        let loss = try TideNetwork(series: heights)
        let objective = try Objective(
            loss, dtype: .float64, workers: ProcessInfo.processInfo.activeProcessorCount)

        let start = try loss.layout.sample(seed: 1, purpose: "start", dtype: .float64)
        let trained = try descend(objective, from: start, steps: 300, learningRate: 0.1)
        try objective.verifyDeterminism(at: trained)

        let study = Study(objective: objective, points: [("start", start), ("trained", trained)])
        try study.run(writing: "own-model.h5")
        let report = try Report.write(
            from: "own-model.h5", to: URL(fileURLWithPath: "own-model-report"), formats: [.svg])
        print("\(report.figures.count) figures in own-model-report/report.html")
    }

    /// Gradient descent, for which a gradient and a sum are enough.
    static func descend(
        _ objective: Objective, from start: Tensor, steps: Int, learningRate: Double
    ) throws -> Tensor {
        var θ = start
        for _ in 0..<steps { θ = try θ.adding(objective.gradient(at: θ), times: -learningRate) }
        return θ
    }
}
