import Archive
import Krylov
import Landscape
import Reports
import Tensor

/// `--measures eigen`: both ends of the spectrum of a target.
struct EigenMeasure {
    let target: CurvatureTarget
    let settings: ProbeSettings

    /// Pairs at one end.
    private var count: Int { min(settings.eigen, target.dimension) }
    private var largest: Int { settings.ends == .smallest ? 0 : count }
    /// The lower end of a semidefinite matrix is a crowd of zeros, which is searched only when nothing else is wanted.
    private var smallest: Int {
        settings.ends == .largest || (settings.ends == .both && target.matrix.isSemidefinite) ? 0 : count
    }

    /// What it writes.
    var arrays: [ArrayPlan] {
        var plans: [ArrayPlan] = []
        for (wanted, suffix, word) in [(largest, "", "largest"), (smallest, "_smallest", "smallest")] where wanted > 0 {
            plans.append(
                .eigenvalues(
                    group: target.group, count: count, suffix: suffix,
                    longName: "\(word) eigenvalues of the \(target.title)", units: "loss",
                    attributes: [
                        "tolerance": .double(settings.tolerance), "products": 0, "differences": 0, "restarts": 0,
                    ]))
        }
        return plans
    }

    /// The most products.
    var maximumProducts: Int { min(settings.maxProducts, max(2 * target.dimension, 2 * (largest + smallest))) }

    func run(_ point: VariantPoint, _ run: ProbeRun, name: String, file: RunFile, begun: Stopwatch) throws {
        let (objective, θ) = try target.restricted(point.objective, at: point.θ)
        let gradient = try target.part(of: point.gradient(), in: point.objective.function.layout)
        let progress = Log.Progress("\(name) eigenvalues of the \(target.title), products", total: settings.maxProducts)
        let spectrum = try Curvature.eigenpairs(
            run.problem(objective, θ, target), gradient: gradient, largest: largest, smallest: smallest,
            tolerance: settings.tolerance, basisSize: run.basisSize(), checkBlock: run.checkBlock,
            maximumProducts: settings.maxProducts, explores: !settings.exactSearch,
            progress: { progress.set($0) })
        let ends = [(largest, "", spectrum.largest), (smallest, "_smallest", spectrum.smallest)]
        for (wanted, suffix, pairs) in ends where wanted > 0 {
            func padded(_ values: [Double], _ filler: Double) -> [Double] {
                Array(values.prefix(count)) + [Double](repeating: filler, count: max(0, count - values.count))
            }
            try file.setArray(
                variant: name, path: "\(target.group)/eigenvalues\(suffix)", values: padded(pairs.map(\.value), .nan),
                companions: [
                    "residuals\(suffix)": padded(pairs.map(\.residual), .nan),
                    "converged\(suffix)": padded(pairs.map { $0.converged ? 1 : 0 }, 0),
                ], seconds: begun.elapsed,
                attributes: [
                    "products": .int(spectrum.applications), "differences": .int(spectrum.explorations),
                    "restarts": .int(spectrum.restarts),
                ])
        }
        let values = [spectrum.smallest.first, spectrum.largest.first].compactMap { $0.map { Number.text($0.value) } }
        Log.info(
            "\(name): eigenvalues of the \(target.title) \(values.joined(separator: " to ")), \(spectrum.applications) products"
                + (spectrum.explorations > 0 ? " after \(spectrum.explorations) differences of gradients" : "")
                + (spectrum.converged ? "" : ", not all converged"))
    }
}
