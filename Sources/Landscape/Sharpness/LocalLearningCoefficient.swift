import Foundation
import Synchronization
import Tensor

/// The local learning coefficient λ̂ = nβ (E L(w) − L(θ)), w drawn around θ from exp(−nβ κL(w) − ½γ‖w − θ‖²), β = 1/ln n.
///
/// Source: Lau, Furman, Wang, Murfet & Wei, AISTATS 2025, arXiv 2308.12108, section 4: how fast the volume of nearly equal loss around a minimum
/// shrinks; d/2 for a regular model with d parameters, less for a degenerate one. w is drawn by stochastic gradient Langevin dynamics in several chains,
///
///     w ← w − ½ε (nβ κ∇L_b(w) + γ(w − θ)) + N(0, ε),
///
/// with one random batch b per step; the loss is compared with that of the same batch at θ, which removes the noise of the choice.
/// κ makes the loss a negative log-likelihood: 1/(2s²) for a squared error with noise variance s². The error is that of the chains' means. ``ChainDiagnostics`` tell whether the
/// chains have settled: `converged` is 0 where `r_hat` is above its threshold; `effective_draws` is what all draws are worth for their mean. A
/// `trend` (second half minus first half of the draws) like the value itself says the same: change ε, γ or the steps.
/// Invariances: in the limit any smooth change of coordinates; the estimator with its isotropic noise none. Not defined where θ
/// is no minimum: where a step along the gradient would lower the loss by more than 1 %, or the curvature along it is negative. A value
/// below 0 says the same.
/// Cost: one product and chains · steps batches' gradients.
public struct LocalLearningCoefficient: SharpnessMeasure {
    /// ε.
    public let stepSize: Double
    /// γ.
    public let localization: Double
    /// κ; `nil` for 1/(2L(θ)), the likelihood of a squared error whose noise variance is the error at θ.
    public let likelihoodScale: Double?
    /// Chains.
    public let chains: Int
    /// Steps before draws count.
    public let burnIn: Int
    /// Draws of each chain.
    public let draws: Int
    /// Batches of one pass over the windows, which decide the cost.
    public let batches: Int

    /// The measure.
    public init(
        stepSize: Double = 1e-5, localization: Double = 100, likelihoodScale: Double? = nil, chains: Int = 4,
        burnIn: Int = 100, draws: Int = 200, batches: Int
    ) {
        self.stepSize = stepSize
        self.localization = localization
        self.likelihoodScale = likelihoodScale
        self.chains = chains
        self.burnIn = burnIn
        self.draws = draws
        self.batches = batches
    }

    /// See ``SharpnessMeasure/name``.
    public let name = "llc"
    /// See ``SharpnessMeasure/title``.
    public let title = "local learning coefficient"
    /// See ``SharpnessMeasure/definition``.
    public let definition = "n beta kappa (E L(w) - L(w*)), w by SGLD around w*, beta = 1/ln n"
    /// See ``SharpnessMeasure/reference``.
    public let reference = "arXiv:2308.12108"
    /// See ``SharpnessMeasure/units``.
    public let units = "1"
    /// See ``SharpnessMeasure/vectors``: the chains run side by side at most.
    public var vectors: Int { 7 * chains }
    /// See ``SharpnessMeasure/settings``.
    public var settings: [String: Double] {
        [
            "epsilon": stepSize, "gamma": localization, "chains": Double(chains),
            "burn_in": Double(burnIn), "draws": Double(draws),
        ]
    }
    /// See ``SharpnessMeasure/cost``.
    public var cost: SharpnessCost {
        SharpnessCost(gradient: passes(chains * (burnIn + draws)), product: 1)
    }
    /// Gradients of single batches in passes over all of them, rounded up.
    private func passes(_ steps: Int) -> Int { (steps + batches - 1) / batches }
    /// See ``SharpnessMeasure/detailNames``.
    public let detailNames = ["r_hat", "converged", "effective_draws", "trend", "is_negative", "kappa"]
    /// See ``SharpnessMeasure/chainShape``.
    public var chainShape: SharpnessChainShape? {
        SharpnessChainShape(chains: chains, steps: burnIn + draws, burnIn: burnIn)
    }
    /// See ``SharpnessMeasure/sampleCount(windows:)``.
    public func sampleCount(windows: Int) -> Int { chains }

    /// See ``SharpnessMeasure/errorSource``.
    public let errorSource = SharpnessErrorSource.chains
    /// See ``SharpnessMeasure/evaluate(_:)``.
    public func evaluate(_ point: SharpnessPoint) throws -> SharpnessResult {
        let objective = point.objective
        let n = Double(objective.function.windowCount)
        guard n >= 3 else {
            throw SharpnessUndefined(.fewWindows, "there are only \(Int(n)) windows, and ln n must be above 1")
        }
        let square = point.gradientNorm * point.gradientNorm
        let product = try objective.products(at: point.θ, with: [point.gradient])[0]
        if square > 0 {
            let curvature = try point.gradient.dot(product) / square
            let fall = curvature > 0 ? square / (2 * curvature) : .infinity
            guard fall <= 0.01 * abs(point.loss.mean) else {
                throw SharpnessUndefined(
                    .noMinimum,
                    curvature > 0
                        ? "these weights are no minimum: one step along the gradient would lower the loss by about \(Int((100 * fall / abs(point.loss.mean)).rounded())) %"
                        : "these weights are no minimum: the curvature along the gradient is negative")
            }
        }
        guard likelihoodScale != nil || point.loss.mean > 0 else {
            throw SharpnessUndefined(.lossNotPositive, "the loss is \(point.loss.mean), which is no noise variance")
        }
        let κ = likelihoodScale ?? 1 / (2 * point.loss.mean)
        let factor = n / log(n) * κ
        let results = Mutex([[Double]](repeating: [], count: chains))
        try Parallel.forEach(chains, workers: objective.workers) { chain in
            let rises = try run(chain, point, factor)
            results.withLock { $0[chain] = rises }
        }
        let steps = results.withLock { $0 }
        objective.count { $0.gradient += passes(steps.reduce(0) { $0 + $1.count }) }
        var result = try summary(steps.map { $0.map { factor * $0 } })
        result.details["kappa"] = κ
        return result
    }

    /// The rises at one chain's steps, up to the first that is not finite.
    private func run(_ chain: Int, _ point: SharpnessPoint, _ factor: Double) throws -> [Double] {
        let objective = point.objective
        let ranges = objective.function.batches
        let own = ranges.map { range in
            point.loss.perWindow[range].reduce(0, +) / Double(range.count)
        }
        let order = try RandomStream(seed: point.seed, "sharpness/llc/batches", chain)
            .uniform([burnIn + draws], from: 0, to: Double(ranges.count)).doubles
        let w = try point.θ.copy()
        var rises: [Double] = []
        for step in 0..<(burnIn + draws) {
            try objective.checkpoint()
            let batch = min(ranges.count - 1, Int(order[step]))
            let (loss, gradient) = try objective.valueAndGradient(ofBatch: batch, at: w)
            rises.append(loss - own[batch])
            guard loss.isFinite else { break }
            let pull = try point.θ - w
            try w.addInPlace(gradient, times: -0.5 * stepSize * factor)
            try w.addInPlace(pull, times: 0.5 * stepSize * localization)
            let noise = try point.normal("llc/\(chain)", step)
            try w.addInPlace(noise, times: stepSize.squareRoot())
        }
        return rises
    }

    private func summary(_ steps: [[Double]]) throws -> SharpnessResult {
        let values = steps.map { Array($0.dropFirst(burnIn)) }
        guard values.allSatisfy({ $0.count == draws && $0.allSatisfy(\.isFinite) }) else {
            throw SharpnessUndefined(
                .notFinite, "a chain ran off to losses that are not finite; lower the step size")
        }
        func mean(_ values: some Collection<Double>) -> Double { values.reduce(0, +) / Double(values.count) }
        let half = draws / 2
        let trend = mean(values.map { mean($0.suffix(half)) - mean($0.prefix(half)) })
        let diagnostics = ChainDiagnostics(values)
        var result = SharpnessResult(meanOf: diagnostics?.means ?? values.map { mean($0) })
        result.chains = steps
        result.details = [
            "r_hat": diagnostics?.rHat ?? .nan, "converged": diagnostics?.isConverged == true ? 1 : 0,
            "effective_draws": diagnostics?.effectiveSize ?? .nan, "trend": trend,
            "is_negative": result.value < 0 ? 1 : 0,
        ]
        return result
    }
}
