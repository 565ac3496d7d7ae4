import Archive
import Foundation
import Landscape
import Reports
import Smoothing
import Tensor

/// All measures at one set of weights; what the file already holds is not computed again.
struct VariantAnalysis {
    let run: ProbeRun
    let objective: Objective
    let file: RunFile
    let variant: Variant
    let plan: VariantPlan
    let axes: SliceAxes?

    var settings: ProbeSettings { run.settings }
    var name: String { variant.name }

    /// A measure that fails is marked as failed in the file; the others go on.
    func execute() throws {
        guard try run.shared("pending/\(name)", { try hasPendingWork() ? [1] : [] }) == [1] else { return }
        let point = VariantPoint(objective, at: try run.weights.flat(variant))
        if settings.has(.loss) {
            try perform("loss", ["loss"]) { begun in
                let value = try point.loss()
                try file.setScalar(
                    variant: name, path: "loss", value: value.mean, standardError: value.standardError,
                    samples: value.perWindow.count, seconds: begun.elapsed)
                Log.info("\(name): loss \(Number.text(value.mean)) ± \(Number.error(value.standardError))")
            }
        }
        if settings.has(.gradient) {
            try perform("gradient", ["gradient_norm"]) { begun in
                let norm = try point.gradient().euclideanNorm()
                try file.setScalar(
                    variant: name, path: "gradient_norm", value: norm, samples: objective.function.windowCount,
                    seconds: begun.elapsed)
            }
        }
        if settings.selfCheck {
            let measure = SelfCheckMeasure(settings: settings)
            try perform("self-check", measure.scalars.map(\.path)) { begun in
                try measure.run(point, name: name, file: file, begun: begun)
            }
        }
        try curvature(point)
        if settings.has(.sharpness) { try sharpness(point) }
        // Slices use neither, and their workers need the room.
        point.releaseGradient()
        run.weights.releaseAuxiliary()
        try slices(point)
    }

    private func curvature(_ point: VariantPoint) throws {
        for target in run.targets {
            if settings.has(.eigen) {
                let measure = EigenMeasure(target: target, settings: settings)
                try perform("eigen (\(target.title))", arrays: measure.arrays.map(\.path)) { begun in
                    try measure.run(point, run, name: name, file: file, begun: begun)
                }
            }
            if settings.has(.trace) {
                let measure = TraceMeasure(target: target, settings: settings)
                try perform("trace (\(target.title))", measure.scalars.map(\.path)) { begun in
                    try measure.run(point, run, name: name, file: file, begun: begun)
                }
            }
            if settings.has(.diagonal) {
                let measure = run.diagonal(target)
                try perform("diagonal (\(target.title))", arrays: measure.arrays.map(\.path)) { begun in
                    try measure.run(point, run, name: name, file: file, begun: begun)
                }
            }
            if settings.has(.density) {
                let measure = DensityMeasure(target: target, settings: settings)
                let (scalars, arrays) = (measure.scalars.map(\.path), measure.arrays.map(\.path))
                try perform("density (\(target.title))", scalars, arrays: arrays) { begun in
                    try measure.run(point, run, name: name, file: file, begun: begun)
                }
            }
        }
        if settings.has(.preconditioned) {
            let measure = PreconditionedMeasure(settings: settings)
            try perform("preconditioned sharpness", measure.scalars.map(\.path)) { begun in
                try measure.run(point, run, name: name, file: file, begun: begun)
            }
        }
    }

    private func sharpness(_ point: VariantPoint) throws {
        try run.sharpness.run(point, name: name, seed: settings.seed, file: file) { title, scalars, arrays, body in
            try perform(title, scalars, arrays: arrays, body)
        }
    }

    // MARK: Failures

    /// What goes wrong in one measure is said, and the others go on; a broken file or a wish to stop end the run.
    func attempt(_ measure: String, _ body: () throws -> Void) throws {
        do { try body() } catch let error where LandscapeError.endsRun(error) {
            throw error
        } catch let error as ArchiveError {
            throw error
        } catch {
            Log.warning("\(name): \(measure) failed: \(error)")
        }
    }

    /// Runs a measure unless all its numbers are done; when it fails, they are marked.
    private func perform(
        _ title: String, _ scalars: [String] = [], arrays: [String] = [], _ body: (Stopwatch) throws -> Void
    ) throws {
        let isDone =
            try scalars.allSatisfy { try file.scalarStatus(variant: name, path: $0) == .done }
            && arrays.allSatisfy { try file.arrayStatus(variant: name, path: $0) == .done }
        guard !isDone, (scalars + arrays).contains(where: { run.owns($0, of: name) }) else { return }
        try attempt(title) {
            do { try body(Stopwatch()) } catch let error where !(error is ArchiveError) {
                if LandscapeError.endsRun(error) { throw error }
                for path in scalars { try file.setScalar(variant: name, path: path, value: .nan, status: .failed) }
                for path in arrays { try file.setStatus(.failed, of: .array(variant: name, path: path)) }
                throw error
            }
        }
    }

    private func hasPendingWork() throws -> Bool {
        for scalar in plan.scalars
        where try run.owns(scalar.path, of: name) && file.scalarStatus(variant: name, path: scalar.path) != .done {
            return true
        }
        for array in plan.arrays
        where try run.owns(array.path, of: name) && file.arrayStatus(variant: name, path: array.path) != .done {
            return true
        }
        for grid in plan.grids where try !run.pending(file.statuses(variant: name, of: grid.id), of: name).isEmpty {
            return true
        }
        // A killed run may lack no point but what is to be said of the error.
        guard let record = try file.record().variant(name) else { return false }
        if settings.adaptiveTolerance != nil, let axes, record.plane(axes.name).map(AdaptivePlane.isPending) == true {
            return true
        }
        return run.precisionCheck != nil && settings.shard == nil
            && record.grids.contains { PrecisionCheck.isPending($0.attributes) }
    }
}
