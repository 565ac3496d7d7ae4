import Reports
import Archive
import Foundation
import Landscape
import Smoothing
import Tensor

/// All measures at one set of weights; what the file already holds is not computed again.
struct VariantAnalysis {
    let run: ProbeRun
    let objective: Objective
    let file: RunFile
    let variant: Variant
    let plan: VariantPlan
    let axes: [Tensor]

    private var settings: ProbeSettings { run.settings }
    private var name: String { variant.name }

    /// A measure that fails is marked as failed in the file; the others go on.
    func execute() throws {
        guard try hasPendingWork() else { return }
        let θ = try run.weights.flat(variant)
        func attempt(_ measure: String, _ body: @escaping () throws -> Void) throws {
            do { try body() } catch LandscapeError.interrupted {
                throw LandscapeError.interrupted
            } catch let error as ArchiveError {
                throw error
            } catch {
                Log.warning("\(name): \(measure) failed: \(error)")
            }
        }
        var loss: LossValue?
        func baseLoss() throws -> LossValue {
            if let loss { return loss }
            let value = try objective.loss(at: θ)
            if let window = value.perWindow.firstIndex(where: \.isNaN) {
                throw LandscapeError.notANumber(
                    window: objective.function.describe(window: window), value: value.perWindow[window])
            }
            loss = value
            return value
        }
        var gradient: Tensor?
        func baseGradient() throws -> Tensor {
            if let gradient { return gradient }
            let value = try objective.gradient(at: θ)
            guard try value.isFinite else { throw LandscapeError.nonFiniteDerivative("the gradient") }
            gradient = value
            return value
        }
        if settings.has(.loss) {
            try measure("loss", ["loss"], attempt) { begun in
                let value = try baseLoss()
                try file.setScalar(
                    variant: name, path: "loss", value: value.mean, standardError: value.standardError,
                    samples: value.perWindow.count,
                    seconds: begun.elapsed)
                Log.info("\(name): loss \(Number.text(value.mean)) ± \(Number.error(value.standardError))")
            }
        }
        if settings.has(.gradient) {
            try measure("gradient", ["gradient_norm"], attempt) { begun in
                let norm = try baseGradient().euclideanNorm()
                try file.setScalar(
                    variant: name, path: "gradient_norm", value: norm, samples: objective.function.windowCount,
                    seconds: begun.elapsed)
            }
        }
        if settings.has(.eigen) {
            try attempt("eigen") { try eigenvalues(θ, gradient: baseGradient) }
        }
        if settings.has(.trace) {
            let paths = ["curvature/trace", "curvature/frobenius", "curvature/trace_to_frobenius"]
            try measure("trace", paths, attempt) { begun in
                let progress = Log.Progress("\(name) trace", total: settings.samples)
                let estimate = try Curvature.trace(
                    objective, at: θ, samples: settings.samples, seed: settings.seed, graphMemory: run.graphMemory(),
                    progress: { progress.set($0) })
                let values = [
                    (estimate.trace, estimate.standardError), (estimate.frobeniusNorm, estimate.frobeniusStandardError),
                    (estimate.traceToFrobenius, estimate.traceToFrobeniusStandardError),
                ]
                for (path, value) in zip(paths, values) {
                    try file.setScalar(
                        variant: name, path: path, value: value.0, standardError: value.1, samples: estimate.samples,
                        seconds: begun.elapsed)
                }
            }
        }
        if settings.has(.sharpness) {
            try measure("SAM sharpness", ["sharpness/sam"], attempt) { begun in
                let sam = SAMSharpness(radius: SharpnessDefaults.sam)
                let result = try sam.evaluate(objective, at: θ, loss: baseLoss(), gradient: baseGradient())
                try file.setScalar(
                    variant: name, path: "sharpness/sam", value: result.rise, standardError: result.standardError,
                    samples: objective.function.windowCount, seconds: begun.elapsed,
                    attributes: ["first_order": .double(result.firstOrder)], status: result.rise.isNaN ? .failed : .done
                )
            }
            for (path, isAdaptive, radius) in SharpnessDefaults.average {
                try measure(path, [path], attempt) { begun in
                    let result = try AverageSharpness(radius: radius, isAdaptive: isAdaptive)
                        .evaluate(objective, at: θ, loss: baseLoss(), seed: settings.seed)
                    try file.setScalar(
                        variant: name, path: path, value: result.mean, standardError: result.standardError,
                        samples: result.count,
                        seconds: begun.elapsed, status: result.mean.isNaN ? .failed : .done)
                }
            }
        }
        if settings.has(.line) {
            try attempt("line") {
                try line("random", .affine(centre: θ, axes: [axes[0]]), run.lineCoordinates)
            }
        }
        if settings.has(.path) && variant == run.pathHolder {
            try attempt("path") {
                let ends = try SliceGeometry.path(
                    first: run.workspace.pretrained.flat, second: try run.weights.auxiliary)
                try line("path", ends, run.pathCoordinates)
            }
        }
        if settings.has(.plane) {
            try attempt("plane") {
                try plane("random", .affine(centre: θ, axes: axes))
            }
        }
    }

    /// Runs a measure unless all its numbers are done.
    private func measure(
        _ title: String, _ paths: [String], _ attempt: (String, @escaping () throws -> Void) throws -> Void,
        _ body: @escaping (Stopwatch) throws -> Void
    ) throws {
        let isDone = try paths.allSatisfy { try file.scalarStatus(variant: name, path: $0) == .done }
        guard !isDone else { return }
        try attempt(title) {
            do { try body(Stopwatch()) } catch let error where !(error is ArchiveError) {
                if case LandscapeError.interrupted = error { throw error }
                for path in paths { try file.setScalar(variant: name, path: path, value: .nan, status: .failed) }
                throw error
            }
        }
    }

    private func eigenvalues(_ θ: Tensor, gradient: () throws -> Tensor) throws {
        let paths = ["curvature/eigenvalues", "curvature/eigenvalues_smallest"]
        guard try !paths.allSatisfy({ try file.arrayStatus(variant: name, path: $0) == .done }) else { return }
        let begun = Stopwatch()
        let progress = Log.Progress("\(name) eigenvalues, products", total: settings.maxProducts)
        do {
            let spectrum = try Curvature.eigenpairs(
                objective, at: θ, gradient: gradient(), largest: settings.eigen, smallest: settings.eigen,
                tolerance: settings.tolerance,
                basisSize: run.basisSize(),
                maximumProducts: settings.maxProducts, graphMemory: run.graphMemory(), seed: settings.seed,
                progress: { progress.set($0) })
            let count = min(settings.eigen, objective.dimension)
            for (pairs, path) in zip([spectrum.largest, spectrum.smallest], paths) {
                func padded(_ values: [Double], _ filler: Double) -> [Double] {
                    Array(values.prefix(count)) + [Double](repeating: filler, count: max(0, count - values.count))
                }
                let suffix = String(path.dropFirst("curvature/eigenvalues".count))
                try file.setArray(
                    variant: name, path: path, values: padded(pairs.map(\.value), .nan),
                    companions: [
                        "residuals\(suffix)": padded(pairs.map(\.residual), .nan),
                        "converged\(suffix)": padded(pairs.map { $0.converged ? 1 : 0 }, 0),
                    ], seconds: begun.elapsed,
                    attributes: ["products": .int(spectrum.applications), "restarts": .int(spectrum.restarts)])
            }
            let largest = spectrum.largest.first?.value ?? .nan
            let smallest = spectrum.smallest.first?.value ?? .nan
            Log.info(
                "\(name): eigenvalues \(Number.text(smallest)) to \(Number.text(largest)), \(spectrum.applications) products"
                    + (spectrum.converged ? "" : ", not all converged"))
        } catch let error where !(error is ArchiveError) {
            if case LandscapeError.interrupted = error { throw error }
            for path in paths { try file.setStatus(.failed, of: .array(variant: name, path: path)) }
            throw error
        }
    }

    private func line(_ line: String, _ geometry: SliceGeometry, _ coordinates: [Double]) throws {
        try slice(
            "lines/\(line)", geometry, coordinates.map { [$0] }, file.lineStatuses(variant: name, line: line)
        ) { index, value in
            try file.setLinePoint(
                variant: name, line: line, index: index, loss: value.mean, standardError: value.standardError,
                status: value.mean.isNaN ? .failed : .done)
        }
    }

    private func plane(_ plane: String, _ geometry: SliceGeometry) throws {
        let columns = run.xs.count
        let points = run.ys.flatMap { y in run.xs.map { x in [x, y] } }
        try slice("planes/\(plane)", geometry, points, file.planeStatuses(variant: name, plane: plane)) {
            index, value in
            try file.setPlanePoint(
                variant: name, plane: plane, row: index / columns, column: index % columns, loss: value.mean,
                standardError: value.standardError, status: value.mean.isNaN ? .failed : .done)
        }
    }

    /// Evaluates the points that are pending. Infinite losses are values; NaN is a failure of the point.
    private func slice(
        _ title: String, _ geometry: SliceGeometry, _ coordinates: [[Double]], _ statuses: [ItemStatus],
        store: @escaping (Int, LossValue) throws -> Void
    ) throws {
        let pending = coordinates.indices.filter { statuses[$0] == .pending }
        guard !pending.isEmpty else { return }
        let progress = Log.Progress(
            "\(name) \(title)", total: coordinates.count, done: coordinates.count - pending.count)
        var failed = 0
        try Slices.evaluate(objective, geometry, points: pending.map { ($0, coordinates[$0]) }) { index, value in
            try store(index, value)
            if value.mean.isNaN { failed += 1 }
            progress.advance()
        }
        if failed > 0 { Log.warning("\(name): the loss is NaN at \(failed) points of \(title); they have status 2") }
    }

    private func hasPendingWork() throws -> Bool {
        for scalar in plan.scalars where try file.scalarStatus(variant: name, path: scalar.path) != .done {
            return true
        }
        for array in plan.arrays where try file.arrayStatus(variant: name, path: array.path) != .done { return true }
        for line in plan.lines where try file.lineStatuses(variant: name, line: line.name).contains(.pending) {
            return true
        }
        for plane in plan.planes where try file.planeStatuses(variant: name, plane: plane.name).contains(.pending) {
            return true
        }
        return false
    }
}

/// Wall-clock time since its making.
struct Stopwatch {
    private let begun = Date()
    var elapsed: Double { Date().timeIntervalSince(begun) }
}
