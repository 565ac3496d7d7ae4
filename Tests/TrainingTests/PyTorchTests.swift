import Checkpoints
import Forecasters
import Foundation
import Networks
import OracleSupport
import Tensor
import Testing

@testable import Training

/// Fifty steps against the same loop in PyTorch, in float64.
@Suite struct PyTorchTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var schedule = "constant"
        var optimizer = "adam"
        var decay = 0.0
        var clip: Double?
        var train = "all"
        var sam = 0.0
        var startPenalty = 0.0

        var testDescription: String {
            "\(optimizer), \(schedule), decay \(decay), clip \(clip ?? 0), \(train), sam \(sam), l2sp \(startPenalty)"
        }
    }

    static let cases = [
        Case(), Case(schedule: "sff"), Case(schedule: "timer"), Case(schedule: "cosine:7"),
        Case(schedule: "sff", optimizer: "adamw", decay: 0.1), Case(schedule: "timer", optimizer: "adamw", decay: 0.1),
        Case(schedule: "cosine:7", optimizer: "adamw", decay: 0.1), Case(optimizer: "adamw", decay: 0.1),
        Case(decay: 0.1), Case(clip: 0.5), Case(train: "proj"), Case(sam: 0.05), Case(startPenalty: 0.3),
    ]

    @Test(
        .enabled(if: ChildProcess.python != nil, "needs .deps/oracle or LANDSCAPE_ORACLE_PYTHON"),
        arguments: cases)
    func fiftyStepsAreThoseOfPyTorch(_ one: Case) throws {
        let tiny = try TinyTimer()
        let settings = TrainingSettings(
            epochs: PyTorchTests.epochs, batch: 4, microBatch: 3, learningRate: PyTorchTests.rate,
            schedule: try #require(LearningRateSchedule(one.schedule)),
            optimizer: Adam.Settings(weightDecay: one.decay, isDecoupled: one.optimizer == "adamw"), clip: one.clip,
            samRadius: one.sam, startPenalty: one.startPenalty, seed: PyTorchTests.seed)
        let parametrization: any Parametrization = one.train == "all" ? tiny.full : try tiny.head()
        let state = try Trainer(
            tiny.objective(), parametrization, settings, training: tiny.data, validation: nil
        ).finished()
        #expect(state.step == 50)

        let reference = try #require(try PyTorchTests.references.get()[one.testDescription])
        let losses = zip(state.losses, reference.losses).map { abs($0 - $1) / $1 }.max()!
        let norms = zip(state.gradientNorms, reference.norms).map { abs($0 - $1) / $1 }.max()!
        let θ = try parametrization.flat(state.φ, tiny.model.layout)
        let layout = tiny.model.layout
        /// ‖a − b‖ but for the biases of keys: the loss does not depend on them, their gradient is rounding noise, and with L2-SP Adam
        /// turns that into steps of full length.
        func distance(_ a: Tensor, _ b: Tensor) throws -> Double {
            var total = 0.0
            for (index, parameter) in layout.parameters.enumerated()
            where !parameter.name.hasSuffix("key_projection.bias") {
                total += pow(
                    try (layout.views(of: a)[index] - layout.views(of: b)[index]).flattened().euclideanNorm(), 2)
            }
            return total.squareRoot()
        }
        #expect(layout.parameters.count { $0.name.hasSuffix("key_projection.bias") } == 2)
        let moved = try distance(reference.weights, tiny.weights.flat)
        let difference = try distance(θ, reference.weights) / moved
        // Training moved the weights by far more than the tolerance.
        #expect(moved > 1e-2)
        #expect(state.losses.count == 50 && reference.losses.count == 50)
        #expect(losses < 1e-7, "losses")
        #expect(norms < 1e-6, "norms")
        #expect(difference < 1e-7, "weights")
    }

    private struct Reference: Sendable {
        let losses: [Double]
        let norms: [Double]
        let weights: Tensor

        init(_ url: URL, _ layout: ParameterLayout) throws {
            let file = try SafetensorsFile(url)
            losses = try #require(try file.tensor("losses")).doubles
            norms = try #require(try file.tensor("norms")).doubles
            weights = try layout.flatten(layout.parameters.map { try file.tensor($0.name) }, dtype: .float64)
        }
    }

    private static let (epochs, rate, seed) = (25, 2e-3, UInt64(5))

    /// All cases in one process: importing PyTorch takes longer than training.
    private static let references = Result { try computeReferences() }

    private static func computeReferences() throws -> [String: Reference] {
        let tiny = try TinyTimer()
        let steps = try (0..<epochs).map { epoch -> [[Int]] in
            let order = try WindowOrder.shuffled(6, seed: seed, epoch: epoch)
            return [Array(order[0..<4]), Array(order[4..<6])]
        }
        let specifications = cases.map { one -> [String: Any] in
            [
                "steps": steps, "rate": rate, "schedule": one.schedule, "optimizer": one.optimizer,
                "decay": one.decay, "clip": one.clip ?? 0, "train": one.train, "sam": one.sam, "l2sp": one.startPenalty,
            ]
        }
        return try withTemporaryFolder { folder in
            for name in ["model.safetensors", "config.json"] {
                try FileManager.default.copyItem(
                    at: tiny.folder.appendingPathComponent(name), to: folder.appendingPathComponent(name))
            }
            try SafetensorsWriter.write(
                [SafetensorsWriter.Item(name: "windows", tiny.windows)],
                to: folder.appendingPathComponent("windows.safetensors"))
            try JSONSerialization.data(withJSONObject: specifications).write(
                to: folder.appendingPathComponent("specifications.json"))
            let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                .appendingPathComponent("Oracle/finetune.py")
            let outcome = try ChildProcess.run(try #require(ChildProcess.python), [script.path, folder.path])
            try #require(outcome.status == 0, "\(outcome.output)")
            var references: [String: Reference] = [:]
            for (number, one) in cases.enumerated() {
                references[one.testDescription] = try Reference(
                    folder.appendingPathComponent("out-\(number).safetensors"), tiny.model.layout)
            }
            return references
        }
    }
}
