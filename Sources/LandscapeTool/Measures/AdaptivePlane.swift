import Archive
import Foundation
import Landscape
import Reports

/// `--adaptive`: a plane of which some points are evaluated and the others interpolated.
struct AdaptivePlane {
    let tolerance: Double

    /// Attributes of the plane to be planned; the error is NaN until the plane is finished.
    static func attributes(tolerance: Double) -> [String: AttributeValue] {
        [
            "adaptive_tolerance": .double(tolerance), "adaptive_error": .double(.nan), "adaptive_evaluated": .int(0),
            "adaptive_checked": .int(0), "adaptive_converged": .int(0), "adaptive_logarithmic": .int(0),
        ]
    }

    /// Whether points or attributes are missing.
    static func isPending(_ plane: GridRecord) -> Bool {
        plane.status.contains(.pending) || plane.attributes["adaptive_error"]?.number?.isNaN ?? true
    }

    /// Evaluates what the surface asks for and the file does not hold; then writes what is known about the error, and the interpolated
    /// points last, so that a killed run finds the same losses and asks for the same points.
    /// Several ranks refine alike, by the losses that rank 0 tells them.
    func run(
        _ run: ProbeRun, _ objective: Objective, _ geometry: SliceGeometry, variant: String, plane name: String,
        file: RunFile
    ) throws {
        guard let plane = try file.record().variant(variant)?.plane(name) else { return }
        let key = "adaptive/\(variant)/\(name)"
        guard try run.shared(key, { [AdaptivePlane.isPending(plane) ? 1 : 0] })[0] == 1 else { return }
        let (x, y, stored) = (plane.x, plane.y, plane.column("loss") ?? [])
        var known: [Int: Double] = [:]
        for (index, status) in plane.status.enumerated() {
            switch status {
            case .done: known[index] = stored[index]
            case .failed: known[index] = .nan
            case .pending, .interpolated: break
            }
        }
        let progress = Log.Progress(
            "\(variant) planes/\(name), at most", total: x.count * y.count, done: known.count)
        var round = 0
        let surface = try AdaptiveSurface(x: x, y: y, tolerance: tolerance) { wanted in
            let missing = wanted.filter { known[$0] == nil }
            let points = missing.map { (index: $0, coordinates: [x[$0 % x.count], y[$0 / x.count]]) }
            try Slices.evaluate(objective, geometry, points: points) { index, value in
                try file.setPlanePoint(
                    variant: variant, plane: name, row: index / x.count, column: index % x.count, loss: value.mean,
                    standardError: value.standardError, status: value.mean.isNaN ? .failed : .done)
                known[index] = value.mean
                progress.advance()
            }
            round += 1
            let losses = try run.shared("\(key)/\(round)") { wanted.map { known[$0] ?? .nan } }
            for (index, loss) in zip(wanted, losses) { known[index] = loss }
            return losses
        }
        report(surface, "\(variant): planes/\(name)")
        let converged = surface.outcome == .converged || surface.outcome == .tooSmall
        let found: [(String, AttributeValue)] = [
            ("adaptive_evaluated", .int(surface.evaluationCount)), ("adaptive_checked", .int(surface.checkCount)),
            ("adaptive_converged", .int(converged ? 1 : 0)),
            ("adaptive_logarithmic", .int(surface.isLogarithmic ? 1 : 0)), ("adaptive_error", .double(surface.error)),
        ]
        for (attribute, value) in found {
            try file.setAttribute(attribute, of: .plane(variant: variant, name: name), to: value)
        }
        let filled = surface.values.indices.filter { !surface.isEvaluated[$0] && plane.status[$0] == .pending }
        try file.setPlanePoints(
            variant: variant, plane: name,
            filled.map { index in
                PlanePoint(
                    row: index / x.count, column: index % x.count, values: ["loss": surface.values[index]],
                    status: .interpolated)
            })
    }

    private func report(_ surface: AdaptiveSurface, _ title: String) {
        let (evaluated, count) = (surface.evaluationCount, surface.values.count)
        let failed = surface.values.count { $0.isNaN }
        if failed > 0 { Log.warning("\(title): the loss is NaN at \(failed) points; they have status 2") }
        switch surface.outcome {
        case .converged:
            Log.info(
                "\(title): \(evaluated) of \(count) points evaluated, the others interpolated; error at most about \(Number.percent(surface.error)) of the range, from \(surface.checkCount) points left out"
            )
        case .tooSmall:
            Log.info("\(title): \(count) points are too few for --adaptive to save any; all were evaluated")
        case .tooRough:
            Log.warning(
                "\(title): too rough for --adaptive: three quarters of the points did not bring the error below \(Number.percent(tolerance)) of the range, so all \(count) were evaluated"
            )
        case .notFinite:
            Log.warning(
                "\(title): the loss is not finite everywhere and cannot be interpolated, so all \(count) points were evaluated"
            )
        }
    }
}
