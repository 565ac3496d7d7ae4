import Forecasters
import Tensor

/// Windows to learn from, by position.
public protocol TrainingData: Sendable {
    /// How many there are.
    var count: Int { get }
    /// The windows at some positions as one batch, in the precision of the training.
    ///
    /// - Parameter epoch: from 0; random numbers and masks of a window may differ from epoch to epoch.
    func batch(_ positions: [Int], epoch: Int) throws -> WindowBatch
}

/// In which order windows are taken, and which.
public enum WindowOrder {
    /// The order of an epoch: a permutation drawn by seed and epoch.
    public static func shuffled(_ count: Int, seed: UInt64, epoch: Int) throws(TensorError) -> [Int] {
        let keys = try RandomStream(seed: seed, "window-order", epoch).uniform([count]).doubles
        return (0..<count).sorted { (keys[$0], $0) < (keys[$1], $1) }
    }

    /// A share of the positions `0..<count`, evenly spread: ⌊i · count / n⌋ for i = 0, …, n − 1 with n = round(ratio · count), at least 1.
    ///
    /// Every channel and season is in it. The published code takes a stride of ⌊1/ratio⌋ instead, so that its ratio of 0.75 sees only
    /// the first three quarters of the list, whole channels missing.
    public static func evenly(_ count: Int, ratio: Double) -> [Int] {
        precondition(ratio > 0 && ratio <= 1, "a share of the windows")
        let wanted = max(1, min(count, Int((ratio * Double(count)).rounded())))
        return (0..<wanted).map { $0 * count / wanted }
    }
}
