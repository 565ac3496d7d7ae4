import Archive
import Foundation
import OracleSupport
import Testing

@Suite struct NotebookTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// Every measure but chains of the embedded model; every cell of the notebook runs.
    @Test(.enabled(if: ChildProcess.python != nil, "needs .deps/oracle or LANDSCAPE_ORACLE_PYTHON"))
    func notebookOfARealProbeRuns() throws {
        let probe = try Program.run(
            [
                "probe", "--windows", "4", "--variants", "pretrained,sff:0.7", "--measures",
                "loss,gradient,eigen,trace,density,preconditioned,sharpness,line,path,plane,volume,theory,convexity",
                "--grid", "5x3,3x3x3", "--points", "5", "--theory-points", "3", "--theory-probes", "2",
                "--convexity-grid", "3x1", "--samples", "6", "--eigen", "2", "--tolerance", "0.1", "--density-probes",
                "2", "--density-steps", "8", "--blocks", "head", "--output", "run.h5", "--no-report", "--notebook",
                "books/probe.ipynb", "--quiet",
            ], in: scratch.url)
        #expect(probe.status == 0, "\(probe.errors)")
        let notebook = scratch.url.appendingPathComponent("books/probe.ipynb")
        #expect(try String(contentsOf: notebook, encoding: .utf8).contains(#""path = \"../run.h5\"""#))
        let outcome = try NotebookRunner.execute(notebook)
        #expect(outcome.status == 0 && outcome.output.contains("every cell ran"), "\(outcome.output)")
    }

    /// Where the notebook goes, and where there is none.
    @Test func optionsChooseTheFile() throws {
        let probe = ["probe", "--windows", "4", "--measures", "loss", "--quiet"]
        func run(_ arguments: [String]) throws -> Int32 { try Program.run(arguments, in: scratch.url).status }
        func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: scratch.path(path)) }

        #expect(try run(probe + ["--output", "a.h5", "--no-report"]) == 0)
        #expect(!exists("a-report"))
        #expect(try run(["report", "a.h5"]) == 0)
        #expect(exists("a-report/a.ipynb"))
        #expect(try run(["report", "a.h5", "--output", "b", "--no-notebook"]) == 0)
        #expect(exists("b/report.html") && !exists("b/a.ipynb"))
        #expect(try run(["report", "a.h5", "--output", "c", "--notebook", "d/e.ipynb"]) == 0)
        #expect(exists("d/e.ipynb") && !exists("c/a.ipynb"))
        #expect(try run(["report", "a.h5", "--no-notebook", "--notebook", "x.ipynb"]) == 64)
        #expect(try run(["report", "a.h5", "--notebook", "a.h5/x.ipynb"]) == 73)
    }
}
