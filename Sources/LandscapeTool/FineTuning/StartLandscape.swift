import Krylov
import Landscape
import Smoothing
import Tensor

/// The landscape of the training loss around the weights a fine-tuning starts from, on a few training windows.
struct StartLandscape {
    /// The loss on the chosen windows.
    let objective: Objective
    /// Of Krylov starts and probes, the same for every point.
    let seed: UInt64

    /// - Parameter windows: how many training windows, evenly spread; with the masks and random numbers of the first epoch.
    init(_ run: FineTuneRun, windows: Int = 64, workers: Int) throws {
        let count = min(windows, run.training.count)
        let positions = (0..<count).map { $0 * run.training.count / count }
        let batch = try run.training.batch(positions, epoch: 0)
        let values = try Tensor.concatenate([batch.context, batch.target], dimension: batch.context.rank - 1)
        let loss = try ForecastLoss(
            model: run.workspace.model, task: run.workspace.task, kind: run.workspace.loss, windows: values,
            context: run.workspace.context, mask: batch.mask, noise: batch.noise, batchSize: max(1, (count + 3) / 4),
            describe: { "training window \(positions[$0])" })
        objective = try Objective(
            loss, buffers: run.workspace.pretrained.buffers, dtype: run.workspace.dtype, device: run.workspace.device,
            workers: workers, shouldStop: { Interrupt.isRequested })
        seed = run.workspace.seed
    }

    /// λmax of the Hessian at θ to a relative residual of 1e-2, with the residual reached.
    ///
    /// Cost: a gradient and a Lanczos search, some 10 to 40 products.
    func largestEigenvalue(at θ: Tensor) throws -> (value: Double, residual: Double) {
        let spectrum = try Curvature.eigenpairs(
            Curvature.Problem(objective, at: θ, seed: seed), gradient: objective.gradient(at: θ), largest: 1,
            smallest: 0, tolerance: 1e-2, maximumProducts: 200)
        guard let pair = spectrum.largest.first else { return (.nan, .nan) }
        return (pair.value, pair.residual)
    }

    /// Loss and gradient at θ. Cost: a gradient and a forward pass.
    func point(at θ: Tensor) throws -> SharpnessPoint {
        let (loss, gradient) = try objective.valueAndGradient(at: θ)
        return try SharpnessPoint(objective, at: θ, loss: loss, gradient: gradient, seed: seed)
    }

    /// Both ends of the Hessian's spectrum to a relative residual of 1e-2; the error is the residual times |λ|, which bounds the distance to
    /// an eigenvalue.
    func extremes(
        at point: SharpnessPoint
    ) throws -> (largest: (value: Double, error: Double), smallest: (value: Double, error: Double)) {
        let spectrum = try Curvature.eigenpairs(
            Curvature.Problem(objective, at: point.θ, seed: seed), gradient: point.gradient, largest: 1, smallest: 1,
            tolerance: 1e-2, maximumProducts: 300)
        func end(_ pair: Eigenpair<FlatVector>?) -> (Double, Double) {
            pair.map { ($0.value, $0.residual * abs($0.value)) } ?? (.nan, .nan)
        }
        return (end(spectrum.largest.first), end(spectrum.smallest.first))
    }

    /// Trace and trace over Frobenius norm from 60 products.
    func trace(at θ: Tensor) throws -> TraceResult {
        try Curvature.trace(
            Curvature.Problem(objective, at: θ, seed: seed),
            budget: TraceBudget(maximumProducts: 60, minimumSamples: 10))
    }

    /// A measure of the catalogue.
    func sharpness(_ name: String, at point: SharpnessPoint) throws -> SharpnessResult {
        let catalogue = SharpnessCatalogue.all(batches: objective.function.batches.count)
        guard let measure = catalogue.first(where: { $0.name == name }) else {
            preconditionFailure("names are checked when the experiment is read")
        }
        return try measure.evaluate(point)
    }
}
