import Archive
import Foundation
import Krylov
import Landscape
import Tensor

/// `--measures density`: the spectral density of a target, and the numbers that follow from it.
struct DensityMeasure {
    let target: CurvatureTarget
    let settings: ProbeSettings

    /// Positions of the curves.
    private static let positions = 401
    private static let decades = 6.0
    private static let magnitudes = 241

    private var group: String { "\(target.group)/density" }
    private var probes: Int { settings.densityProbes }
    private var steps: Int { min(settings.densitySteps, target.dimension) }
    /// Nodes of a probe: its own and the locked ones, which are no more than another set.
    private var nodes: Int { min(2 * steps, target.dimension + 1) }

    /// What it writes, as curves and nodes.
    var arrays: [ArrayPlan] {
        let attributes: [String: AttributeValue] = [
            "bandwidth": .double(.nan), "probes": .int(probes), "steps": .int(steps), "products": 0,
            "reorthogonalized": 0, "dimension": .int(target.dimension),
        ]
        return [
            ArrayPlan(
                path: "\(group)/density", dimensions: [.later("eigenvalue", count: Self.positions)],
                longName: "density of the eigenvalues of the \(target.title), integral 1", units: "1/loss",
                companions: [
                    CompanionPlan(name: "density_error", longName: "standard error of the density over the probes"),
                    CompanionPlan(name: "cumulative", longName: "share of the eigenvalues up to here"),
                    CompanionPlan(name: "cumulative_error", longName: "standard error of the share over the probes"),
                ], attributes: attributes),
            ArrayPlan(
                path: "\(group)/tail_positive", dimensions: [.later("magnitude", count: Self.magnitudes)],
                longName: "share of the eigenvalues above the magnitude",
                companions: [
                    CompanionPlan(
                        name: "tail_negative", longName: "share of the eigenvalues below minus the magnitude"),
                    CompanionPlan(name: "tail_positive_error", longName: "standard error of tail_positive"),
                    CompanionPlan(name: "tail_negative_error", longName: "standard error of tail_negative"),
                ]),
            ArrayPlan(
                path: "\(group)/nodes",
                dimensions: [.index("probe", count: probes), .index("node", count: nodes)],
                longName: "quadrature nodes of each probe, ascending; NaN beyond the last", units: "loss",
                companions: [CompanionPlan(name: "weights", longName: "their weights, summing to 1 for each probe")]),
        ]
    }

    /// What it writes, as numbers.
    var scalars: [ScalarPlan] {
        [
            ("trace_positive", "sum of the positive eigenvalues", "loss"),
            ("trace_negative", "sum of the negative eigenvalues", "loss"),
            ("negative_mass", "negative share of the sum of absolute eigenvalues", "1"),
            ("effective_rank", "(sum |l|)^2 / sum l^2", "1"),
            ("stable_rank", "squared Frobenius norm over squared spectral norm", "1"),
        ].map { ScalarPlan(path: "\(target.group)/\($0.0)", longName: "\($0.1) of the \(target.title)", units: $0.2) }
    }

    /// The products, exactly where no Krylov space ends early.
    var maximumProducts: Int { probes * steps }

    func run(_ point: VariantPoint, _ run: ProbeRun, name: String, file: RunFile, begun: Stopwatch) throws {
        let (objective, θ) = try target.restricted(point.objective, at: point.θ)
        let progress = Log.Progress("\(name) density of the \(target.title), products", total: maximumProducts)
        // A basis for each probe of a block, and what the first one locks.
        let vectors = try run.availableVectors(dimension: target.dimension)
        let isReorthogonalized = vectors >= 2 * steps + 2
        let lockstep =
            isReorthogonalized
            ? max(1, min(4, probes, (vectors - steps) / (steps + 1))) : max(1, min(4, probes, vectors / 4))
        if !isReorthogonalized {
            Log.warning(
                "\(name): memory for \(vectors) vectors does not hold a basis of \(steps); the density is computed without "
                    + "reorthogonalisation, which leaves it right but locks no outliers")
        }
        let measure = try Curvature.density(
            run.problem(objective, θ, target),
            LanczosQuadrature(
                probes: probes, steps: steps, isReorthogonalized: isReorthogonalized, lockstep: lockstep),
            progress: { progress.set($0) })
        progress.set(maximumProducts)
        try store(measure, isReorthogonalized, name, file, begun)
    }

    private func store(
        _ measure: SpectralMeasure, _ isReorthogonalized: Bool, _ name: String, _ file: RunFile, _ begun: Stopwatch
    ) throws {
        let range = measure.range
        let largest = max(abs(range.lowerBound), abs(range.upperBound))
        var span = range.upperBound - range.lowerBound
        if span <= 1e-9 * largest { span = max(largest, 1e-30) }
        let bandwidth = settings.bandwidth * span
        let (low, high) = (range.lowerBound - 5 * bandwidth, range.upperBound + 5 * bandwidth)
        let positions = Slices.coordinates(from: low, to: high, count: Self.positions)
        let density = measure.density(at: positions, bandwidth: bandwidth)
        let cumulative = measure.cumulative(at: positions)
        try file.setArray(
            variant: name, path: "\(group)/density", values: density.map(\.value),
            companions: [
                "density_error": density.map(\.standardError), "cumulative": cumulative.map(\.value),
                "cumulative_error": cumulative.map(\.standardError),
            ], coordinates: ["eigenvalue": positions], seconds: begun.elapsed,
            attributes: [
                "bandwidth": .double(bandwidth), "products": .int(measure.products),
                "reorthogonalized": .int(isReorthogonalized ? 1 : 0),
            ])
        let top = log10(max(largest, 1e-300)) + 0.1
        let magnitudes = Slices.coordinates(from: top - Self.decades, to: top, count: Self.magnitudes).map {
            pow(10, $0)
        }
        let positive = measure.tail(beyond: magnitudes, negative: false)
        let negative = measure.tail(beyond: magnitudes, negative: true)
        try file.setArray(
            variant: name, path: "\(group)/tail_positive", values: positive.map(\.value),
            companions: [
                "tail_negative": negative.map(\.value), "tail_positive_error": positive.map(\.standardError),
                "tail_negative_error": negative.map(\.standardError),
            ], coordinates: ["magnitude": magnitudes], seconds: begun.elapsed)
        func table(_ values: (Quadrature) -> [Double]) -> [Double] {
            measure.quadratures.flatMap { quadrature in
                let row = values(quadrature)
                return row.prefix(nodes) + [Double](repeating: .nan, count: max(0, nodes - row.count))
            }
        }
        try file.setArray(
            variant: name, path: "\(group)/nodes", values: table(\.nodes), companions: ["weights": table(\.weights)],
            seconds: begun.elapsed)
        let numbers = [
            measure.positiveTrace, measure.negativeTrace, measure.negativeMass, measure.effectiveRank,
            measure.stableRank,
        ]
        for (plan, number) in zip(scalars, numbers) {
            try file.setScalar(
                variant: name, path: plan.path, value: number.value, standardError: number.standardError,
                samples: probes, seconds: begun.elapsed)
        }
    }
}
