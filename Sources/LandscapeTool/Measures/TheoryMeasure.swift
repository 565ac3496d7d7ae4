import Archive
import Krylov
import Landscape
import Smoothing

/// `--measures theory`: what Smoothed Full Fine-tuning says of curvature on the path θ₂ → θ₁, measured, beside two controls.
struct TheoryMeasure {
    let settings: ProbeSettings

    /// The lines: the path itself, shrinking alone, noise of the same size alone.
    static let lines: [(name: String, axis: String, variant: @Sendable (Double) -> Variant)] = [
        ("theory_sff", "alpha theta1 + (1 - alpha) theta2", { .sff($0) }),
        ("theory_shrink", "alpha theta1", { .shrink($0) }),
        ("theory_noise", "theta1 + Gaussian noise of the norm of SFF's displacement", { .gaussian($0) }),
    ]

    private static let columns: [(name: String, longName: String, units: String)] = [
        ("gradient_norm", "Euclidean norm of the gradient", "loss"),
        ("lambda_max", "largest eigenvalue of the Hessian", "loss"),
        ("lambda_max_residual", "its relative residual", "1"),
        ("lambda_min", "smallest eigenvalue of the Hessian", "loss"),
        ("lambda_min_residual", "its relative residual", "1"),
        ("trace", "trace of the Hessian", "loss"), ("trace_error", "its standard error", "loss"),
        ("frobenius", "Frobenius norm of the Hessian", "loss"), ("frobenius_error", "its standard error", "loss"),
    ]
    private static let pathColumns: [(name: String, longName: String, units: String)] = [
        ("defect", "|H3 - alpha H1 - (1 - alpha) H2|_F / |alpha H1 + (1 - alpha) H2|_F", "1"),
        ("defect_error", "its standard error", "1"),
        ("bound", "alpha lambda_max(H1) + (1 - alpha) lambda_max(H2)", "loss"),
    ]

    var coordinates: [Double] { Slices.coordinates(from: 0, to: 1, count: settings.theoryPoints) }

    /// What it writes.
    var plans: [GridPlan] {
        TheoryMeasure.lines.enumerated().map { index, line in
            let columns = TheoryMeasure.columns + (index == 0 ? TheoryMeasure.pathColumns : [])
            return GridPlan(
                name: line.name, t: coordinates,
                columns: ColumnPlan.lossAndError(units: "loss")
                    + columns.map { ColumnPlan(name: $0.name, longName: $0.longName, units: $0.units) },
                attributes: [
                    "axis": .string(line.axis), "seed": .unsigned(settings.seed),
                    "probes": .int(settings.theoryProbes), "tolerance": .double(settings.tolerance),
                ])
        }
    }

    /// The most products: both ends, and every point with its probes.
    var maximumProducts: Int {
        let points = 3 * settings.theoryPoints - 2
        return 2 * settings.maxProducts + 2 * settings.theoryProbes
            + points * (settings.maxProducts + settings.theoryProbes)
    }
    /// A loss and a gradient for every point, and a gradient for both ends.
    var points: Int { 3 * settings.theoryPoints - 2 }

    func run(_ run: ProbeRun, _ objective: Objective, name: String, file: RunFile) throws {
        var pending: [(line: Int, point: Int)] = []
        for (index, line) in TheoryMeasure.lines.enumerated() {
            let statuses = try file.lineStatuses(variant: name, line: line.name)
            pending += run.pending(statuses, of: name).map { (index, $0) }
        }
        guard !pending.isEmpty else { return }
        let progress = Log.Progress("\(name) theory, points", total: pending.count)
        // Kept products at both ends, where they fit beside a basis.
        let vectors = try run.availableVectors(dimension: objective.dimension)
        let path = try PathCurvature(
            objective, first: run.workspace.pretrained.flat, second: run.weights.auxiliary,
            PathCurvature.Settings(
                probes: settings.theoryProbes, tolerance: settings.tolerance,
                maximumProducts: settings.maxProducts, basisSize: run.basisSize(), graphMemory: run.graphMemory(),
                keepsProducts: vectors >= 2 * settings.theoryProbes + 40, explores: !settings.exactSearch,
                seed: settings.seed))
        // All three lines end at the pre-trained weights.
        var last: PathCurvature.Point?
        for (index, position) in pending {
            let line = TheoryMeasure.lines[index]
            let α = coordinates[position]
            let isEnd = α == 1
            do {
                let point: PathCurvature.Point
                if isEnd, let last {
                    point = last
                } else {
                    point = try path.evaluate(at: run.weights.flat(line.variant(α)), on: index == 0 ? α : nil)
                }
                if isEnd { last = point }
                let bound = index == 0 ? try path.affineBound(α) : nil
                try store(point, bound, name, line.name, position, file)
            } catch let error where !(error is ArchiveError) {
                if LandscapeError.endsRun(error) { throw error }
                Log.warning("\(name): \(line.name) at \(α) failed: \(error)")
                try file.setPoints(
                    variant: name, of: .line(line.name), [GridPoint(index: position, values: [:], status: .failed)])
            }
            progress.advance()
        }
    }

    private func store(
        _ point: PathCurvature.Point, _ bound: Double?, _ variant: String, _ line: String, _ position: Int,
        _ file: RunFile
    ) throws {
        var values = [
            "loss": point.loss.mean, "standard_error": point.loss.standardError, "gradient_norm": point.gradientNorm,
            "lambda_max": point.largest.value, "lambda_max_residual": point.largest.residual,
            "lambda_min": point.smallest.value, "lambda_min_residual": point.smallest.residual,
            "trace": point.trace.value, "trace_error": point.trace.standardError,
            "frobenius": point.frobeniusNorm.value, "frobenius_error": point.frobeniusNorm.standardError,
        ]
        if let bound, let defect = point.defect {
            values["defect"] = defect.value
            values["defect_error"] = defect.standardError
            values["bound"] = bound
        }
        try file.setPoints(variant: variant, of: .line(line), [GridPoint(index: position, values: values)])
    }
}
