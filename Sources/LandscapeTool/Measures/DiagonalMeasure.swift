import Archive
import Landscape
import Networks
import Tensor

/// `--measures diagonal`: the diagonal of a target, summed up for each parameter of the model.
struct DiagonalMeasure {
    let target: CurvatureTarget
    let settings: ProbeSettings
    /// Of the whole model.
    let layout: ParameterLayout

    private var group: String { "\(target.group)/diagonal" }
    private var probes: Int { settings.diagonalProbes }
    private var parameters: [ParameterSpecification] {
        target.block == nil ? layout.parameters : target.indices.map { layout.parameters[$0] }
    }

    /// What it writes.
    var arrays: [ArrayPlan] {
        let parameters = parameters
        return [
            ArrayPlan(
                path: "\(group)/mean", dimensions: [.index("parameter", count: parameters.count)],
                longName: "mean of the diagonal entries of the \(target.title) that belong to the parameter",
                units: "loss",
                companions: [
                    CompanionPlan(name: "mean_error", longName: "standard error of the mean over the probes"),
                    CompanionPlan(name: "entries", longName: "entries of the parameter"),
                    CompanionPlan(
                        name: "negative", longName: "share of entries more than three standard errors below 0"),
                ],
                attributes: ["parameters": .strings(parameters.map(\.name)), "probes": .int(probes), "products": 0]),
            ArrayPlan(
                path: "\(group)/samples",
                dimensions: [
                    .index("samples_parameter", count: parameters.count), .index("probe", count: probes),
                ],
                longName: "mean over the parameter's entries of z * Hz for each probe z of random signs",
                units: "loss"),
        ]
    }

    /// The products, exactly.
    var maximumProducts: Int { probes }

    func run(_ point: VariantPoint, _ run: ProbeRun, name: String, file: RunFile, begun: Stopwatch) throws {
        let (objective, θ) = try target.restricted(point.objective, at: point.θ)
        let progress = Log.Progress("\(name) diagonal of the \(target.title)", total: probes)
        let counts = parameters.map(\.count)
        let estimate = try Curvature.diagonal(
            run.problem(objective, θ, target), samples: probes, parts: counts,
            blockSize: max(1, min(4, try run.availableVectors(dimension: target.dimension) / 3)),
            progress: { progress.set($0) })
        var first = 0
        let negative = try counts.map { count in
            let values = try estimate.diagonal.narrowed(0, from: first, count: count).doubles
            let errors = try estimate.standardErrors.narrowed(0, from: first, count: count).doubles
            first += count
            return Double(zip(values, errors).count { $0 < -3 * $1 }) / Double(count)
        }
        try file.setArray(
            variant: name, path: "\(group)/samples", values: estimate.partMeans.flatMap { $0 }, seconds: begun.elapsed)
        let means = estimate.partMeans.map(SampleStatistics.init)
        try file.setArray(
            variant: name, path: "\(group)/mean", values: means.map(\.mean),
            companions: [
                "mean_error": means.map(\.standardError), "entries": counts.map(Double.init), "negative": negative,
            ], seconds: begun.elapsed, attributes: ["products": .int(estimate.samples)])
    }
}
