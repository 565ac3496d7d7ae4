import Archive
import Krylov
import Landscape
import Tensor

/// `--measures trace`: the trace of a target, the mean eigenvalue trace/n, and the Frobenius norm where the method gives it.
struct TraceMeasure {
    let target: CurvatureTarget
    let settings: ProbeSettings

    /// A Nyström approximation needs a semidefinite matrix; elsewhere XTrace takes its place.
    private var method: TraceMethod {
        settings.traceMethod == .xnystrace && !target.matrix.isSemidefinite ? .xtrace : settings.traceMethod
    }

    /// What it writes.
    var scalars: [ScalarPlan] {
        func plan(_ name: String, _ longName: String, _ units: String) -> ScalarPlan {
            ScalarPlan(
                path: "\(target.group)/\(name)", longName: "\(longName) of the \(target.title)", units: units,
                attributes: ["method": .string(method.rawValue), "products": 0, "converged": 0])
        }
        var plans = [
            plan("trace", "trace", "loss"), plan("trace_per_parameter", "trace over the number of parameters", "loss"),
        ]
        if method.givesFrobeniusNorm {
            plans += [
                plan("frobenius", "Frobenius norm", "loss"),
                plan("trace_to_frobenius", "trace over Frobenius norm", "1"),
            ]
        }
        return plans
    }

    /// The most products.
    var maximumProducts: Int { settings.samples }

    func run(_ point: VariantPoint, _ run: ProbeRun, name: String, file: RunFile, begun: Stopwatch) throws {
        let (objective, θ) = try target.restricted(point.objective, at: point.θ)
        let progress = Log.Progress("\(name) trace of the \(target.title)", total: settings.samples)
        let budget = TraceBudget(
            maximumProducts: settings.samples, minimumSamples: min(10, max(2, settings.samples)),
            relativeStandardError: settings.traceError)
        let blockSize = 4
        let result = try Curvature.trace(
            run.problem(objective, θ, target), method, budget: budget,
            maximumBasis: max(0, run.availableVectors(dimension: target.dimension) - 2 * blockSize - 8),
            blockSize: blockSize, progress: { progress.set($0) })
        progress.set(settings.samples)
        let n = Double(target.dimension)
        let mean = Estimated(value: result.trace.value / n, standardError: result.trace.standardError / n)
        let values = [result.trace, mean, result.frobeniusNorm, result.traceToFrobenius].compactMap { $0 }
        for (plan, value) in zip(scalars, values) {
            try file.setScalar(
                variant: name, path: plan.path, value: value.value, standardError: value.standardError,
                samples: result.samples, seconds: begun.elapsed,
                attributes: ["products": .int(result.products), "converged": .int(result.converged ? 1 : 0)])
        }
    }
}
