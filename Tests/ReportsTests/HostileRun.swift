import Archive
import Foundation

/// A result file of every kind of data, with names and numbers that are hard to print and to draw.
struct HostileRun {
    /// The first one is what the others are compared with.
    static let names = [
        "pretrained", "quote\"s ' \"\"\" '\u{301}; system('touch pwned') # \"\u{301} x=\"", "back\\slash\\",
        "`touch pwned` $(touch pwned) ${y}",
        "$x^2$ <b>&amp;</b> {z}",
        "ünï/çødé θ₁ 漢字 \u{202E}rtl", "_line\nbreak\ttab", "| pipe * _star_ # \\(x\\)",
    ]
    static let title = "Title $a$ \\(b\\) <script>alert(1)</script> `code` [link](http://x) \"\"\"\n# no heading"

    /// How many variants, from the first.
    var count = HostileRun.names.count
    /// Whether every number was tried; else a half of each thing is pending.
    var isComplete = true

    private var variants: [String] { Array(Self.names.prefix(count)) }
    private static let axis = [-1.0, -0.5, 0, 0.5, 1]

    private static func columns(_ names: String...) -> [ColumnPlan] {
        ColumnPlan.lossAndError(units: "loss") + names.map { ColumnPlan(name: $0, longName: $0, units: "loss") }
    }

    // MARK: - Plan

    private func scalars() -> [ScalarPlan] {
        var plans = ["loss", "gradient_norm", "curvature/trace", "curvature/trace_per_parameter"].map {
            ScalarPlan(path: $0, longName: $0, units: "loss")
        }
        for group in ["curvature/ggn", "curvature/blocks/head \\ $1$"] {
            plans.append(ScalarPlan(path: "\(group)/trace".replacingOccurrences(of: " ", with: "_"), longName: "trace"))
        }
        for name in ["sam", "asam", "keskar", "llc"] {
            plans.append(
                ScalarPlan(
                    path: "sharpness/\(name)", longName: name, units: "loss",
                    attributes: [
                        "undefined": 0, "undefined_meanings": .strings(["a gradient of 0", "no minimum"]),
                        "difference": .double(.nan), "difference_error": .double(.nan),
                        "error_source": "windows", "r_hat": .double(.nan), "converged": .double(.nan),
                        "effective_draws": .double(.nan),
                    ]))
        }
        return plans
    }

    private func arrays() -> [ArrayPlan] {
        let spectra = ["curvature", "curvature/ggn", "curvature/blocks/head_\\_$1$"].flatMap { group in
            ["", "_smallest"].map {
                ArrayPlan.eigenvalues(group: group, count: 4, suffix: $0, attributes: ["tolerance": 1e-3])
            }
        }
        return spectra + [
            ArrayPlan(
                path: "curvature/density/density", dimensions: [.later("eigenvalue", count: 401)], longName: "density",
                companions: ["density_error", "cumulative", "cumulative_error"].map {
                    CompanionPlan(name: $0, longName: $0)
                }, attributes: ["bandwidth": .double(.nan), "dimension": 1000]),
            ArrayPlan(
                path: "curvature/density/tail_positive", dimensions: [.later("magnitude", count: 5)], longName: "tail",
                companions: ["tail_negative", "tail_positive_error", "tail_negative_error"].map {
                    CompanionPlan(name: $0, longName: $0)
                }),
            ArrayPlan(
                path: "sharpness/sam_samples", dimensions: [.index("sam_sample", count: 3)], longName: "samples"),
            ArrayPlan(
                path: "sharpness/llc_chains",
                dimensions: [.index("llc_chain", count: 2), .index("llc_step", count: 6)], longName: "chains",
                attributes: ["burn_in": 2]),
        ]
    }

    private func lines(_ isFirst: Bool) -> [GridPlan] {
        let alphas = [0, 0.25, 0.5, 0.75, 1]
        var lines = [
            GridPlan(
                name: "random", t: Self.axis,
                columns: isFirst ? Self.columns() : Self.columns("difference", "difference_error"),
                attributes: ["axis": "random, index 0"]),
            GridPlan(
                name: "eigen", t: [0],
                columns: Self.columns(
                    "gradient_norm", "slope", "curvature", "directions_mean", "directions_deviation"),
                attributes: ["axis": "$\\lambda$", "directions": 3]),
            GridPlan(name: "odd \"$name$\\", t: Self.axis),
        ]
        guard isFirst else { return lines }
        lines += [
            GridPlan(name: "path", t: alphas),
            GridPlan(
                name: "variants", t: [-0.5, 0, 0.5, 1, 1.5],
                attributes: ["marks": .strings(Array(variants.prefix(2))), "marks_x": .doubles([0, 1])]),
        ]
        let theory = [
            "gradient_norm", "lambda_max", "lambda_max_residual", "lambda_min", "lambda_min_residual", "trace",
            "trace_error", "frobenius", "frobenius_error",
        ]
        for name in ["theory_sff", "theory_shrink", "theory_noise"] {
            let all = theory + (name == "theory_sff" ? ["defect", "defect_error", "bound"] : [])
            lines.append(
                GridPlan(
                    name: name, t: alphas,
                    columns: ColumnPlan.lossAndError() + all.map { ColumnPlan(name: $0, longName: $0) }))
        }
        return lines
    }

    private func planes(_ isFirst: Bool) -> [GridPlan] {
        let axes: [String: AttributeValue] = ["x_axis": "random, index 0", "y_axis": "of \"$x$\"", "cosine": 0.01]
        var planes = [
            GridPlan(
                name: "random", x: Self.axis, y: [-1, 0, 2],
                columns: isFirst ? Self.columns() : Self.columns("difference", "difference_error"), attributes: axes),
            GridPlan(name: "eigen", x: [0], y: Self.axis), GridPlan(name: "gradient", x: Self.axis, y: [0]),
            GridPlan(
                name: "directions", x: Self.axis, y: Self.axis,
                columns: Self.columns("directions_mean", "directions_deviation"), attributes: axes),
            GridPlan(name: "rough \\ $name$ `x`", x: Self.axis, y: Self.axis),
            GridPlan(
                name: "convexity", x: [-1, 0, 1], y: [-1, 0, 1],
                columns: Self.columns("ratio", "lambda_max", "lambda_min")),
        ]
        guard isFirst else { return planes }
        planes += [
            GridPlan(
                name: "variants", x: Self.axis, y: Self.axis,
                attributes: [
                    "marks": .strings(Array(variants.prefix(1))), "marks_x": .doubles([0]), "marks_y": .doubles([0]),
                ]),
            GridPlan(
                name: "trajectory", x: Self.axis, y: Self.axis,
                attributes: [
                    "trajectory_x": .doubles([-1, -0.4, 0]), "trajectory_y": .doubles([0.2, 0.5, 0]),
                    "explained_variance": .doubles([0.87, 0.11]),
                ]),
        ]
        return planes
    }

    private func plan() -> RunPlan {
        RunPlan(
            title: Self.title, command: "landscape probe --weights '$x' \u{1B}[31m", seed: .max,
            manifestJSON: "{}", fingerprint: "f", created: Date(timeIntervalSince1970: 0),
            attributes: ["windows": 12, "architecture": "a\\b", "source": "données/\"x\".csv"],
            variants: variants.enumerated().map { index, name in
                VariantPlan(
                    name: name, kind: "file", weightsSHA256: "", parameters: 1000,
                    attributes: ["position_on_path": .double(Double(index) / 8)], scalars: scalars(), arrays: arrays(),
                    lines: lines(index == 0), planes: planes(index == 0),
                    volumes: [
                        GridPlan(
                            name: "random", x: [-1, 0, 1], y: [0, 1], z: Self.axis,
                            attributes: ["z_axis": "of `$z$`"]),
                        GridPlan(name: "eigen", x: [-1, 0, 1], y: [0], z: [0]),
                    ])
            })
    }

    // MARK: - Numbers

    /// The loss of a variant: of either sign, and far apart.
    private func base(_ variant: Int) -> Double { [1.5, -0.25, 2e-5, 300, 0, 7, 1.25, -40][variant] }

    /// A point of a slice: not finite at two ends, pending for every third point of an unfinished file.
    private func point(_ grid: GridPlan, _ index: Int, _ variant: Int) -> GridPoint? {
        if !isComplete && index % 3 == 2 { return nil }
        let position = zip(grid.coordinates, grid.places(of: index)).map { $0[$1] }
        let square = position.reduce(0) { $0 + $1 * $1 }
        var loss = base(variant) + square * (grid.name == "rough \\ $name$ `x`" ? 1e6 : 1)
        var status = ItemStatus.done
        if grid.count > 5 && index == grid.count - 1 { loss = .infinity }
        if grid.count > 5 && index == 0 { (loss, status) = (.nan, .failed) }
        if grid.name == "directions" && index % 2 == 1 && index != grid.count - 1 { status = .interpolated }
        if grid.name.hasPrefix("theory") { return theory(grid, index) }
        let numbers = [
            "loss": loss, "standard_error": status == .interpolated ? .nan : 0.1, "difference": square - 0.5,
            "difference_error": 0.05, "gradient_norm": square, "slope": position[0], "curvature": 2,
            "directions_mean": loss + 0.5, "directions_deviation": square, "lambda_max": 4, "lambda_min": square - 1,
            "ratio": max(0, (1 - square) / 4),
        ]
        let names = grid.columns.map(\.name)
        return GridPoint(index: index, values: numbers.filter { names.contains($0.key) }, status: status)
    }

    private func theory(_ grid: GridPlan, _ index: Int) -> GridPoint {
        let α = grid.t[index]
        var values = [
            "loss": -α, "standard_error": 0.1, "gradient_norm": 1, "lambda_max": 3 + α * α,
            "lambda_max_residual": 1e-4, "lambda_min": -α, "lambda_min_residual": 0.1, "trace": 10 - 20 * α,
            "trace_error": 1, "frobenius": 5, "frobenius_error": 0.1,
        ]
        if grid.name == "theory_sff" {
            values.merge(["defect": α * (1 - α), "defect_error": 0.01, "bound": 3 + α]) { $1 }
        }
        return index == 1
            ? GridPoint(index: index, values: [:], status: .failed) : GridPoint(index: index, values: values)
    }

    // MARK: - Writing

    func write(to path: String) throws {
        let plan = plan()
        let file = try RunFile.create(at: path, plan: plan, overwrite: true)
        for (index, variant) in plan.variants.enumerated() where isComplete || index != 1 {
            try write(variant, index, to: file)
        }
        if isComplete {
            // Nothing may be pending; what was not computed has failed.
            for variant in plan.variants {
                for array in variant.arrays
                where try file.arrayStatus(variant: variant.name, path: array.path) == .pending {
                    try file.setStatus(.failed, of: .array(variant: variant.name, path: array.path))
                }
            }
            try file.complete()
        }
        try file.close()
    }

    private func write(_ variant: VariantPlan, _ index: Int, to file: RunFile) throws {
        let (name, loss) = (variant.name, base(index))
        let trace = Double(index) * 1e7 - 3
        let values = ["loss": loss, "curvature/trace": trace, "curvature/trace_per_parameter": trace / 1000]
        for scalar in variant.scalars where !scalar.path.hasPrefix("sharpness/") {
            let isInfinite = scalar.path == "gradient_norm"
            try file.setScalar(
                variant: name, path: scalar.path, value: values[scalar.path] ?? (isInfinite ? .infinity : -1.5),
                standardError: isInfinite ? .nan : 0.1, samples: 12)
        }
        try sharpness(variant, index, to: file)
        for array in variant.arrays where array.path.contains("eigenvalues") && index != 2 {
            let isSmallest = array.path.hasSuffix("_smallest")
            let suffix = isSmallest ? "_smallest" : ""
            try file.setArray(
                variant: name, path: array.path, values: isSmallest ? [-3, -2, -1, .nan] : [100, 4, 4, .nan],
                companions: ["residuals\(suffix)": [1e-4, 0, 0.5, .nan], "converged\(suffix)": [1, 1, 0, 0]])
        }
        if isComplete || index == 0 { try density(name, to: file) }
        for grid in variant.grids {
            try file.setPoints(variant: name, of: grid.id, (0..<grid.count).compactMap { point(grid, $0, index) })
        }
    }

    private func sharpness(_ variant: VariantPlan, _ index: Int, to file: RunFile) throws {
        let name = variant.name
        let samples = [1, 2, 3 + Double(index)]
        let mean = samples.reduce(0, +) / 3
        try file.setArray(variant: name, path: "sharpness/sam_samples", values: samples)
        try file.setScalar(
            variant: name, path: "sharpness/sam", value: mean, standardError: 0.2, samples: 3,
            attributes: index == 0
                ? [:] : ["difference": .double(Double(index) / 3), "difference_error": .double(Double(index) / 3)])
        try file.setScalar(
            variant: name, path: "sharpness/asam", value: index % 2 == 0 ? .nan : -1e-9, samples: 1,
            attributes: index % 2 == 0 ? ["undefined": 2] : [:])
        if isComplete { try file.setScalar(variant: name, path: "sharpness/keskar", value: .nan, status: .failed) }
        let chains = [50, -50, 1, 2, 3, 4, 60, 60, 3, 2, 1, 2].map { $0 + Double(index) }
        try file.setArray(variant: name, path: "sharpness/llc_chains", values: chains)
        try file.setScalar(
            variant: name, path: "sharpness/llc", value: 2.25 + Double(index), standardError: 0.1, samples: 2,
            attributes: ["r_hat": 1.3, "converged": .double(index == 0 ? 1 : 0), "effective_draws": 7.0])
    }

    private func density(_ name: String, to file: RunFile) throws {
        let x = (0...400).map { -2 + Double($0) / 100 }
        let y = x.map { exp(-50 * $0 * $0) / (0.1 * (2 * Double.pi).squareRoot()) }
        try file.setArray(
            variant: name, path: "curvature/density/density", values: y,
            companions: [
                "density_error": y.map { $0 / 10 }, "cumulative": x.indices.map { Double($0) / 400 },
                "cumulative_error": y.map { _ in 0 },
            ], coordinates: ["eigenvalue": x], attributes: ["bandwidth": 0.1])
        try file.setArray(
            variant: name, path: "curvature/density/tail_positive", values: [0.5, 0.2, 0.01, 0.001, 0],
            companions: [
                "tail_negative": [0.4, 0, 0, 0, 0], "tail_positive_error": [0.1, 0.1, 0.01, 0.001, 0],
                "tail_negative_error": [0, 0, 0, 0, 0],
            ], coordinates: ["magnitude": [1e-4, 1e-3, 1e-2, 1e-1, 1]])
    }
}
