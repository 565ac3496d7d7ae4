import ArgumentParser
import Foundation
import Training

/// How to train.
struct TrainingOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Passes over the training windows, in each phase.", valueName: "n"))
    var epochs: Int = 10

    @Option(help: ArgumentHelp("A bound of the steps of a phase, beyond that of --epochs.", valueName: "n"))
    var steps: Int?

    @Option(help: ArgumentHelp("Learning rate before the schedule.", valueName: "rate"))
    var learningRate: Double = 3e-5

    @Option(
        help: ArgumentHelp(
            "constant, sff (halved every epoch from the third), timer (five epochs, then × 0.9), or cosine[:WARMUP steps].",
            valueName: "name"), completion: .list(["constant", "sff", "timer", "cosine"]))
    var schedule: String = "sff"

    @Option(help: ArgumentHelp("adam or adamw.", valueName: "name"), completion: .list(["adam", "adamw"]))
    var optimizer: String = "adam"

    @Option(help: ArgumentHelp("Weight decay: an L2 penalty for adam, decoupled for adamw.", valueName: "number"))
    var weightDecay: Double = 0

    @Option(help: ArgumentHelp("Scale longer gradients to this norm.", valueName: "norm"))
    var clip: Double?

    @Option(help: ArgumentHelp("Stop after so many epochs without a better validation error.", valueName: "epochs"))
    var patience: Int?

    @Option(help: ArgumentHelp("The share of the training windows to use, evenly spread.", valueName: "share"))
    var ratio: Double = 1

    @Option(
        help: ArgumentHelp(
            "Windows whose graph a thread holds at once; gradients are accumulated. Half of --batch, at most 32, when absent.",
            valueName: "n"))
    var microBatch: Int?

    @Option(help: ArgumentHelp("Use every S-th validation window of every channel.", valueName: "s"))
    var validationStride: Int = 1

    @Option(help: ArgumentHelp("Use every S-th test window of every channel.", valueName: "s"))
    var testStride: Int = 1

    @Option(
        help: ArgumentHelp("Seed of the order of windows and of masks and noise; --seed when absent.", valueName: "n"))
    var trainingSeed: UInt64?

    func validate() throws {
        for (name, value) in [
            ("epochs", epochs), ("steps", steps), ("micro-batch", microBatch), ("patience", patience),
            ("validation-stride", validationStride), ("test-stride", testStride),
        ] {
            if let value, value < 1 { throw ValidationError("--\(name) must be at least 1.") }
        }
        if !(learningRate > 0 && learningRate.isFinite) {
            throw ValidationError("--learning-rate must be a positive number.")
        }
        if LearningRateSchedule(schedule) == nil {
            throw ValidationError("--schedule '\(schedule)': known are constant, sff, timer, cosine and cosine:WARMUP.")
        }
        if !["adam", "adamw"].contains(optimizer) {
            throw ValidationError("--optimizer '\(optimizer)': known are adam and adamw.")
        }
        if !(weightDecay >= 0 && weightDecay.isFinite) { throw ValidationError("--weight-decay must not be negative.") }
        if let clip, !(clip > 0) { throw ValidationError("--clip must be positive.") }
        if !(ratio > 0 && ratio <= 1) { throw ValidationError("--ratio must lie above 0 and at most 1.") }
    }

    /// The settings of a training.
    ///
    /// - Parameters:
    ///   - batch: windows per step.
    ///   - seed: where --training-seed is absent.
    func settings(batch: Int, seed: UInt64) -> TrainingSettings {
        TrainingSettings(
            epochs: epochs, maximumSteps: steps, batch: batch, microBatch: microBatch.map { min($0, batch) },
            learningRate: learningRate, schedule: LearningRateSchedule(schedule)!,
            optimizer: Adam.Settings(weightDecay: weightDecay, isDecoupled: optimizer == "adamw"), clip: clip,
            patience: patience, seed: trainingSeed ?? seed)
    }
}
