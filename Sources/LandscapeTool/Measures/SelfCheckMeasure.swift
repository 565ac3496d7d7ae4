import Archive
import Landscape
import Reports

/// `--self-check`: a dense block of the Hessian of each variant against products, differences, Lanczos and probes.
struct SelfCheckMeasure {
    let settings: ProbeSettings

    /// What it writes.
    var scalars: [ScalarPlan] {
        [
            ("asymmetry", "largest |B_ij - B_ji| of a dense block over its largest entry"),
            ("derivative_error", "largest error of the dense block against central differences of the gradient"),
            ("eigenvalue_error", "largest error of Lanczos against the dense block's eigenvalues"),
            ("trace_deviation", "deviation of the probes' trace from the dense one, in standard errors"),
        ].map { ScalarPlan(path: "self_check/\($0.0)", longName: $0.1, attributes: ["entries": 0, "tolerance": 0.0]) }
    }

    func run(_ point: VariantPoint, name: String, file: RunFile, begun: Stopwatch) throws {
        let check = try DenseCheck(point.objective, at: point.θ, seed: settings.seed)
        let dtype = point.objective.dtype
        let allowed = DenseCheck.tolerances(dtype)
        let figures = [
            (check.asymmetry, allowed.asymmetry), (check.derivativeError, allowed.derivative),
            (check.eigenvalueError, allowed.eigenvalue), (check.traceDeviation, 6),
        ]
        for (plan, figure) in zip(scalars, figures) {
            try file.setScalar(
                variant: name, path: plan.path, value: figure.0, seconds: begun.elapsed,
                attributes: ["entries": .int(check.entries), "tolerance": .double(figure.1)],
                status: figure.0 <= figure.1 ? .done : .failed)
        }
        let text =
            "\(name): self-check on \(check.entries) entries of \(check.parameter): asymmetry \(Number.text(check.asymmetry)), "
            + "against differences \(Number.text(check.derivativeError)), Lanczos against dense \(Number.text(check.eigenvalueError))"
        if check.passes(dtype) {
            Log.info(text)
        } else {
            Log.warning("\(text); this is more than rounding: do not trust the curvature of this run, and report it")
        }
    }
}
