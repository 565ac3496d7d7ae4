import Archive
import Krylov
import Landscape
import Tensor

/// `--measures convexity`: |λmin/λmax| of the Hessian at every point of a plane or line (Li et al. 2018, figure 7).
struct ConvexityMeasure {
    let settings: ProbeSettings

    static let name = "convexity"

    var xs: [Double] { coordinates(settings.convexityGrid.x) }
    var ys: [Double] { settings.convexityGrid.y == 1 ? [0] : coordinates(settings.convexityGrid.y) }

    private func coordinates(_ count: Int) -> [Double] {
        Slices.coordinates(from: settings.range.low, to: settings.range.high, count: count)
    }

    /// What it writes.
    ///
    /// - Parameter axes: the attributes that tell of the axes.
    func plan(_ axes: [String: AttributeValue]) -> GridPlan {
        GridPlan(
            name: Self.name, x: xs, y: ys,
            columns: ColumnPlan.lossAndError(units: "loss") + [
                ColumnPlan(name: "ratio", longName: "magnitude of the smallest over the largest eigenvalue"),
                ColumnPlan(name: "lambda_max", longName: "largest eigenvalue of the Hessian", units: "loss"),
                ColumnPlan(name: "lambda_max_residual", longName: "its relative residual"),
                ColumnPlan(name: "lambda_min", longName: "smallest eigenvalue of the Hessian", units: "loss"),
                ColumnPlan(name: "lambda_min_residual", longName: "its relative residual"),
            ],
            attributes: [
                "seed": .unsigned(settings.seed), "tolerance": .double(settings.tolerance),
                "definition": "|lambda_min / lambda_max| where lambda_min < 0, else 0",
                "reference": "arXiv:1712.09913",
            ].merging(axes) { $1 })
    }

    var points: Int { settings.convexityGrid.x * settings.convexityGrid.y }
    var maximumProducts: Int { points * settings.maxProducts }

    func run(
        _ objective: Objective, _ run: ProbeRun, _ geometry: SliceGeometry, name: String, file: RunFile
    ) throws {
        let statuses = try file.planeStatuses(variant: name, plane: Self.name)
        let pending = run.pending(statuses, of: name)
        guard !pending.isEmpty else { return }
        let progress = run.progress("\(name) convexity, points", statuses, of: name)
        for index in pending {
            let (row, column) = (index / xs.count, index % xs.count)
            var values: [String: Double] = [:]
            var status = ItemStatus.done
            do {
                values = try extremes(objective, geometry.point([xs[column], ys[row]]), run)
            } catch let error where !(error is ArchiveError) {
                if LandscapeError.endsRun(error) { throw error }
                Log.warning("\(name): convexity at (\(xs[column]), \(ys[row])) failed: \(error)")
                status = .failed
            }
            try file.setPlanePoints(
                variant: name, plane: Self.name,
                [PlanePoint(row: row, column: column, values: values, status: status)])
            progress.advance()
        }
    }

    private func extremes(_ objective: Objective, _ θ: Tensor, _ run: ProbeRun) throws -> [String: Double] {
        let loss = try objective.loss(at: θ)
        let gradient = try objective.gradient(at: θ)
        guard try gradient.isFinite else { throw LandscapeError.nonFiniteDerivative("the gradient") }
        let problem = Curvature.Problem(objective, at: θ, graphMemory: try run.graphMemory(), seed: settings.seed)
        let spectrum = try Curvature.eigenpairs(
            problem, gradient: gradient, largest: 1, smallest: 1, tolerance: settings.tolerance,
            basisSize: run.basisSize(), checkBlock: run.checkBlock, maximumProducts: settings.maxProducts,
            explores: !settings.exactSearch)
        guard let largest = spectrum.largest.first, let smallest = spectrum.smallest.first else { return [:] }
        // A Hessian without negative eigenvalues is convex; one without positive ones has no such ratio.
        let ratio = smallest.value >= 0 ? 0 : largest.value > 0 ? -smallest.value / largest.value : Double.infinity
        return [
            "loss": loss.mean, "standard_error": loss.standardError, "ratio": ratio, "lambda_max": largest.value,
            "lambda_max_residual": largest.residual, "lambda_min": smallest.value,
            "lambda_min_residual": smallest.residual,
        ]
    }
}
