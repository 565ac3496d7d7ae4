import Archive
import Foundation
import Landscape
import Smoothing
import Tensor

// Lines, planes and volumes around one variant, and those that stand under it for all.
extension VariantAnalysis {
    func slices(_ point: VariantPoint) throws {
        let surrounds = axes.flatMap { run.carries(variant, $0) ? $0 : nil }
        if settings.has(.line), let axes = surrounds { try slice(.line, axes, around: point.θ) }
        if settings.has(.path) && variant == run.pathHolder {
            try attempt("path") {
                try evaluate(ProbeRun.path, run.pathGeometry())
                try checkPrecision(ProbeRun.path) { try $0.path() }
            }
        }
        if settings.has(.plane), let axes = surrounds { try slice(.plane, axes, around: point.θ) }
        if settings.has(.volume), let axes = surrounds { try slice(.volume, axes, around: point.θ) }
        if settings.has(.theory) && variant == run.pathHolder {
            try attempt("theory") {
                try TheoryMeasure(settings: settings).run(run, objective, name: name, file: file)
            }
        }
        if settings.has(.convexity), let axes = surrounds {
            try attempt("convexity") {
                try ConvexityMeasure(settings: settings).run(
                    objective, run, axes.geometry(.plane, around: point.θ), name: name, file: file)
            }
        }
    }

    /// The slice of a kind along the axes.
    private func slice(_ kind: GridKind, _ axes: SliceAxes, around θ: Tensor) throws {
        let id = GridID(kind, axes.name)
        let vectors = Array(axes.vectors.prefix(kind.rawValue))
        let geometry = axes.geometry(kind, around: θ)
        try attempt("\(kind)") {
            try releaseUnused()
            if kind == .plane, let tolerance = settings.adaptiveTolerance {
                try AdaptivePlane(tolerance: tolerance).run(
                    run, objective, geometry, variant: name, plane: id.name, file: file)
            } else if settings.drawsSeveralDirections {
                try alongSeveral(id, axes.centre ?? θ, vectors)
            } else {
                try evaluate(id, geometry, pairing(points: grid(id)?.count ?? 0))
            }
            try checkPrecision(id) { try $0.geometry(variant, centre: axes.centre, axes: vectors) }
        }
    }

    /// Frees what a slice along axes does not need, as every worker needs a vector: θ₂, and θ₁ unless it is the centre. Both come back
    /// when they are asked for.
    private func releaseUnused() throws {
        run.weights.releaseAuxiliary()
        if variant != .pretrained { try run.weights.pretrained.release() }
    }

    private func grid(_ id: GridID) -> GridPlan? { plan.grids.first { $0.id == id } }

    // MARK: Precision

    private func checkPrecision(_ id: GridID, _ geometry: (PrecisionCheck) throws -> SliceGeometry) throws {
        // A shard holds no whole slice.
        guard let check = run.precisionCheck, settings.shard == nil,
            let record = try file.record().variant(name)?.grid(id),
            let loss = record.column("loss")
        else { return }
        let known = try run.shared("precision/\(name)/\(id)") {
            guard PrecisionCheck.isPending(record.attributes) else { return [] }
            // Interpolated points have errors of another kind.
            return zip(loss, record.status).map { $1 == .done ? $0 : .nan }
        }
        guard !known.isEmpty else { return }
        try check.store(
            { try geometry(check) }, coordinates: loss.indices.map(record.position), losses: known,
            of: .grid(variant: name, id), in: file, title: "\(name) \(id)")
    }

    // MARK: Points

    /// What a slice has to do with those of other variants.
    private enum Pairing { case none, isReference, compares }

    private func pairing(points: Int) -> Pairing {
        guard run.isPaired(points: points) else { return .none }
        return variant == settings.variants[0] ? .isReference : .compares
    }

    /// Evaluates the points of a slice that are pending. Infinite losses are values; NaN is a failure of the point.
    private func evaluate(_ id: GridID, _ geometry: SliceGeometry, _ pairing: Pairing = .none) throws {
        guard let grid = grid(id) else { return }
        let statuses = try file.statuses(variant: name, of: id)
        let pending = run.pending(statuses, of: name)
        guard !pending.isEmpty else { return }
        let progress = run.progress("\(name) \(id)", statuses, of: name)
        guard id.kind != .line || !settings.derivatives else {
            return try withDerivatives(grid, geometry, pending, progress)
        }
        if pairing == .compares { try pair(grid, geometry, pending) }
        let slice = "\(id)"
        var failed = 0
        try Slices.evaluate(objective, geometry, points: pending.map { ($0, grid.position($0)) }) { index, value in
            var values = ["loss": value.mean, "standard_error": value.standardError]
            switch pairing {
            case .none: break
            case .isReference: run.pairs.keep(slice, index, value)
            case .compares: values.merge(run.pairs.values(slice, index, value)) { $1 }
            }
            let status: ItemStatus = value.mean.isNaN ? .failed : .done
            try file.setPoints(variant: name, of: id, [GridPoint(index: index, values: values, status: status)])
            if status == .failed { failed += 1 }
            progress.advance()
        }
        if failed > 0 { Log.warning("\(name): the loss is NaN at \(failed) points of \(id); they have status 2") }
    }

    /// Point by point, each on all threads, since derivatives need more memory than losses.
    private func withDerivatives(
        _ line: GridPlan, _ geometry: SliceGeometry, _ pending: [Int], _ progress: Log.Progress
    ) throws {
        let direction = try geometry.direction()
        for index in pending {
            let θ = try geometry.point(line.position(index))
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
                    Log.warning("\(name): \(line.id) at \(line.t[index]): \(what) is not finite")
                    status = .failed
                }
            }
            try file.setPoints(variant: name, of: line.id, [GridPoint(index: index, values: values, status: status)])
            progress.advance()
        }
    }

    /// The loss along the axes, and the spread over other directions drawn in the same way.
    private func alongSeveral(_ id: GridID, _ centre: Tensor, _ axes: [Tensor]) throws {
        guard let grid = grid(id) else { return }
        let statuses = try file.statuses(variant: name, of: id)
        let pending = run.pending(statuses, of: name)
        guard !pending.isEmpty else { return }
        let (sets, count) = (settings.directionSeeds, axes.count)
        let geometry = SliceGeometry.affine(
            centre: centre, axes: try axes + run.randomDirections(count, sets: sets))
        // The draws were scaled to θ₁.
        try releaseUnused()
        let progress = run.progress("\(name) \(id), \(sets) sets of directions", statuses, of: name)
        var losses: [Int: LossValue] = [:]
        // A point of set s has its coordinates there and 0 in all other directions.
        let points = pending.flatMap { index in
            let position = grid.position(index)
            return (0..<sets).map { set in
                (
                    index: index * sets + set,
                    coordinates: (0..<(sets * count)).map { $0 / count == set ? position[$0 % count] : 0 }
                )
            }
        }
        try Slices.evaluate(objective, geometry, points: points) { place, value in
            losses[place] = value
            let index = place / sets
            let found = (0..<sets).compactMap { losses[index * sets + $0] }
            guard found.count == sets else { return }
            for set in 0..<sets { losses[index * sets + set] = nil }
            let values = found.map(\.mean)
            let statistics = SampleStatistics(values)
            let columns = [
                "loss": found[0].mean, "standard_error": found[0].standardError, "directions_mean": statistics.mean,
                "directions_deviation": statistics.standardError * Double(sets).squareRoot(),
                "directions_min": values.min() ?? .nan, "directions_max": values.max() ?? .nan,
            ]
            let status: ItemStatus = values.contains(where: \.isNaN) ? .failed : .done
            try file.setPoints(variant: name, of: id, [GridPoint(index: index, values: columns, status: status)])
            progress.advance()
        }
    }

    /// Finds the first variant's losses where they are not known any more: what was done before an interruption.
    private func pair(_ grid: GridPlan, _ geometry: SliceGeometry, _ pending: [Int]) throws {
        let slice = "\(grid.id)"
        let missing = try run.shared("pairs/\(name)/\(slice)") {
            run.pairs.missing(slice, among: pending).map(Double.init)
        }.map { Int($0) }
        guard !missing.isEmpty, case .affine(_, let axes) = geometry else { return }
        let first = SliceGeometry.affine(centre: try run.weights.flat(settings.variants[0]), axes: axes)
        try Slices.evaluate(objective, first, points: missing.map { ($0, grid.position($0)) }) { index, value in
            run.pairs.keep(slice, index, value)
        }
        try releaseUnused()
    }
}
