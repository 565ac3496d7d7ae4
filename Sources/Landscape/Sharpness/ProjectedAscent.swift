import Tensor

/// Auto-PGD: ascent with momentum inside a ball, with a step size that halves when progress stalls.
///
/// Source: Croce & Hein, ICML 2020, arXiv 2003.01690, algorithm 1, as Andriushchenko et al. (arXiv 2302.07011) use it for sharpness:
///
///     z = P(x + η d(∇)),  x' = P(x + ¾(z − x) + ¼(x − x_before)),
///
/// with d(∇) = ∇/‖∇‖₂ in an ℓ₂ ball and sign ∇ in an ℓ∞ ball, and η = 2ρ at first. Starts at the centre, so that the first
/// step is the one-step maximiser; deterministic. The point with the largest loss is the result.
/// Cost: `steps` gradients and one forward pass.
struct ProjectedAscent {
    /// The ball.
    enum Ball { case euclidean, box }

    /// Its radius in the coordinates x.
    let radius: Double
    let ball: Ball
    let steps: Int

    /// How coordinates x map to displacements of θ, and gradients back.
    struct Map {
        /// δ(x), linear.
        let displacement: (Tensor) throws -> Tensor
        /// The gradient with respect to x.
        let pullback: (Tensor) throws -> Tensor

        /// δ = c ∘ x.
        static func scaled(by factors: Tensor) -> Map {
            Map(displacement: { try $0 * factors }, pullback: { try $0 * factors })
        }
    }

    /// Climbs from the point.
    ///
    /// - Parameter zero: x = 0.
    func run(_ point: SharpnessPoint, _ map: Map, zero: Tensor) throws -> LossValue {
        let objective = point.objective
        var (x, before) = (zero, zero)
        var gradient = try map.pullback(point.gradient)
        var loss = point.loss.mean
        var best = (value: point.loss.mean, x: zero, gradient: gradient, loss: point.loss)
        var η = 2 * radius
        var checkpoints = ProjectedAscent.checkpoints(steps)
        var lastCheck = (step: 0, best: best.value, η: η)
        var improvements = 0
        for step in 0..<steps {
            let ahead = try projected(try x.adding(direction(gradient), times: η))
            var next = ahead
            if step > 0 {
                next = try x.adding(try ahead - x, times: 0.75)
                next = try projected(try next.adding(try x - before, times: 0.25))
            }
            (before, x) = (x, next)
            let displaced = try point.θ + map.displacement(x)
            let reached: LossValue
            if step + 1 < steps {
                let found = try objective.valueAndGradient(at: displaced)
                reached = found.loss
                gradient = try map.pullback(found.gradient)
            } else {
                reached = try objective.loss(at: displaced)
            }
            if reached.mean > loss { improvements += 1 }
            loss = reached.mean
            if reached.mean > best.value { best = (reached.mean, x, gradient, reached) }
            guard reached.mean.isFinite else { break }
            if checkpoints.first == step + 1 {
                checkpoints.removeFirst()
                let few = Double(improvements) < 0.75 * Double(step + 1 - lastCheck.step)
                let stuck = lastCheck.η == η && lastCheck.best == best.value
                let η0 = η
                if few || stuck {
                    η /= 2
                    (x, before, gradient, loss) = (best.x, best.x, best.gradient, best.value)
                }
                lastCheck = (step + 1, best.value, η0)
                improvements = 0
            }
        }
        return best.loss
    }

    /// Where the step size is looked at: after 22 % of the steps, then at intervals that shrink by 3 % down to 6 %.
    private static func checkpoints(_ steps: Int) -> [Int] {
        var (last, present) = (0.0, 0.22)
        var result: [Int] = []
        while present < 1 {
            let step = Int((present * Double(steps)).rounded(.up))
            if step > result.last ?? 0 { result.append(step) }
            (last, present) = (present, present + max(present - last - 0.03, 0.06))
        }
        return result
    }

    private func direction(_ gradient: Tensor) throws -> Tensor {
        switch ball {
        case .box: return try gradient.sign()
        case .euclidean:
            let norm = try gradient.euclideanNorm()
            return norm > 0 ? try gradient * (1 / norm) : gradient
        }
    }

    private func projected(_ x: Tensor) throws -> Tensor {
        switch ball {
        case .box: return try x.clamped(above: radius).clamped(below: -radius)
        case .euclidean:
            let norm = try x.euclideanNorm()
            return norm > radius ? try x * (radius / norm) : x
        }
    }
}
