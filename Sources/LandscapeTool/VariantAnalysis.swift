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

    private var settings: ProbeSettings { run.settings }
    private var name: String { variant.name }

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

    private func slices(_ point: VariantPoint) throws {
        let surrounds = axes.flatMap { run.carries(variant, $0) ? $0 : nil }
        let centre = surrounds?.centre ?? point.θ
        if settings.has(.line), let axes = surrounds {
            try attempt("line") {
                if settings.drawsSeveralDirections {
                    try lineAlongSeveral(axes.name, centre, axes.vectors[0])
                } else {
                    try line(
                        axes.name, .affine(centre: centre, axes: [axes.vectors[0]]), run.lineCoordinates,
                        pairing(points: settings.points))
                }
                try checkPrecision(line: axes.name) {
                    try $0.geometry(variant, centre: axes.centre, axes: [axes.vectors[0]])
                }
            }
        }
        if settings.has(.path) && variant == run.pathHolder {
            try attempt("path") {
                let ends = try SliceGeometry.path(
                    first: run.workspace.pretrained.flat, second: try run.weights.auxiliary)
                try line("path", ends, run.pathCoordinates)
                try checkPrecision(line: "path") { try $0.path() }
            }
        }
        if settings.has(.plane), let axes = surrounds {
            let geometry = SliceGeometry.affine(centre: centre, axes: axes.vectors)
            try attempt("plane") {
                if let tolerance = settings.adaptiveTolerance {
                    try AdaptivePlane(tolerance: tolerance).run(
                        run, objective, geometry, variant: name, plane: axes.name, file: file)
                } else {
                    try plane(axes.name, geometry, pairing(points: settings.grid.x * settings.grid.y))
                }
                try checkPrecision(plane: axes.name) {
                    try $0.geometry(variant, centre: axes.centre, axes: axes.vectors)
                }
            }
        }
        if settings.has(.theory) && variant == run.pathHolder {
            try attempt("theory") {
                try TheoryMeasure(settings: settings).run(run, objective, name: name, file: file)
            }
        }
        if settings.has(.convexity), let axes = surrounds {
            try attempt("convexity") {
                try ConvexityMeasure(settings: settings).run(
                    objective, run, .affine(centre: centre, axes: axes.vectors), name: name, file: file)
            }
        }
    }

    // MARK: Precision

    private func checkPrecision(line: String, _ geometry: (PrecisionCheck) throws -> SliceGeometry) throws {
        guard let record = try file.record().variant(name)?.line(line) else { return }
        try checkPrecision(
            "lines/\(line)", record.attributes, record.column("loss"), record.status,
            coordinates: record.t.map { [$0] }, of: .line(variant: name, name: line), geometry)
    }

    private func checkPrecision(plane: String, _ geometry: (PrecisionCheck) throws -> SliceGeometry) throws {
        guard let record = try file.record().variant(name)?.plane(plane) else { return }
        try checkPrecision(
            "planes/\(plane)", record.attributes, record.column("loss"), record.status,
            coordinates: record.y.flatMap { y in record.x.map { [$0, y] } }, of: .plane(variant: name, name: plane),
            geometry)
    }

    private func checkPrecision(
        _ slice: String, _ attributes: [String: AttributeValue], _ loss: [Double]?, _ status: [ItemStatus],
        coordinates: [[Double]], of object: RunObject, _ geometry: (PrecisionCheck) throws -> SliceGeometry
    ) throws {
        // A shard holds no whole slice.
        guard let check = run.precisionCheck, let loss, settings.shard == nil else { return }
        let known = try run.shared("precision/\(name)/\(slice)") {
            guard PrecisionCheck.isPending(attributes) else { return [] }
            // Interpolated points have errors of another kind.
            return zip(loss, status).map { $1 == .done ? $0 : .nan }
        }
        guard !known.isEmpty else { return }
        try check.store(
            { try geometry(check) }, coordinates: coordinates, losses: known, of: object, in: file,
            title: "\(name) \(slice)")
    }

    // MARK: Failures

    /// What goes wrong in one measure is said, and the others go on; a broken file or a wish to stop end the run.
    private func attempt(_ measure: String, _ body: () throws -> Void) throws {
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

    // MARK: Lines and planes

    /// What a slice has to do with those of other variants.
    private enum Pairing { case none, isReference, compares }

    private func pairing(points: Int) -> Pairing {
        guard run.isPaired(points: points) else { return .none }
        return variant == settings.variants[0] ? .isReference : .compares
    }

    private func line(
        _ line: String, _ geometry: SliceGeometry, _ coordinates: [Double], _ pairing: Pairing = .none
    ) throws {
        guard !settings.derivatives else { return try lineWithDerivatives(line, geometry, coordinates) }
        try slice(
            "lines/\(line)", geometry, coordinates.map { [$0] }, file.lineStatuses(variant: name, line: line), pairing
        ) { index, values, status in
            try file.setLinePoints(
                variant: name, line: line, [LinePoint(index: index, values: values, status: status)])
        }
    }

    /// Point by point, each on all threads, since derivatives need more memory than losses.
    private func lineWithDerivatives(_ line: String, _ geometry: SliceGeometry, _ coordinates: [Double]) throws {
        let statuses = try file.lineStatuses(variant: name, line: line)
        let pending = run.pending(statuses, of: name)
        guard !pending.isEmpty else { return }
        let progress = run.progress("\(name) lines/\(line)", statuses, of: name)
        let direction = try geometry.direction()
        for index in pending {
            let θ = try geometry.point([coordinates[index]])
            let loss = try objective.loss(at: θ)
            var values = ["loss": loss.mean, "standard_error": loss.standardError]
            var status = loss.mean.isNaN ? ItemStatus.failed : .done
            // Where the loss is infinite it has no derivatives, and is a value all the same.
            if loss.mean.isFinite {
                do {
                    let found = try LineDerivatives(objective, at: θ, along: direction)
                    values["gradient_norm"] = found.gradientNorm
                    values["slope"] = found.slope
                    values["curvature"] = found.curvature
                } catch LandscapeError.nonFiniteDerivative(let what) {
                    Log.warning("\(name): lines/\(line) at \(coordinates[index]): \(what) is not finite")
                    status = .failed
                }
            }
            try file.setLinePoints(
                variant: name, line: line, [LinePoint(index: index, values: values, status: status)])
            progress.advance()
        }
    }

    /// The loss along the first direction, and the spread over others drawn in the same way. Index 0 is the first axis; 1 would be
    /// the second axis of planes, which is as random, so further ones begin there.
    private func lineAlongSeveral(_ line: String, _ centre: Tensor, _ first: Tensor) throws {
        let statuses = try file.lineStatuses(variant: name, line: line)
        let coordinates = run.lineCoordinates
        let pending = run.pending(statuses, of: name)
        guard !pending.isEmpty else { return }
        let count = settings.directionSeeds
        let directions = try [first] + (1..<count).map { try run.randomDirection($0) }
        let progress = run.progress("\(name) lines/\(line), \(count) directions", statuses, of: name)
        var known: [Int: [Double]] = [:]
        var losses: [Int: LossValue] = [:]
        // The point t along direction s has the coordinates t eₛ.
        let points = pending.flatMap { index in
            (0..<count).map { s in
                (index: index * count + s, coordinates: (0..<count).map { $0 == s ? coordinates[index] : 0 })
            }
        }
        try Slices.evaluate(objective, .affine(centre: centre, axes: directions), points: points) { id, value in
            let index = id / count
            known[index, default: [Double](repeating: .nan, count: count)][id % count] = value.mean
            losses[id] = value
            guard (0..<count).allSatisfy({ losses[index * count + $0] != nil }), let values = known[index],
                let own = losses[index * count]
            else { return }
            for s in 0..<count { losses[index * count + s] = nil }
            let statistics = SampleStatistics(values)
            let columns = [
                "loss": own.mean, "standard_error": own.standardError, "directions_mean": statistics.mean,
                "directions_deviation": statistics.standardError * Double(count).squareRoot(),
                "directions_min": values.min() ?? .nan, "directions_max": values.max() ?? .nan,
            ]
            let status: ItemStatus = values.contains(where: \.isNaN) ? .failed : .done
            try file.setLinePoints(
                variant: name, line: line, [LinePoint(index: index, values: columns, status: status)])
            progress.advance()
        }
    }

    private func plane(_ plane: String, _ geometry: SliceGeometry, _ pairing: Pairing) throws {
        let columns = run.xs.count
        let points = run.ys.flatMap { y in run.xs.map { x in [x, y] } }
        try slice(
            "planes/\(plane)", geometry, points, file.planeStatuses(variant: name, plane: plane), pairing
        ) { index, values, status in
            let point = PlanePoint(row: index / columns, column: index % columns, values: values, status: status)
            try file.setPlanePoints(variant: name, plane: plane, [point])
        }
    }

    /// Evaluates the points that are pending. Infinite losses are values; NaN is a failure of the point.
    private func slice(
        _ title: String, _ geometry: SliceGeometry, _ coordinates: [[Double]], _ statuses: [ItemStatus],
        _ pairing: Pairing, store: @escaping (Int, [String: Double], ItemStatus) throws -> Void
    ) throws {
        let pending = run.pending(statuses, of: name)
        guard !pending.isEmpty else { return }
        if pairing == .compares { try pair(title, geometry, coordinates, pending) }
        let progress = run.progress("\(name) \(title)", statuses, of: name)
        var failed = 0
        try Slices.evaluate(objective, geometry, points: pending.map { ($0, coordinates[$0]) }) { index, value in
            var values = ["loss": value.mean, "standard_error": value.standardError]
            switch pairing {
            case .none: break
            case .isReference: run.pairs.keep(title, index, value)
            case .compares: values.merge(run.pairs.values(title, index, value)) { $1 }
            }
            try store(index, values, value.mean.isNaN ? .failed : .done)
            if value.mean.isNaN { failed += 1 }
            progress.advance()
        }
        if failed > 0 { Log.warning("\(name): the loss is NaN at \(failed) points of \(title); they have status 2") }
    }

    /// Finds the first variant's losses where they are not known any more: what was done before an interruption.
    private func pair(
        _ slice: String, _ geometry: SliceGeometry, _ coordinates: [[Double]], _ pending: [Int]
    ) throws {
        let missing = try run.shared("pairs/\(name)/\(slice)") {
            run.pairs.missing(slice, among: pending).map(Double.init)
        }.map { Int($0) }
        guard !missing.isEmpty, case .affine(_, let axes) = geometry else { return }
        let first = SliceGeometry.affine(centre: try run.weights.flat(settings.variants[0]), axes: axes)
        try Slices.evaluate(objective, first, points: missing.map { ($0, coordinates[$0]) }) { index, value in
            run.pairs.keep(slice, index, value)
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
        for line in plan.lines
        where try !run.pending(file.lineStatuses(variant: name, line: line.name), of: name).isEmpty {
            return true
        }
        for plane in plan.planes
        where try !run.pending(file.planeStatuses(variant: name, plane: plane.name), of: name).isEmpty {
            return true
        }
        // A killed run may lack no point but what is to be said of the error.
        guard let record = try file.record().variant(name) else { return false }
        if settings.adaptiveTolerance != nil, let axes, record.plane(axes.name).map(AdaptivePlane.isPending) == true {
            return true
        }
        return run.precisionCheck != nil && settings.shard == nil
            && (record.lines.map(\.attributes) + record.planes.map(\.attributes)).contains(
                where: PrecisionCheck.isPending)
    }
}

/// Wall-clock time since its making.
struct Stopwatch {
    private let begun = Date()
    var elapsed: Double { Date().timeIntervalSince(begun) }
}
