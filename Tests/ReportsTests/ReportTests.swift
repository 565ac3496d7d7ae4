import Archive
import Figures
import Foundation
import Testing

@testable import Reports

@Suite(.enabled(if: Renderer.hasGnuplot, "needs gnuplot")) final class ReportTests {
    let folder: URL
    static let hostile = "file:<script>alert('x')</script>&\"`id`"

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("reports-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func variant(_ name: String, _ kind: String) -> VariantPlan {
        VariantPlan(
            name: name, kind: kind, alpha: kind == "sff" ? 0.7 : nil, weightsSHA256: "", parameters: 10,
            attributes: kind == "sff" ? ["position_on_path": 0.7] : [:],
            scalars: [
                ScalarPlan(path: "loss", longName: "loss", units: "loss"),
                ScalarPlan(path: "curvature/trace", longName: "trace"),
            ],
            arrays: [.eigenvalues(count: 2), .eigenvalues(count: 2, suffix: "_smallest")],
            lines: [GridPlan(name: "random", t: [-1, 0, 1])]
                + (kind == "pretrained" ? [GridPlan(name: "path", t: [0, 0.5, 1])] : []),
            planes: [GridPlan(name: "random", x: [-1, 0, 1], y: [-1, 1])])
    }

    /// A run of three variants; `complete` false leaves the last one pending.
    private func run(complete: Bool) throws -> String {
        let path = folder.appendingPathComponent("run.h5").path
        let plan = RunPlan(
            title: "Test <b>run</b>", command: "landscape probe --weights '<x>'", seed: 1,
            manifestJSON: "{\"a\": \"</pre>\"}", fingerprint: "f",
            created: Date(timeIntervalSince1970: 0), attributes: ["windows": 12],
            variants: [variant("pretrained", "pretrained"), variant("sff:0.7", "sff"), variant(Self.hostile, "file")])
        let file = try RunFile.create(at: path, plan: plan, overwrite: true)
        for (index, variant) in plan.variants.enumerated() where complete || index < 2 {
            try file.setScalar(
                variant: variant.name, path: "loss", value: Double(index) + 0.5, standardError: 0.1, samples: 12)
            try file.setScalar(variant: variant.name, path: "curvature/trace", value: .nan, status: .failed)
            for suffix in ["", "_smallest"] {
                try file.setArray(
                    variant: variant.name, path: "curvature/eigenvalues\(suffix)",
                    values: suffix.isEmpty ? [3, 2] : [-2, -1],
                    companions: ["residuals\(suffix)": [1e-5, 0.3], "converged\(suffix)": [1, 0]])
            }
            for line in variant.lines {
                for i in 0..<3 {
                    try file.setLinePoint(
                        variant: variant.name, line: line.name, index: i, loss: i == 2 ? .infinity : Double(i),
                        standardError: 0.1)
                }
            }
            for row in 0..<2 {
                for column in 0..<3 {
                    try file.setPlanePoint(
                        variant: variant.name, plane: "random", row: row, column: column,
                        loss: Double(row * column + index), standardError: 0.1)
                }
            }
        }
        if complete { try file.complete() }
        try file.close()
        return path
    }

    @Test func pageIsSelfContainedEscapedAndDeterministic() throws {
        let path = try run(complete: true)
        let files = try Report.write(from: path, to: folder.appendingPathComponent("report"))
        let html = try String(contentsOf: files.page, encoding: .utf8)
        #expect(files.figures.count >= 6)
        #expect(html.components(separatedBy: "<script").count == 2, "the page's own script alone")
        #expect(!html.contains("<b>run") && !html.contains("</pre>\"}"))
        #expect(html.contains("&lt;script&gt;"))
        for outside in ["src=\"http", "href=\"http", "url(", "@import"] {
            #expect(!html.contains(outside), "\(outside)")
        }
        #expect(html.contains("Content-Security-Policy") && html.contains("lang=\"en\""))
        #expect(html.components(separatedBy: "<h1>").count == 2)
        #expect(html.components(separatedBy: "<img").count == html.components(separatedBy: "alt=\"").count)
        #expect(html.contains("0.5 ± 0.1") && html.contains("failed") && html.contains("not converged"))
        #expect(html.contains("infinite at") && html.contains("Only 12 windows"))
        let again = try Report.write(from: path, to: folder.appendingPathComponent("other"))
        #expect(try String(contentsOf: again.page, encoding: .utf8) == html)
    }

    /// A plane of 3 × 2 points of which two are interpolated, and one that was too rough.
    @Test func interpolatedPointsAreSaid() throws {
        let path = folder.appendingPathComponent("adaptive.h5").path
        let attributes: [String: AttributeValue] = [
            "adaptive_tolerance": 0.01, "adaptive_error": .double(.nan), "adaptive_converged": .int(0),
        ]
        let names = ["smooth", "rough"]
        let plan = RunPlan(
            title: "t", command: "c", seed: 1, manifestJSON: "{}", fingerprint: "f", attributes: ["windows": 100],
            variants: names.map { name in
                VariantPlan(
                    name: name, kind: "k", weightsSHA256: "", parameters: 1,
                    planes: [GridPlan(name: "random", x: [-1, 0, 1], y: [-1, 1], attributes: attributes)])
            })
        let file = try RunFile.create(at: path, plan: plan)
        for name in names {
            for index in 0..<6 {
                let status: ItemStatus = name == "smooth" && index % 3 == 1 ? .interpolated : .done
                try file.setPlanePoint(
                    variant: name, plane: "random", row: index / 3, column: index % 3, loss: Double(index * index),
                    status: status)
            }
            let plane = RunObject.plane(variant: name, name: "random")
            try file.setAttribute("adaptive_converged", of: plane, to: .int(name == "smooth" ? 1 : 0))
            try file.setAttribute("adaptive_error", of: plane, to: .double(name == "smooth" ? 0.00523 : 0))
        }
        try file.complete()
        try file.close()
        let files = try Report.write(from: path, to: folder.appendingPathComponent("report"))
        let html = try String(contentsOf: files.page, encoding: .utf8)
        #expect(
            html.contains(
                "smooth: plane random: 2 of 6 points are interpolated, with an error of at most about 0.52\u{A0}%")
        )
        #expect(html.contains("rough: plane random: too rough to be interpolated"))
        #expect(html.contains("smooth 4 of 6, error at most about 0.52\u{A0}% of the range; rough 6 of 6)"))
        #expect(html.contains("Adaptive planes"))
        #expect(
            !(try String(
                contentsOf: Report.write(from: run(complete: true), to: folder.appendingPathComponent("plain")).page,
                encoding: .utf8)).contains("interpolated"))
    }

    /// Chains of two variants, of which one has settled, and a third where the number is not defined.
    @Test func chainsAreDrawnAndJudged() throws {
        let path = folder.appendingPathComponent("chains.h5").path
        let plan = RunPlan(
            title: "t", command: "c", seed: 1, manifestJSON: "{}", fingerprint: "f", attributes: ["windows": 100],
            variants: ["good", "bad", "none"].map { name in
                VariantPlan(
                    name: name, kind: "k", weightsSHA256: "", parameters: 1,
                    scalars: [
                        ScalarPlan(
                            path: "sharpness/llc", longName: "local learning coefficient",
                            attributes: [
                                "r_hat": .double(.nan), "converged": .double(.nan), "effective_draws": .double(.nan),
                                "undefined": 0, "undefined_meanings": .strings(["no gradient", "no minimum"]),
                            ]), ScalarPlan(path: "curvature/trace_per_parameter", longName: "mean", units: "loss"),
                    ],
                    arrays: [
                        ArrayPlan(
                            path: "sharpness/llc_chains",
                            dimensions: [.index("llc_chain", count: 2), .index("llc_step", count: 3)],
                            longName: "chains",
                            attributes: ["burn_in": 1])
                    ])
            })
        let file = try RunFile.create(at: path, plan: plan)
        for (name, rHat) in [("good", 1.004), ("bad", 1.3), ("none", Double.nan)] {
            try file.setArray(
                variant: name, path: "sharpness/llc_chains",
                values: rHat.isNaN ? [Double](repeating: .nan, count: 6) : [9, 1, 2, 8, 3, 4])
            let diagnostics: [String: AttributeValue] = [
                "r_hat": .double(rHat), "converged": .double(rHat < 1.01 ? 1 : 0), "effective_draws": .double(3),
            ]
            try file.setScalar(
                variant: name, path: "sharpness/llc", value: rHat.isNaN ? .nan : 2.5, standardError: 0.5,
                attributes: rHat.isNaN ? ["undefined": .int(2)] : diagnostics)
            try file.setScalar(variant: name, path: "curvature/trace_per_parameter", value: 0.125)
        }
        try file.complete()
        try file.close()
        let files = try Report.write(from: path, to: folder.appendingPathComponent("report"))
        let html = try String(contentsOf: files.page, encoding: .utf8)
        #expect(files.figures.contains { $0.files[.svg]?.lastPathComponent == "chains-llc.svg" })
        #expect(
            html.contains(
                "bad: the chains of the local learning coefficient have not settled (R\u{302} 1.3, above 1.01)"))
        #expect(!html.contains("good: the chains"))
        // The means of the chains after the burn-in.
        #expect(
            html.contains("trace / n</th><td class=\"unit\">loss</td>")
                && html.contains("LLC</th><td class=\"unit\">1</td>"))
        #expect(html.contains("1.5, 3.5") && html.contains("no minimum") && html.contains("trace / n"))
    }

    @Test func unfinishedRunsSaySo() throws {
        let files = try Report.write(from: run(complete: false), to: folder.appendingPathComponent("report"))
        let html = try String(contentsOf: files.page, encoding: .utf8)
        #expect(html.contains("not complete") && html.contains("pending"))
    }

    @Test func templatesEscapeEverything() {
        #expect(!ReportTemplate.text.contains("{{{") && !ReportTemplate.text.contains("{{&"))
    }

    @Test func numbersForPeople() {
        #expect(Number.text(-0.00012) == "−1.2e−04" && Number.text(.nan) == "–" && Number.text(12.345678) == "12.35")
        #expect(Number.text(.infinity) == "∞" && Number.text(1e6) == "1e+06" && Number.text(-123456) == "−1.235e+05")
        #expect(
            Number.error(0.0123) == "0.012" && Number.error(0.000123) == "0.00012" && Number.error(1.23e-5) == "1.2e−05"
        )
    }

    /// Volumes are drawn with their numbers; one of a single layer as a plane, one of a single row as a line.
    @Test func volumesHaveTheirPlace() throws {
        let path = folder.appendingPathComponent("volume.h5").path
        let shapes = [("random", [3, 2, 3]), ("eigen", [3, 3, 1]), ("directions", [1, 4, 1])]
        let plan = RunPlan(
            title: "t", command: "c", seed: 1, manifestJSON: "{}", fingerprint: "f", attributes: ["windows": 100],
            variants: ["a", "b"].map { name in
                VariantPlan(
                    name: name, kind: "k", weightsSHA256: "", parameters: 1,
                    volumes: shapes.map { shape in
                        GridPlan(
                            name: shape.0, coordinates: shape.1.map { count in (0..<count).map { Double($0 - 1) } },
                            attributes: [
                                "x_axis": "random, index 0", "y_axis": "random, index 1", "z_axis": "random, index 2",
                                "cosine_xy": 0.125, "cosine_xz": 0.25, "cosine_yz": 0.375,
                            ])
                    })
            })
        let file = try RunFile.create(at: path, plan: plan)
        for variant in plan.variants {
            for grid in variant.volumes {
                try file.setPoints(
                    variant: variant.name, of: grid.id,
                    (0..<grid.count).map { GridPoint(index: $0, values: ["loss": Double(100 + $0)]) })
            }
        }
        try file.complete()
        try file.close()
        let files = try Report.write(from: path, to: folder.appendingPathComponent("report"))
        #expect(
            files.figures.map { $0.files[.png]?.lastPathComponent } == [
                "volume.png", "volume-eigen.png", "volume-directions.png",
            ])
        let html = try String(contentsOf: files.page, encoding: .utf8)
        #expect(
            html.contains("Over a volume, one scale")
                && html.contains("(random; cosines of the axes: xy 0.125, xz 0.25"))
        // Smallest and largest with their places, and the centre, which is the point (1, 1, 1).
        for cell in ["100", "(−1, −1, −1)", "117", "(1, 0, 1)", "110"] {
            #expect(html.contains("<td>\(cell)</td>"), "\(cell)")
        }
        #expect(html.contains("the volume is a plane") && html.contains("so the plane is a line"))
    }

    /// Where several sets of directions were evaluated, the colours are their mean, and their deviation has a figure of its own.
    @Test func spreadOverDirectionsIsShown() throws {
        let path = folder.appendingPathComponent("spread.h5").path
        let names = ["loss", "standard_error", "directions_mean", "directions_deviation"]
        let columns = names.map { ColumnPlan(name: $0, longName: $0) }
        let axis = [-1.0, 0, 1]
        let plan = RunPlan(
            title: "t", command: "c", seed: 1, manifestJSON: "{}", fingerprint: "f", attributes: ["windows": 100],
            variants: [
                VariantPlan(
                    name: "a", kind: "k", weightsSHA256: "", parameters: 1,
                    planes: [
                        GridPlan(name: "random", x: axis, y: axis, columns: columns, attributes: ["directions": 5])
                    ],
                    volumes: [
                        GridPlan(
                            name: "random", x: axis, y: axis, z: axis, columns: columns,
                            attributes: ["directions": 5])
                    ])
            ])
        let file = try RunFile.create(at: path, plan: plan)
        for grid in plan.variants[0].grids {
            try file.setPoints(
                variant: "a", of: grid.id,
                (0..<grid.count).map { index in
                    GridPoint(
                        index: index,
                        values: [
                            "loss": 7, "directions_mean": Double(100 + index),
                            "directions_deviation": Double(index) / 8,
                        ])
                })
        }
        try file.complete()
        try file.close()
        let files = try Report.write(from: path, to: folder.appendingPathComponent("report"))
        #expect(
            files.figures.map { $0.files[.png]?.lastPathComponent } == [
                "plane.png", "plane-surface.png", "plane-spread.png", "volume.png", "volume-spread.png",
            ])
        let html = try String(contentsOf: files.page, encoding: .utf8)
        #expect(html.contains("the mean over 5 pairs of random") && html.contains("over 5 triples of random"))
        // Extremes of the means and of the deviations.
        for cell in ["100", "108", "126", "0.5"] { #expect(html.contains("<td>\(cell)</td>"), "\(cell)") }
        let script = try String(contentsOf: files.figures[2].script, encoding: .utf8)
        #expect(script.contains("0.0 0.375 0.5 0.625") && script.contains("standard deviation"))
    }
}
