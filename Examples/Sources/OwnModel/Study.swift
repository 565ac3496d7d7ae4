import Archive
import Foundation
import Krylov
import Landscape
import Tensor

/// What is measured at some points in parameter space, and the file it goes into.
struct Study {
    let objective: Objective
    let points: [(name: String, θ: Tensor)]

    private let line = GridPlan(
        name: "random", t: Slices.coordinates(from: -1, to: 1, count: 21), attributes: ["axis": "filter"])
    private let plane = GridPlan(
        name: "random", x: Slices.coordinates(from: -1, to: 1, count: 11),
        y: Slices.coordinates(from: -1, to: 1, count: 11), attributes: ["x_axis": "filter", "y_axis": "filter"])

    /// The whole file is planned before anything is computed, so that a stopped run leaves a file that opens.
    private var plan: RunPlan {
        RunPlan(
            title: "A network of one's own", seed: 1,
            attributes: ["windows": .int(objective.function.windowCount)],
            variants: points.map { point in
                VariantPlan(
                    name: point.name, kind: point.name, parameters: objective.dimension,
                    scalars: [
                        ScalarPlan(path: "loss", longName: "mean squared error"),
                        ScalarPlan(path: "curvature/trace", longName: "trace of the Hessian"),
                    ],
                    arrays: [.eigenvalues(count: 3)], lines: [line], planes: [plane])
            })
    }

    func run(writing path: String) throws {
        let file = try RunFile.create(at: path, plan: plan, overwrite: true)
        for point in points { try measure(point.name, at: point.θ, into: file) }
        try file.complete()
        try file.close()
        print("results in \(path)")
    }

    private func measure(_ name: String, at θ: Tensor, into file: RunFile) throws {
        let loss = try objective.loss(at: θ)
        try file.setScalar(
            variant: name, path: "loss", value: loss.mean, standardError: loss.standardError,
            samples: loss.perWindow.count)

        let problem = Curvature.Problem(objective, at: θ, seed: 1)
        let spectrum = try Curvature.eigenpairs(
            problem, gradient: objective.gradient(at: θ), largest: 3, smallest: 0, tolerance: 1e-6,
            maximumProducts: 200)
        try file.setArray(
            variant: name, path: "curvature/eigenvalues", values: spectrum.largest.map(\.value),
            companions: [
                "residuals": spectrum.largest.map(\.residual),
                "converged": spectrum.largest.map { $0.converged ? 1 : 0 },
            ])
        let trace = try Curvature.trace(problem, budget: TraceBudget(maximumProducts: 100))
        try file.setScalar(
            variant: name, path: "curvature/trace", value: trace.trace.value,
            standardError: trace.trace.standardError, samples: trace.samples)

        // The same random directions for every point, scaled to its weights.
        let axes = try (0..<2).map { index in
            try Directions.random(
                .filter, layout: objective.function.layout, reference: θ, seed: 1, index: index)
        }
        for grid in [line, plane] {
            let slice = SliceGeometry.affine(centre: θ, axes: Array(axes.prefix(grid.kind.rawValue)))
            try Slices.evaluate(
                objective, slice, points: (0..<grid.count).map { ($0, grid.position($0)) }
            ) { index, value in
                let values = ["loss": value.mean, "standard_error": value.standardError]
                try file.setPoints(variant: name, of: grid.id, [GridPoint(index: index, values: values)])
            }
        }
        print(
            String(
                format: "%@: loss %.4f, largest eigenvalue %.3f, trace %.2f", name, loss.mean,
                spectrum.largest[0].value, trace.trace.value))
    }
}
