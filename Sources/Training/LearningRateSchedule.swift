import Foundation

/// How the learning rate changes, as a factor of the first one.
public enum LearningRateSchedule: Sendable, Equatable {
    /// No change.
    case constant
    /// What the published SFF code runs: 1, 1, 1/2, 1/4, … by epoch (its `adjust_learning_rate`, type 1, called at the end of
    /// every epoch with the number of the epoch that ends).
    case sff
    /// Timer's `LargeScheduler` of type 1, called at the end of every epoch with its index from 0: five epochs of 1, then
    /// 0.9, 0.81, …
    case timer
    /// Linear from 1/warmup to 1 over `warmup` steps, then half a cosine to `floor` at the last step. Timer's `cos_step` has
    /// 100 steps and 2e-6/1e-4 = 0.02.
    case cosine(warmup: Int, floor: Double)

    /// Where training stands.
    public struct Position: Sendable, Equatable {
        /// Epochs before this one.
        public var epoch: Int
        /// Steps before this one, since the beginning.
        public var step: Int
        /// Steps of the whole training.
        public var totalSteps: Int

        /// A position.
        public init(epoch: Int, step: Int, totalSteps: Int) {
            (self.epoch, self.step, self.totalSteps) = (epoch, step, totalSteps)
        }
    }

    /// The factor at a step.
    public func factor(_ position: Position) -> Double {
        switch self {
        case .constant: return 1
        case .sff: return pow(0.5, Double(max(0, position.epoch - 1)))
        case .timer: return pow(0.9, Double(max(0, position.epoch - 4)))
        case .cosine(let warmup, let floor):
            if position.step < warmup { return Double(position.step + 1) / Double(warmup) }
            let progress = Double(position.step - warmup) / Double(max(1, position.totalSteps - 1 - warmup))
            return floor + (1 - floor) * 0.5 * (1 + cos(.pi * min(1, progress)))
        }
    }

    /// Parses `constant`, `sff`, `timer`, `cosine` or `cosine:WARMUP`; `nil` for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        switch (parts[0], parts.count) {
        case ("constant", 1): self = .constant
        case ("sff", 1): self = .sff
        case ("timer", 1): self = .timer
        case ("cosine", 1): self = .cosine(warmup: 0, floor: 0.02)
        case ("cosine", 2):
            guard let warmup = Int(parts[1]), warmup >= 0 else { return nil }
            self = .cosine(warmup: warmup, floor: 0.02)
        default: return nil
        }
    }

    /// As it is parsed.
    public var name: String {
        switch self {
        case .constant: "constant"
        case .sff: "sff"
        case .timer: "timer"
        case .cosine(let warmup, _): warmup == 0 ? "cosine" : "cosine:\(warmup)"
        }
    }
}
