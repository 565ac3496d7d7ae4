/// What can end a training.
public enum TrainingError: Error, CustomStringConvertible, Sendable, Equatable {
    /// Loss, gradient or weights are not finite.
    ///
    /// - `what`: which of them. `step`: from 1. `lastGood`: where the last finite state is stored, if it is.
    case diverged(what: String, step: Int, epoch: Int, learningRate: Double, lastGood: String?)
    /// The user asked to stop.
    case interrupted
    /// A stored state is not one of this training.
    case foreignState(file: String, problem: String)
    /// There is nothing to train.
    case nothingToTrain(String)

    /// The message for people.
    public var description: String {
        switch self {
        case .diverged(let what, let step, let epoch, let learningRate, let lastGood):
            "training diverged at step \(step) (epoch \(epoch)): \(what) is not finite at learning rate \(learningRate); "
                + (lastGood.map { "the last good state is \($0); " } ?? "no state was stored before; ")
                + "use a smaller learning rate or --clip"
        case .interrupted: "stopped on request"
        case .foreignState(let file, let problem):
            "\(file): \(problem); give another --output, or --overwrite to begin anew"
        case .nothingToTrain(let why): why
        }
    }
}
