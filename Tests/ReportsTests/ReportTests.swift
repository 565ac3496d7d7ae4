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
            lines: [LinePlan(name: "random", t: [-1, 0, 1])]
                + (kind == "pretrained" ? [LinePlan(name: "path", t: [0, 0.5, 1])] : []),
            planes: [PlanePlan(name: "random", x: [-1, 0, 1], y: [-1, 1])])
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
        #expect(!html.contains("<script") && !html.contains("<b>run") && !html.contains("</pre>\"}"))
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
                    planes: [PlanePlan(name: "random", x: [-1, 0, 1], y: [-1, 1], attributes: attributes)])
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
            html.contains("smooth: plane random: 2 of 6 points are interpolated, with an error of at most about 0.52 %")
        )
        #expect(html.contains("rough: plane random: too rough to be interpolated"))
        #expect(html.contains("smooth 4 of 6, error at most about 0.52 % of the range; rough 6 of 6)"))
        #expect(html.contains("Adaptive planes"))
        #expect(
            !(try String(
                contentsOf: Report.write(from: run(complete: true), to: folder.appendingPathComponent("plain")).page,
                encoding: .utf8)).contains("interpolated"))
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
        #expect(Number.text(-0.00012) == "−1.200e−04" && Number.text(.nan) == "–" && Number.text(12.345678) == "12.35")
        #expect(Number.text(.infinity) == "∞" && Number.error(0.0123) == "0.012")
    }
}
