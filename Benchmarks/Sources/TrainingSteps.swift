import ArgumentParser
import Foundation
import Forecasters
import Networks
import Tensor
import Training

/// Times steps of training: batches of the workload's windows in their order, Adam, float32.
struct TrainingBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train", abstract: "Time steps of training by Adam, and say where they lead.")

    @OptionGroup var workload: Workload
    @Option(help: "Windows per step.") var step = 64
    @Option(help: "Steps of a counted run.") var steps = 12
    @Option(help: "Counted runs.") var repeats = 5

    func run() throws {
        let (model, weights, values) = try workload.read()
        Runtime.threadsOfVectors = workload.threads
        let data = TensorWindows(values, context: model.defaultContext(for: .forecast))
        let objective = TrainingObjective(
            model: model, task: .forecast, kind: .native, buffers: weights.buffers, workers: workload.threads)
        let start = FullParametrization(model.layout, start: weights.flat)
        let piece = TrainingSettings.defaultMicroBatch(step)
        var losses: [Double] = []
        let seconds = try medianTime(repeats) {
            let θ = try start.initial()
            let adam = try Adam(like: θ)
            losses = []
            for number in 0..<steps {
                let positions = (0..<step).map { (number * step + $0) % data.count }
                let (loss, gradient) = try objective.valueAndGradient(at: θ, start, data, positions, microBatch: piece)
                try adam.step(θ, gradient: gradient, learningRate: 1e-4)
                losses.append(loss)
            }
        }
        try report([
            "task": "train", "batch": step, "steps": steps, "seconds_per_step": seconds / Double(steps),
            "losses": losses,
        ])
    }
}
