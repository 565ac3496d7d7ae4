import Archive
import Foundation
import Landscape
import Reports
import Smoothing
import Tensor

/// How far the losses of a slice in bfloat16 are from those in float32, measured at a few of its points.
///
/// The same windows, axes and coordinates; the weights come from the checkpoint in float32. What is compared is the loss as stored,
/// so the rounding of weights, of activations and of the axes' combination all show.
final class PrecisionCheck: @unchecked Sendable {
    /// Points of a slice that are checked.
    static let points = 5

    /// The attributes of a slice to be planned.
    static let attributes: [String: AttributeValue] = [
        "precision_error": .double(.nan), "precision_error_relative": .double(.nan),
        "precision_points": .int(0),
    ]

    // Used by the run's own thread only.
    private let make: () throws -> ProbeRun
    private var known: (run: ProbeRun, objective: Objective)?

    /// - Parameter make: the same run in float32; called at the first use, since it holds weights of its own.
    init(_ make: @escaping () throws -> ProbeRun) { self.make = make }

    private func reference() throws -> (run: ProbeRun, objective: Objective) {
        if let known { return known }
        let run = try make()
        let result = (run, try run.workspace.makeObjective(workers: run.workers, ranks: run.ranks))
        known = result
        return result
    }

    /// The slice around a variant's own weights, or around a given centre.
    func geometry(_ variant: Variant, centre: Tensor?, axes: [Tensor]) throws -> SliceGeometry {
        let own = try centre?.to(.float32) ?? reference().run.weights.flat(variant)
        return .affine(centre: own, axes: try axes.map { try $0.to(.float32) })
    }

    /// The path from θ₂ to θ₁.
    func path() throws -> SliceGeometry { try reference().run.pathGeometry() }

    /// Whether a slice with these attributes is still to be measured.
    static func isPending(_ attributes: [String: AttributeValue]) -> Bool {
        attributes["precision_error"]?.number?.isNaN == true
    }

    /// Measures a finished slice.
    ///
    /// - Parameter losses: NaN where a point is not to be chosen.
    func store(
        _ geometry: () throws -> SliceGeometry, coordinates: [[Double]], losses: [Double], of object: RunObject,
        in file: RunFile, title: String
    ) throws {
        let finite = coordinates.indices.filter { losses[$0].isFinite }
        guard !finite.isEmpty else { return }
        let count = min(PrecisionCheck.points, finite.count)
        var chosen: [Int] = []
        for step in 0..<count {
            let index = finite[count == 1 ? finite.count / 2 : step * (finite.count - 1) / (count - 1)]
            if chosen.last != index { chosen.append(index) }
        }
        let slice = try geometry()
        let objective = try reference().objective
        var (largest, relative) = (0.0, 0.0)
        try Slices.evaluate(objective, slice, points: chosen.map { ($0, coordinates[$0]) }) { index, value in
            let error = abs(losses[index] - value.mean)
            largest = max(largest, error)
            relative = max(relative, error / abs(value.mean))
        }
        guard largest.isFinite else { return }
        try file.setAttribute("precision_error_relative", of: object, to: .double(relative))
        try file.setAttribute("precision_points", of: object, to: .int(chosen.count))
        // Last: it tells that the others are there.
        try file.setAttribute("precision_error", of: object, to: .double(largest))
        Log.info(
            "\(title): bfloat16 differs from float32 by at most \(Number.text(largest)) (\(Number.text(100 * relative)) %) at \(chosen.count) points"
        )
    }
}
