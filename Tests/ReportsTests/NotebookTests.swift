import Archive
import Foundation
import OracleSupport
import Testing

@testable import Reports

@Suite final class NotebookTests {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("notebooks-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private struct Cell {
        let id: String
        let type: String
        let tags: [String]
        let source: String
    }

    private func cells(_ notebook: URL) throws -> [Cell] {
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(contentsOf: notebook)) as? [String: Any])
        #expect(object["nbformat"] as? Int == 4 && object["nbformat_minor"] as? Int == 5)
        let metadata = try #require(object["metadata"] as? [String: [String: String]])
        #expect(metadata["kernelspec"]?["name"] == "python3" && metadata["language_info"]?["name"] == "python")
        return try #require(object["cells"] as? [[String: Any]]).map { cell in
            let type = try #require(cell["cell_type"] as? String)
            let lines = try #require(cell["source"] as? [String])
            #expect(lines.dropLast().allSatisfy { $0.hasSuffix("\n") } && lines.last?.hasSuffix("\n") != true)
            #expect((type == "code") == (cell["execution_count"] is NSNull))
            #expect((type == "code") == ((cell["outputs"] as? [Any])?.isEmpty == true))
            return Cell(
                id: try #require(cell["id"] as? String), type: type,
                tags: (cell["metadata"] as? [String: [String]])?["tags"] ?? [], source: lines.joined())
        }
    }

    private func notebook(_ run: HostileRun, _ name: String) throws -> URL {
        let path = folder.appendingPathComponent("a b/\(name).h5")
        try FileManager.default.createDirectory(
            at: path.deletingLastPathComponent(), withIntermediateDirectories: true)
        try run.write(to: path.path)
        let notebook = folder.appendingPathComponent("book/\(name).ipynb")
        try Notebook.write(from: path.path, to: notebook)
        return notebook
    }

    @Test func structureIsThatOfTheFormat() throws {
        let notebook = try notebook(HostileRun(), "run")
        let cells = try cells(notebook)
        #expect(Set(cells.map(\.id)).count == cells.count)
        for cell in cells {
            #expect(cell.id.wholeMatch(of: /[A-Za-z0-9_-]{1,64}/) != nil, "\(cell.id)")
        }
        let parameters = cells.filter { $0.tags == ["parameters"] }
        #expect(parameters.map(\.source) == ["path = \"../a b/run.h5\""])
        // Cells with functions come once, though several sections use them.
        #expect(cells.count { $0.id.hasPrefix("maps-functions") } == 1)
        for word in ["!pip", "%pip", "http:", "https:", "urlopen", "requests", "subprocess", "os.system"] {
            #expect(!cells.contains { $0.type == "code" && $0.source.contains(word) }, "\(word)")
        }
        let imports = cells.flatMap { $0.source.split(separator: "\n") }
            .filter { $0.hasPrefix("import ") || $0.hasPrefix("from ") }
            .map { $0.split(separator: " ")[1].split(separator: ".")[0] }
        let standard: Set<Substring> = ["html", "os", "warnings", "csv", "io"]
        #expect(Set(imports).subtracting(standard) == ["h5py", "matplotlib", "numpy", "xarray"])
    }

    @Test func identicalContentsGiveIdenticalBytes() throws {
        let notebook = try notebook(HostileRun(), "run")
        let first = try Data(contentsOf: notebook)
        try Notebook.write(from: folder.appendingPathComponent("a b/run.h5").path, to: notebook)
        #expect(try Data(contentsOf: notebook) == first)
        #expect(!String(decoding: first, as: UTF8.self).contains(folder.path))
    }

    @Test func textsOfUsersAreEscaped() throws {
        let cells = try cells(notebook(HostileRun(), "run"))
        let markdown = cells.filter { $0.type == "markdown" }.map(\.source).joined(separator: "\n")
        for piece in ["<script", "[link]", "$", "\\(", "`code`", "\n# no heading", "http://"] {
            #expect(!markdown.contains(piece), "\(piece)")
        }
        #expect(markdown.hasPrefix("# Title <span>&#36;</span>a<span>&#36;</span>"))
        let code = cells.filter { $0.type == "code" }.map(\.source)
        #expect(code.contains(#"show_line("odd \"$name$\\")"#))
        #expect(code.contains(#"show_planes("rough \\ $name$ `x`")"#))
        // No variant's name is in the code: it reads them.
        #expect(!code.contains { $0.contains("çødé") || $0.contains("slash") })

        #expect(
            NotebookText.python("a\"\\\n\r\t\0é漢\u{202E}\u{1F600}'")
                == #""a\"\\\n\u000d\u0009\u0000é漢\u202e\U0001f600'""#)
        #expect(
            NotebookText.markdown("a_b*c\\d $e é\r\n-")
                == "a&#95;b&#42;c<span>&#92;</span>d <span>&#36;</span>e é  &#45;")
        #expect(NotebookJSON.text("\u{1}\u{8}\u{C}\t\r\n\"\\é").description == #""\u0001\b\f\t\r\n\"\\é""#)
    }

    @Test func sectionsAreThoseOfTheData() throws {
        let all = Set(try cells(notebook(HostileRun(), "all")).map(\.id))
        let sections = [
            "overview", "numbers", "eigenvalues", "eigenvalues-ggn", "density", "blocks", "sharpness",
            "chains-llc_chains",
            "lines-random", "path", "theory", "planes-random", "planes-random-own", "planes-random-difference",
            "planes-random-surface", "planes-directions-directions_deviation", "planes-eigen", "volumes-random",
            "convexity", "redraw", "compare", "csv",
        ]
        for section in sections { #expect(all.contains(section), "\(section)") }
        // A line has no surface, and one variant no scale of its own.
        #expect(!all.contains("planes-eigen-surface") && !all.contains("planes-trajectory-own"))

        let path = folder.appendingPathComponent("little.h5").path
        let plan = RunPlan(
            title: "t", command: "c", seed: 1, manifestJSON: "{}", fingerprint: "f", attributes: ["windows": 4],
            variants: [
                VariantPlan(
                    name: "a", kind: "k", weightsSHA256: "", parameters: 1,
                    scalars: [ScalarPlan(path: "loss", longName: "loss", units: "loss")],
                    arrays: [.eigenvalues(count: 2)], planes: [GridPlan(name: "random", x: [0, 1], y: [0, 1])])
            ])
        let file = try RunFile.create(at: path, plan: plan)
        try file.setScalar(variant: "a", path: "loss", value: 1)
        try file.close()
        let notebook = folder.appendingPathComponent("little.ipynb")
        try Notebook.write(from: path, to: notebook)
        #expect(
            try cells(notebook).map(\.id) == [
                "title", "parameters", "setup", "tools", "overview-text", "overview", "numbers-text", "numbers",
                "redraw-text", "redraw", "compare-text", "compare", "csv-text", "csv",
            ])
        #expect(try cells(notebook)[1].source == "path = \"little.h5\"")
    }

    @Test func whatCannotBeWrittenIsSaid() throws {
        let path = folder.appendingPathComponent("run.h5").path
        try HostileRun(count: 1).write(to: path)
        let blocked = URL(fileURLWithPath: path).appendingPathComponent("x.ipynb")
        #expect(throws: ReportError.self) { try Notebook.write(from: path, to: blocked) }
    }

    @Test(
        .enabled(if: ChildProcess.python != nil, "needs .deps/oracle or LANDSCAPE_ORACLE_PYTHON"),
        arguments: [
            ("one", HostileRun(count: 1)), ("unfinished", HostileRun(count: 4, isComplete: false)),
        ] + (runsSlowTests ? [("complete", HostileRun())] : []))
    func everyCellRuns(_ name: String, _ run: HostileRun) throws {
        let outcome = try NotebookRunner.execute(notebook(run, name))
        #expect(outcome.status == 0 && outcome.output.contains("every cell ran"), "\(outcome.output)")
    }

    /// Two seeds of each strategy, one of which diverged and one of which is pending, and a baseline.
    @Test(.enabled(if: ChildProcess.python != nil, "needs .deps/oracle or LANDSCAPE_ORACLE_PYTHON"))
    func experimentsHaveTables() throws {
        let path = folder.appendingPathComponent("experiment.h5").path
        let runs = ["full", "sff:0.7"].flatMap { strategy in
            (0..<2).map { (strategy, "m/d/\(strategy)/a0/t\($0)", "m") }
        }
        let plan = RunPlan(
            title: "t", command: "c", seed: 0, manifestJSON: "{}", fingerprint: "f",
            attributes: ["experiment": 1, "reference": "full"],
            variants: (runs + [("na$i$ve", "baseline/d/naive", "")]).map { strategy, name, model in
                VariantPlan(
                    name: name, kind: model.isEmpty ? "baseline" : strategy, weightsSHA256: "", parameters: 1,
                    attributes: ["model": .string(model), "data": "d", "strategy": .string(strategy)],
                    scalars: ["start/loss", "test/mse_96"].map { ScalarPlan(path: $0, longName: $0) })
            })
        let file = try RunFile.create(at: path, plan: plan)
        for (index, variant) in plan.variants.enumerated() where index != 3 {
            for scalar in variant.scalars {
                try file.setScalar(
                    variant: variant.name, path: scalar.path, value: index == 0 ? .nan : Double(index),
                    status: index == 0 ? .failed : .done)
            }
        }
        try file.close()
        let notebook = folder.appendingPathComponent("experiment.ipynb")
        try Notebook.write(from: path, to: notebook)
        #expect(
            try cells(notebook).map(\.id).dropFirst(6) == [
                "experiment-text", "experiment", "experiment-means", "experiment-figure", "compare-text", "compare",
                "csv-text", "csv",
            ])
        let outcome = try NotebookRunner.execute(notebook)
        #expect(outcome.status == 0 && outcome.output.contains("every cell ran"), "\(outcome.output)")
    }

    /// The last bit of a loss at the centre of a plane is enough.
    @Test(.enabled(if: ChildProcess.python != nil, "needs .deps/oracle or LANDSCAPE_ORACLE_PYTHON"))
    func whatDoesNotHoldStopsTheNotebook() throws {
        let path = folder.appendingPathComponent("broken.h5").path
        let plan = RunPlan(
            title: "t", command: "c", seed: 1, manifestJSON: "{}", fingerprint: "f",
            variants: [
                VariantPlan(
                    name: "a", kind: "k", weightsSHA256: "", parameters: 1,
                    scalars: [ScalarPlan(path: "loss", longName: "loss", units: "loss")],
                    lines: [GridPlan(name: "random", t: [0])])
            ])
        let file = try RunFile.create(at: path, plan: plan)
        try file.setScalar(variant: "a", path: "loss", value: 1)
        try file.setLinePoint(variant: "a", line: "random", index: 0, loss: 1.0.nextUp)
        try file.close()
        let notebook = folder.appendingPathComponent("broken.ipynb")
        try Notebook.write(from: path, to: notebook)
        let outcome = try NotebookRunner.execute(notebook)
        #expect(outcome.status != 0 && outcome.output.contains("at the centre"), "\(outcome.output)")
    }
}
