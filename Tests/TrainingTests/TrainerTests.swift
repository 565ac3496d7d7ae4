import Forecasters
import Foundation
import Networks
import Tensor
import Testing

@testable import Training

@Suite struct TrainerTests {
    static let settings = TrainingSettings(
        epochs: 4, batch: 4, microBatch: 2, learningRate: 2e-3, schedule: .constant, seed: 5)

    @Test func threadsChangeNoBit() throws {
        let tiny = try TinyTimer(.float32)
        let results = try [1, 3].map { workers in
            try Trainer(
                tiny.objective(workers: workers), tiny.full, TrainerTests.settings, training: tiny.data,
                validation: tiny.data
            ).finished()
        }
        #expect(try results[0].φ.doubles == results[1].φ.doubles)
        #expect(results[0].losses == results[1].losses && results[0].epochs == results[1].epochs)
        #expect(try results[0].φ.doubles != tiny.weights.flat.doubles)
    }

    @Test func piecesAreAccumulated() throws {
        let tiny = try TinyTimer()
        let pieces = try [1, 2, 3, 6].map { size in
            try tiny.objective().valueAndGradient(
                at: tiny.weights.flat, tiny.full, tiny.data, [0, 1, 2, 3, 4, 5], microBatch: size)
        }
        for other in pieces.dropLast() {
            #expect(abs(other.loss - pieces[3].loss) < 1e-13)
            #expect(
                try (other.gradient - pieces[3].gradient).euclideanNorm() < 1e-12 * pieces[3].gradient.euclideanNorm())
        }
    }

    /// Stopped again and again, between steps and in validation, stored, read and continued.
    ///
    /// - Parameter questions: answered with no before a yes; two are asked in a validation, which begins anew.
    @Test(arguments: [2, 5]) func storedAndContinuedGivesTheSameBits(_ questions: Int) throws {
        let tiny = try TinyTimer(.float32)
        var settings = TrainerTests.settings
        settings.schedule = .cosine(warmup: 2, floor: 0.1)
        let whole = try Trainer(
            tiny.objective(), tiny.full, settings, training: tiny.data, validation: tiny.data
        ).finished()
        try withTemporaryFolder { folder in
            let file = folder.appendingPathComponent("state.safetensors")
            var state = try TrainingState(tiny.full, settings)
            var rounds = 0
            while !state.isFinished {
                rounds += 1
                let calls = Calls(limit: questions)
                let trainer = Trainer(
                    tiny.objective(), tiny.full, settings, training: tiny.data, validation: tiny.data,
                    shouldStop: { calls.isSpent() })
                do { try trainer.run(&state) { _, _ in } } catch TrainingError.interrupted {}
                try TrainingCheckpoint.write(state, fingerprint: "a", to: file)
                state =
                    try TrainingCheckpoint(reading: file, fingerprint: "a", optimizer: settings.optimizer).state
            }
            #expect(rounds > 2)
            #expect(try state.φ.doubles == whole.φ.doubles && state.result.doubles == whole.result.doubles)
            #expect(state.losses == whole.losses && state.epochs == whole.epochs)
            #expect(state.gradientNorms == whole.gradientNorms)
            #expect(throws: TrainingError.self) {
                try TrainingCheckpoint(reading: file, fingerprint: "b", optimizer: settings.optimizer)
            }
        }
    }

    @Test func theBestEpochIsTakenAndPatienceEnds() throws {
        let tiny = try TinyTimer()
        var settings = TrainerTests.settings
        settings.learningRate = 0.5
        settings.epochs = 30
        settings.patience = 3
        let state = try Trainer(
            tiny.objective(), tiny.full, settings, training: tiny.data, validation: tiny.data
        ).finished()
        let losses = try state.epochs.map { try #require($0.validationLoss) }
        let best = try #require(state.best)
        #expect(best.validationLoss == losses.min() && losses[best.epoch - 1] == best.validationLoss)
        #expect(state.epochs.count == best.epoch + 3 && state.epochs.count < 30)
        let again = try tiny.objective().validationLoss(at: state.result, tiny.data, batch: 4)
        #expect(again == best.validationLoss)
    }

    @Test func divergenceNamesStepAndRate() throws {
        let tiny = try TinyTimer(.float32)
        var settings = TrainerTests.settings
        settings.learningRate = 1e30
        let trainer = Trainer(tiny.objective(), tiny.full, settings, training: tiny.data, validation: nil)
        var state = try TrainingState(tiny.full, settings)
        let error = #expect(throws: TrainingError.self) { try trainer.run(&state) { _, _ in } }
        guard case .diverged(let what, let step, _, let rate, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(what == "the loss" && step == 2 && rate == 1e30 && state.step == 1)
    }

    @Test func aBoundOfStepsEndsInTheMiddle() throws {
        let tiny = try TinyTimer()
        var settings = TrainerTests.settings
        settings.maximumSteps = 3
        let state = try Trainer(
            tiny.objective(), tiny.full, settings, training: tiny.data, validation: tiny.data
        ).finished()
        #expect(state.step == 3 && state.epochs.map(\.steps) == [2, 3])
    }
}

/// Counts questions and says yes after some of them.
final class Calls: @unchecked Sendable {
    private let lock = NSLock()
    private var count: Int

    init(limit: Int) { count = limit }

    func isSpent() -> Bool {
        lock.withLock {
            count -= 1
            return count < 0
        }
    }
}
