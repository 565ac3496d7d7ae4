import Archive
import Krylov
import Landscape
import Reports
import Tensor

/// `--measures preconditioned`: λmax(P⁻¹H) with Adam's diagonal, against what a learning rate can bear.
struct PreconditionedMeasure {
    let settings: ProbeSettings

    /// What it writes.
    var scalars: [ScalarPlan] {
        [
            ScalarPlan(
                path: "curvature/preconditioned_sharpness",
                longName: "largest eigenvalue of the Hessian preconditioned by Adam's diagonal",
                attributes: [
                    "definition": "lambda_max(P^-1 H), P = sqrt(v) + 1e-8, v = mean of squared batch gradients",
                    "reference": "arXiv:2207.14484", "learning_rate": .double(settings.learningRate),
                    "threshold": .double(AdamPreconditioner.stabilityThreshold(learningRate: settings.learningRate)),
                    "residual": .double(.nan), "converged": 0, "products": 0,
                ])
        ]
    }

    var maximumProducts: Int { settings.maxProducts }

    func run(_ point: VariantPoint, _ run: ProbeRun, name: String, file: RunFile, begun: Stopwatch) throws {
        let target = CurvatureTarget(
            matrix: .hessian, block: nil, indices: [], dimension: point.objective.dimension)
        let problem = try run.problem(point.objective, point.θ, target)
        let preconditioner = try AdamPreconditioner(point.objective, at: point.θ)
        let progress = Log.Progress("\(name) preconditioned sharpness, products", total: settings.maxProducts)
        // The preconditioned gradient leads towards the preconditioned matrix's leading eigenvectors.
        let start = try point.gradient() / preconditioner.diagonal.squareRoot()
        let spectrum = try Curvature.eigenpairs(
            problem, of: PreconditionedOperator(problem.symmetric, preconditioner), gradient: start, largest: 1,
            smallest: 0, tolerance: settings.tolerance, basisSize: run.basisSize(),
            maximumProducts: settings.maxProducts, progress: { progress.set($0) })
        guard let pair = spectrum.largest.first else { return }
        try file.setScalar(
            variant: name, path: scalars[0].path, value: pair.value, samples: spectrum.applications,
            seconds: begun.elapsed,
            attributes: [
                "residual": .double(pair.residual), "converged": .int(pair.converged ? 1 : 0),
                "products": .int(spectrum.applications),
            ])
        Log.info("\(name): preconditioned sharpness \(Number.text(pair.value))")
    }
}
