import Foundation
import Testing

/// `doctor` on machines that lack something.
@Suite struct DoctorTests {
    struct Document: Decodable {
        struct Check: Decodable {
            let name: String
            let state: String
            let found: String
            let fix: String?
        }
        let schema: String
        let checks: [Check]
    }

    private func diagnose(_ environment: [String: String], in folder: URL) throws -> (Int32, [String: Document.Check]) {
        let result = try Program.run(["doctor", "--json"], in: folder, environment: environment)
        let document = try JSONDecoder().decode(Document.self, from: Data(result.output.utf8))
        #expect(document.schema == "landscape-doctor/1")
        return (result.status, Dictionary(uniqueKeysWithValues: document.checks.map { ($0.name, $0) }))
    }

    @Test func aMachineWithEverything() throws {
        let scratch = try Scratch()
        let (status, checks) = try diagnose([:], in: scratch.url)
        #expect(status == 0)
        for name in [
            "landscape", "swift", "libtorch", "float32 products", "HDF5", "gnuplot", "fonts", "embedded checkpoint",
            "current folder",
        ] {
            let check = try #require(checks[name])
            #expect(check.state == "ok" && !check.found.isEmpty && check.fix == nil, "\(check)")
        }
        for name in ["processor", "memory", "disk", "CUDA"] { #expect(checks[name] != nil) }
        let text = try Program.run(["doctor"], in: scratch.url)
        #expect(
            text.status == 0 && text.output.contains("ok      gnuplot: gnuplot ") && !text.output.contains("missing"))
    }

    @Test(arguments: ["", "/nonexistent"])
    func anEmptyPath(_ path: String) throws {
        let scratch = try Scratch()
        let (status, checks) = try diagnose(["PATH": path, "HOME": ""], in: scratch.url)
        #expect(status == 69)
        #expect(checks["gnuplot"]?.state == "missing" && checks["gnuplot"]?.fix == "apt-get install gnuplot-nox")
        // Building needs it, running does not.
        #expect(checks["swift"]?.state == "note" && checks["swift"]?.fix?.contains("swift.org") == true)
        let text = try Program.run(["doctor"], in: scratch.url, environment: ["PATH": path])
        #expect(text.status == 69 && text.output.contains("missing gnuplot: not on PATH"))
        #expect(text.output.contains("        fix: apt-get install gnuplot-nox"))
        #expect(text.errors.contains("1 thing(s) missing"))
    }

    /// Programs that are there and do not work.
    @Test func brokenPrograms() throws {
        let scratch = try Scratch()
        func install(_ name: String, _ text: String) throws {
            try scratch.write(name, text)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scratch.path(name))
        }
        try install("gnuplot", "#!/bin/sh\nexit 127\n")
        try install("swift", "#!/bin/sh\necho 'Swift version 5.9.2 (swift-5.9.2-RELEASE)'\n")
        try install("nvidia-smi", "#!/bin/sh\necho 'GPU 0: Some GPU'\n")
        var (status, checks) = try diagnose(["PATH": scratch.url.path], in: scratch.url)
        #expect(status == 69 && checks["gnuplot"]?.found == "on PATH, and does not run")
        #expect(checks["swift"]?.state == "note" && checks["swift"]?.found.contains("building needs 6.3") == true)
        if checks["CUDA"]?.state != "ok" { #expect(checks["CUDA"]?.fix?.contains("TORCH_ROOT") == true) }
        // A gnuplot that was built without cairo.
        try install(
            "gnuplot", "#!/bin/sh\ncase \"$*\" in *cairo*) exit 1;; esac\necho 'gnuplot 5.4 patchlevel 4'\n")
        (status, checks) = try diagnose(["PATH": scratch.url.path], in: scratch.url)
        #expect(status == 69 && checks["gnuplot"]?.found.contains("without pngcairo and pdfcairo") == true)
    }
}
