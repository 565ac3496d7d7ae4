import Archive
import Foundation

/// A small run with one object of every kind, whose numbers follow from their place: the tests know what must be where.
enum SampleRun {
    static let x: [Double] = [-1, -0.5, 0, 0.5, 1]
    static let y: [Double] = [-2, 0, 2]
    static let z: [Double] = [-5, 5]
    static let t: [Double] = [0, 0.25, 0.5, 0.75, 1, 1.25, 1.5]
    static let variantNames = ["pretrained", "sff:0.7", "file:/models/a b.safetensors"]

    static func plan(fingerprint: String = "f1") -> RunPlan {
        RunPlan(
            title: "sample \u{3B8}\u{2081}", command: "landscape probe --seed 7", seed: .max,
            software: ["landscape": "0.1", "libtorch": "2.13.0"], manifestJSON: #"{"windows":256,"text":"\u00e9 é"}"#,
            fingerprint: fingerprint, created: Date(timeIntervalSince1970: 1_800_000_000),
            attributes: ["windows": 256, "device": "cpu"],
            variants: variantNames.map { name in
                VariantPlan(
                    name: name, kind: String(name.prefix { $0 != ":" }), alpha: name == "sff:0.7" ? 0.7 : nil,
                    weightsSHA256: String(repeating: "ab", count: 32), parameters: 67_400_000,
                    attributes: ["work_forward": 0],
                    scalars: [
                        ScalarPlan(path: "loss", longName: "mean loss", attributes: ["windows": 256]),
                        ScalarPlan(path: "gradient_norm", longName: "norm of the gradient"),
                        ScalarPlan(path: "curvature/trace", longName: "trace of the Hessian"),
                        ScalarPlan(
                            path: "sharpness/sam", longName: "sharpness",
                            attributes: ["rho": 0.05, "definition": "max over the ball", "evaluations": 0]),
                    ],
                    arrays: [
                        .eigenvalues(count: 3),
                        .eigenvalues(count: 2, suffix: "_smallest", longName: "smallest eigenvalues"),
                        ArrayPlan(
                            path: "curvature/density/density", dimensions: [.later("eigenvalue", count: 4)],
                            longName: "spectral density", attributes: ["bandwidth": .double(.nan)]),
                        ArrayPlan(
                            path: "curvature/density/nodes",
                            dimensions: [.index("probe", count: 2), .index("step", count: 3)], longName: "Ritz values",
                            companions: [CompanionPlan(name: "weights", longName: "quadrature weights")]),
                    ],
                    lines: [
                        GridPlan(name: "path", t: t, attributes: ["axis": "from theta_2 to theta_1", "seed": 7])
                    ],
                    planes: [
                        GridPlan(
                            name: "filter", x: x, y: y,
                            attributes: ["x_axis": "filter", "y_axis": "filter", "seed": 7, "cosine": .double(.nan)])
                    ],
                    volumes: [
                        GridPlan(
                            name: "eigen", x: x, y: y, z: z,
                            attributes: ["z_axis": "eigenvector 3", "seed": 7, "cosine_xz": .double(.nan)])
                    ])
            })
    }

    // MARK: - The numbers

    static func scalar(_ variant: Int, _ path: String) -> Double {
        switch path {
        case "loss": -0.25 * Double(variant)
        case "gradient_norm": variant == 1 ? .infinity : 3.5
        case "curvature/trace": -1e-300
        default: 0
        }
    }

    static func line(_ variant: Int, _ index: Int) -> Double { Double(variant) - t[index] * t[index] }

    static func plane(_ variant: Int, row: Int, column: Int) -> Double {
        if row == 0 && column == 4 { return .infinity }
        return Double(variant) + 100 * y[row] + x[column]
    }

    static func volume(_ variant: Int, x i: Int, y j: Int, z k: Int) -> Double {
        Double(variant) + 1000 * z[k] + 100 * y[j] + x[i]
    }

    // MARK: - Writing

    /// Writes everything that is pending, in a fixed order; `pause` microseconds between the items.
    static func write(_ file: RunFile, pause: UInt32 = 0) throws {
        for (number, variant) in variantNames.enumerated() {
            for path in ["loss", "gradient_norm", "curvature/trace", "sharpness/sam"]
            where try file.scalarStatus(variant: variant, path: path) != .done {
                try file.setScalar(
                    variant: variant, path: path, value: scalar(number, path), standardError: 0.5, samples: 10 + number,
                    seconds: 1.5, attributes: path == "sharpness/sam" ? ["evaluations": 20] : [:])
                usleep(pause)
            }
            try writeArrays(file, variant: variant, number: number)
            for index in t.indices where try file.lineStatuses(variant: variant, line: "path")[index] != .done {
                try file.setLinePoint(
                    variant: variant, line: "path", index: index, loss: line(number, index), standardError: 0.125)
                usleep(pause)
            }
            for row in y.indices {
                for column in x.indices
                where try file.planeStatuses(variant: variant, plane: "filter")[row * x.count + column] != .done {
                    try file.setPlanePoint(
                        variant: variant, plane: "filter", row: row, column: column,
                        loss: plane(number, row: row, column: column), standardError: 0.25)
                    usleep(pause)
                }
            }
            for (index, status) in try file.statuses(variant: variant, of: .volume("eigen")).enumerated()
            where status != .done {
                let (i, j, k) = (index % x.count, index / x.count % y.count, index / (x.count * y.count))
                let values = ["loss": volume(number, x: i, y: j, z: k), "standard_error": 0.0625]
                try file.setPoints(
                    variant: variant, of: .volume("eigen"), [GridPoint(index: index, values: values)])
                usleep(pause)
            }
            try file.setAttribute("cosine_xz", of: .grid(variant: variant, .volume("eigen")), to: 0.02)
            try file.setAttribute("cosine", of: .plane(variant: variant, name: "filter"), to: 0.01)
            try file.setAttribute("work_forward", of: .variant(variant), to: 1234)
        }
    }

    private static func writeArrays(_ file: RunFile, variant: String, number: Int) throws {
        func pending(_ path: String) throws -> Bool { try file.arrayStatus(variant: variant, path: path) != .done }
        if try pending("curvature/eigenvalues") {
            try file.setArray(
                variant: variant, path: "curvature/eigenvalues", values: [9 + Double(number), 4, 0],
                companions: ["residuals": [1e-6, 1e-5, .nan], "converged": [1, 1, 0]], seconds: 2)
        }
        if try pending("curvature/eigenvalues_smallest") {
            try file.setArray(
                variant: variant, path: "curvature/eigenvalues_smallest", values: [-3, -2],
                companions: ["residuals_smallest": [1e-4, 1e-3], "converged_smallest": [1, 0]])
        }
        if try pending("curvature/density/density") {
            try file.setArray(
                variant: variant, path: "curvature/density/density", values: [0.1, 0.2, 0.3, 0.4],
                coordinates: ["eigenvalue": [-3, 0, 3, 9]], attributes: ["bandwidth": 0.5])
        }
        if try pending("curvature/density/nodes") {
            try file.setArray(
                variant: variant, path: "curvature/density/nodes", values: [1, 2, 3, 4, 5, 6],
                companions: ["weights": [0.5, 0.25, 0.25, 1, 0, 0]])
        }
    }
}
