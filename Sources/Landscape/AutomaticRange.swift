import Tensor

/// The distance along some directions at which the loss has risen by a factor: a range in which slices show something.
public struct AutomaticRange: Sendable, Equatable {
    /// The distance: slices go from −radius to radius.
    public let radius: Double
    /// Loss evaluations it took.
    public let evaluations: Int
    /// Whether the loss really rises so far there; false where no distance tried was enough, or the smallest was too much.
    public let isReached: Bool

    /// Searches the smallest radius r with L(θ ± r d) ≥ L(θ) + (factor − 1)|L(θ)| for one of the directions d and signs.
    ///
    /// Doubling or halving from 1, then bisection to 5 %. Losses that are not finite count as risen. On a loss that is not monotone along the
    /// directions it is one such radius.
    ///
    /// Cost: two forward passes for each direction and radius, about 10 radii as a rule, at most 26.
    ///
    /// - Parameter factor: above 1.
    public init(_ objective: Objective, at θ: Tensor, along directions: [Tensor], factor: Double) throws {
        precondition(factor > 1, "the loss must rise")
        let start = try objective.loss(at: θ).mean
        let threshold = start + (factor - 1) * max(abs(start), .leastNormalMagnitude)
        var count = 1
        func isRisen(_ radius: Double) throws -> Bool {
            for direction in directions {
                for sign in [1.0, -1] {
                    let value = try objective.loss(at: try θ.adding(direction, times: sign * radius)).mean
                    count += 1
                    if !value.isFinite || value >= threshold { return true }
                }
            }
            return false
        }
        let limit = 20
        var (low, high) = (1.0, 1.0)
        var steps = 0
        if try isRisen(1) {
            repeat {
                high = low
                low /= 2
                steps += 1
            } while try steps < limit && isRisen(low)
        } else {
            repeat {
                low = high
                high *= 2
                steps += 1
            } while try steps < limit && !isRisen(high)
        }
        isReached = steps < limit
        if isReached {
            while high / low > 1.05 {
                let middle = (low * high).squareRoot()
                if try isRisen(middle) { high = middle } else { low = middle }
            }
        }
        radius = high
        evaluations = count
    }
}
