import Archive
import Foundation
import Testing

@Suite struct ProbeTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// A small complete probe of the embedded default.
    private let small = [
        "probe", "--windows", "12", "--grid", "4x3", "--points", "5", "--samples", "4", "--eigen", "1", "--tolerance",
        "0.05",
        "--no-report", "--quiet",
    ]

    @Test func embeddedDefaultTellsItsVariantsApart() throws {
        let result = try Program.run(small + ["--json", "--output", scratch.path("run.h5")], in: scratch.url)
        #expect(result.status == 0, "\(result.errors)")
        let document = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        #expect(document["schema"] as? String == "landscape-probe/1")
        let variants = try #require(document["variants"] as? [[String: Any]])
        #expect(variants.map { $0["name"] as? String } == ["pretrained", "scratch", "sff:0.7"])
        let losses = variants.compactMap { ($0["loss"] as? [String: Any])?["value"] as? Double }
        #expect(Set(losses).count == 3)
        for variant in variants {
            let eigenvalue = try #require((variant["eigenvalues"] as? [[String: Any]])?.first)
            #expect(
                eigenvalue["value"] is Double && eigenvalue["residual"] is Double && eigenvalue["converged"] is Bool)
            #expect((variant["trace"] as? [String: Any])?["standard_error"] is Double)
            #expect((variant["sharpness"] as? [String: Any])?["sam"] is [String: Any])
            // The Hessian's numbers stand among them, the trace per parameter with them.
            let sharpness = try #require(variant["sharpness"] as? [String: [String: Any]])
            #expect(sharpness["lambda_max"]?["value"] as? Double == eigenvalue["value"] as? Double)
            let parameters = try #require((document["model"] as? [String: Any])?["parameters"] as? Int)
            for key in ["value", "standard_error"] {
                let trace = try #require(sharpness["trace"]?[key] as? Double)
                let mean = try #require((variant["trace_per_parameter"] as? [String: Any])?[key] as? Double)
                #expect(abs(mean * Double(parameters) - trace) <= 1e-12 * abs(trace))
            }
            #expect(((variant["work"] as? [String: Any])?["hvp"] as? Int ?? 0) > 4)
        }
        #expect((document["planes"] as? [Any])?.count == 3)
        #expect((document["lines"] as? [Any])?.count == 4)
        #expect(document["complete"] as? Bool == true)
    }

    /// Every matrix over all parameters and over blocks, with numbers that must agree with each other.
    @Test func operatorsBlocksAndDensity() throws {
        let arguments = [
            "probe", "--windows", "12", "--variants", "pretrained,sff:0.7", "--measures",
            "eigen,trace,density,preconditioned", "--operators", "hessian,ggn,residual,fisher", "--blocks",
            "head,norms",
            "--eigen", "1", "--samples", "12", "--density-probes", "2", "--density-steps", "8", "--tolerance", "0.05",
            "--no-report", "--quiet",
        ]
        let result = try Program.run(arguments + ["--json", "--output", scratch.path("run.h5")], in: scratch.url)
        #expect(result.status == 0, "\(result.errors)")
        let record = try RunReader.read(scratch.path("run.h5"))
        #expect(record.isComplete && record.counts.failed == 0)
        for variant in record.variants {
            let groups = ["curvature"] + ["ggn", "residual", "fisher"].map { "curvature/\($0)" }
            for group in groups + groups.flatMap({ ["\($0)/blocks/head", "\($0)/blocks/norms"] }) {
                let trace = try #require(variant.scalar("\(group)/trace"))
                let parts = try ["positive", "negative"].map {
                    try #require(variant.scalar("\(group)/trace_\($0)")).value
                }
                let frobenius = try #require(variant.scalar("\(group)/frobenius"))
                let largest = try #require(variant.array("\(group)/eigenvalues")).values[0]
                #expect(parts[0] >= 0 && parts[1] <= 0)
                if group == "curvature/residual/blocks/head" {
                    // The output is linear in the head, so that the Gauss-Newton block is all of the Hessian's.
                    #expect(frobenius.value < 1e-4 && abs(largest) < 1e-4)
                    continue
                }
                #expect(largest > 0 && largest <= frobenius.value + 5 * frobenius.standardError)
                #expect(abs(trace.value - parts[0] - parts[1]) < 0.8 * (parts[0] - parts[1]))
                if group.contains("ggn") || group.contains("fisher") {
                    #expect(parts[1] > -1e-4 * parts[0])
                    #expect(variant.array("\(group)/eigenvalues_smallest") == nil)
                } else {
                    #expect(variant.array("\(group)/eigenvalues_smallest")?.status == .done)
                }
                let weights = try #require(variant.array("\(group)/density/nodes")).companion("weights") ?? []
                #expect(abs(weights.filter(\.isFinite).reduce(0, +) - 2) < 1e-9)
                #expect(variant.array("\(group)/density/density")?.values.allSatisfy { $0 >= 0 } == true)
            }
            let sharpness = try #require(variant.scalar("curvature/preconditioned_sharpness"))
            #expect(sharpness.value > 0)
            #expect(abs((sharpness.attributes["threshold"]?.number ?? 0) - 38 / 3e-5) < 1)
        }
        let document = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        let variant = try #require((document["variants"] as? [[String: Any]])?.first)
        let parts = try #require(variant["parts"] as? [String: [String: Any]])
        #expect(parts["ggn"]?["eigenvalues"] is [Any] && parts["blocks/head"]?["trace"] is [String: Any])
        #expect((variant["density"] as? [String: Any])?["bandwidth"] is Double)
        let again = try Program.run(
            arguments + ["--threads", "1", "--output", scratch.path("again.h5")], in: scratch.url)
        #expect(again.status == 0)
        #expect(try contents(scratch.path("again.h5")) == contents(scratch.path("run.h5")))
    }

    /// The diagonal of every parameter: from the same products as the trace of random signs, and zero where softmax makes it so.
    @Test func diagonal() throws {
        let arguments = [
            "probe", "--windows", "8", "--variants", "pretrained,sff:0.5", "--measures", "diagonal",
            "--diagonal-probes",
            "6", "--operators", "hessian,ggn", "--blocks", "head", "--quiet", "--json",
        ]
        let result = try Program.run(
            arguments + ["--report", scratch.path("report"), "--output", scratch.path("run.h5")], in: scratch.url)
        #expect(result.status == 0, "\(result.errors)")
        let record = try RunReader.read(scratch.path("run.h5"))
        #expect(record.isComplete && record.counts.failed == 0)
        let variant = try #require(record.variant("pretrained"))
        for group in ["curvature", "curvature/ggn", "curvature/blocks/head", "curvature/ggn/blocks/head"] {
            let mean = try #require(variant.array("\(group)/diagonal/mean"))
            let samples = try #require(variant.array("\(group)/diagonal/samples"))
            guard case .strings(let names)? = mean.attributes["parameters"] else {
                Issue.record("no names")
                return
            }
            #expect(names.count == mean.values.count && samples.shape == [names.count, 6])
            #expect(mean.attributes["products"]?.number == 6)
            let entries = try #require(mean.companion("entries"))
            if !group.contains("blocks") { #expect(Int(entries.reduce(0, +)) == variant.parameters) }
            for (index, name) in names.enumerated() {
                let row = samples.values[(6 * index)..<(6 * index + 6)]
                #expect(abs(row.reduce(0, +) / 6 - mean.values[index]) < 1e-12 * (1 + abs(mean.values[index])))
                // Adding a constant to all scores of a query changes no attention.
                if name.hasSuffix("key_projection.bias") { #expect(abs(mean.values[index]) < 1e-6) }
            }
        }
        // The generalised Gauss-Newton matrix is semidefinite: no entry can be well below 0.
        let negative = try #require(variant.array("curvature/ggn/diagonal/mean")?.companion("negative"))
        let biased = try #require(variant.array("curvature/ggn/diagonal/mean")?.companion("entries"))
        let share = zip(negative, biased).reduce(0) { $0 + $1.0 * $1.1 } / biased.reduce(0, +)
        #expect(share < 0.03)
        let page = try String(contentsOfFile: scratch.path("report/report.html"), encoding: .utf8)
        #expect(page.contains("Diagonal by layer"))
        let document = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        let first = try #require((document["variants"] as? [[String: Any]])?.first)
        #expect((first["diagonal"] as? [[String: Any]])?.first?["standard_error"] is Double)
        #expect((first["work"] as? [String: Any])?["hvp"] as? Int == 24)
    }

    /// The path, its controls and the map agree with each other where they meet.
    @Test func theoryConvexityAndSelfCheck() throws {
        let arguments = [
            "probe", "--windows", "10", "--variants", "pretrained,sff:0.5", "--measures", "eigen,theory,convexity",
            "--theory-points", "3", "--theory-probes", "3", "--convexity-grid", "3x1", "--eigen", "1", "--self-check",
            "--tolerance", "0.01", "--quiet",
        ]
        let result = try Program.run(
            arguments + ["--report", scratch.path("report"), "--output", scratch.path("run.h5")], in: scratch.url)
        #expect(result.status == 0, "\(result.errors)")
        let record = try RunReader.read(scratch.path("run.h5"))
        #expect(record.isComplete && record.counts.failed == 0)
        let holder = try #require(record.variant("pretrained"))
        func column(_ line: String, _ name: String) throws -> [Double] {
            try #require(holder.line(line)?.column(name))
        }
        func largest(_ variant: String) throws -> Double {
            try #require(record.variant(variant)?.array("curvature/eigenvalues")).values[0]
        }
        let path = try column("theory_sff", "lambda_max")
        #expect(abs(path[2] - (try largest("pretrained"))) < 1e-3 * path[2])
        #expect(abs(path[1] - (try largest("sff:0.5"))) < 1e-3 * path[1])
        for line in ["theory_shrink", "theory_noise"] { #expect(try column(line, "lambda_max")[2] == path[2]) }
        let bound = try column("theory_sff", "bound")
        #expect(abs(bound[0] - path[0]) < 1e-3 * path[0] && abs(bound[1] - (bound[0] + bound[2]) / 2) < 1e-9)
        let defect = try column("theory_sff", "defect")
        #expect(defect[0] < 1e-5 && defect[2] < 1e-5 && defect[1] > 0.01)
        for name in ["pretrained", "sff:0.5"] {
            let variant = try #require(record.variant(name))
            let map = try #require(variant.plane("convexity"))
            #expect(map.x.count == 3 && map.y == [0])
            let (high, low) = (try #require(map.column("lambda_max")), try #require(map.column("lambda_min")))
            #expect(abs(high[1] - (try largest(name))) < 1e-3 * high[1])
            #expect(try #require(map.column("ratio"))[1] == -low[1] / high[1])
            #expect(try #require(variant.scalar("self_check/asymmetry")).value < 1e-4)
        }
        let figures = try FileManager.default.contentsOfDirectory(atPath: scratch.path("report"))
        #expect(figures.contains("theory.png") && figures.contains("convexity.png"))
        // What is done is not computed again.
        let again = try Program.run(
            arguments + ["--resume", "--no-report", "--output", scratch.path("run.h5")], in: scratch.url)
        #expect(again.status == 0, "\(again.errors)")
    }

    @Test(arguments: ["hutchinson", "hutch++", "xtrace", "xnystrace"]) func traceMethods(_ method: String) throws {
        let result = try Program.run(
            [
                "probe", "--windows", "6", "--variants", "pretrained", "--measures", "trace", "--operators", "ggn",
                "--trace-method", method, "--samples", "120", "--trace-error", "0.1", "--no-report", "--quiet",
                "--output", scratch.path("run.h5"),
            ], in: scratch.url)
        #expect(result.status == 0, "\(result.errors)")
        let trace = try #require(
            try RunReader.read(scratch.path("run.h5")).variants[0].scalar("curvature/ggn/trace"))
        #expect(trace.value > 0 && trace.standardError <= 0.1 * trace.value)
        #expect((trace.attributes["products"]?.number ?? 999) < 120)
    }

    @Test func theCentreIsTheLossToTheLastBit() throws {
        let arguments =
            small + [
                "--measures", "loss,line,plane,path", "--grid", "3x5", "--range", "-2:2", "--output",
                scratch.path("run.h5"),
            ]
        let result = try Program.run(arguments, in: scratch.url)
        #expect(result.status == 0, "\(result.errors)")
        let record = try RunReader.read(scratch.path("run.h5"))
        for variant in record.variants {
            let loss = try #require(variant.scalar("loss")).value
            let plane = try #require(variant.plane("random"))
            #expect(plane.x.count == 3 && plane.y.count == 5)
            #expect(plane.column("loss")?[plane.index(row: 2, column: 1)] == loss)
            #expect(variant.line("random")?.column("loss")?[2] == loss)
        }
        let path = try #require(record.variants[0].line("path"))
        #expect(path.column("loss")?.last == record.variants[0].scalar("loss")?.value)
    }

    @Test func workersSeedsAndOrderDecideNothingTheyShouldNot() throws {
        for (name, more) in [
            ("one.h5", ["--threads", "1"]), ("two.h5", ["--threads", "2"]), ("again.h5", ["--threads", "2"]),
        ] {
            let result = try Program.run(small + more + ["--output", scratch.path(name)], in: scratch.url)
            #expect(result.status == 0, "\(result.errors)")
        }
        let one = try contents(scratch.path("one.h5"))
        #expect(one.count > 30)
        #expect(try contents(scratch.path("two.h5")) == one)
        #expect(try contents(scratch.path("again.h5")) == one)
        let other = try Program.run(small + ["--seed", "1", "--output", scratch.path("other.h5")], in: scratch.url)
        #expect(other.status == 0)
        #expect(try contents(scratch.path("other.h5")) != one)
    }

    @Test func killedAndResumedEqualsUninterrupted() throws {
        let arguments = small + ["--windows", "60", "--grid", "9x9"]
        let whole = try Program.run(arguments + ["--output", scratch.path("whole.h5")], in: scratch.url)
        #expect(whole.status == 0, "\(whole.errors)")
        let expected = try contents(scratch.path("whole.h5"))
        var interruptions = 0
        var random = SystemRandomNumberGenerator()
        for round in 0..<3 {
            let file = "killed\(round).h5"
            var finished = false
            for _ in 0..<30 where !finished {
                let (process, _, errors) = try Program.start(
                    arguments + ["--resume", "--output", scratch.path(file)], in: scratch.url)
                let limit = Date(timeIntervalSinceNow: Double.random(in: 0.4...1.6, using: &random))
                while process.isRunning && Date() < limit { usleep(10_000) }
                if process.isRunning {
                    kill(process.processIdentifier, SIGKILL)
                    process.waitUntilExit()
                    interruptions += 1
                } else {
                    process.waitUntilExit()
                    let messages = try String(contentsOf: errors, encoding: .utf8)
                    #expect(process.terminationStatus == 0, "\(messages)")
                    finished = true
                }
            }
            if !finished {
                let last = try Program.run(arguments + ["--resume", "--output", scratch.path(file)], in: scratch.url)
                #expect(last.status == 0, "\(last.errors)")
            }
            #expect(try contents(scratch.path(file)) == expected)
        }
        #expect(interruptions > 0)
    }

    @Test func terminationIsResumable() throws {
        let arguments =
            small + [
                "--measures", "loss,plane", "--windows", "200", "--grid", "41x41", "--output", scratch.path("run.h5"),
            ]
        let (process, _, errors) = try Program.start(arguments, in: scratch.url)
        while process.isRunning && !FileManager.default.fileExists(atPath: scratch.path("run.h5")) { usleep(10_000) }
        usleep(300_000)
        kill(process.processIdentifier, SIGTERM)
        process.waitUntilExit()
        let messages = try String(contentsOf: errors, encoding: .utf8)
        #expect(process.terminationStatus == 75, "\(messages)")
        let record = try RunReader.read(scratch.path("run.h5"))
        #expect(!record.isComplete)
        let other = try Program.run(small + ["--resume", "--output", scratch.path("run.h5")], in: scratch.url)
        #expect(other.status == 73, "another configuration must not continue the file: \(other.errors)")
    }

    @Test func configurationFilesAndDryRuns() throws {
        try scratch.write(
            "probe.yaml",
            "variants: [pretrained, \"sff:0.5\"]\nwindows: 8\nmeasures: loss\nno-report: true\nquiet: true\n")
        let result = try Program.run(
            ["probe", "--config", "probe.yaml", "--windows", "6", "--json", "--output", "run.h5"], in: scratch.url)
        #expect(result.status == 0, "\(result.errors)")
        let document = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        #expect(document["windows"] as? Int == 6)
        #expect((document["variants"] as? [[String: Any]])?.map { $0["name"] as? String } == ["pretrained", "sff:0.5"])
        let dry = try Program.run(
            small + ["--dry-run", "--json", "--output", scratch.path("none.h5")], in: scratch.url)
        #expect(dry.status == 0, "\(dry.errors)")
        let plan = try #require(try JSONSerialization.jsonObject(with: Data(dry.output.utf8)) as? [String: Any])
        // Two for the determinism check; per variant 1 loss, 5 line, 12 plane; 5 for the path; and the measures of sharpness: SAM, m-sharpness
        // and ASAM twice 4, average 20, the error of the quadratic form 2, critical 16.
        #expect(plan["forward"] as? Int == 2 + 3 * (1 + 5 + 12 + 4 + 20 + 2 + 16) + 5)
        // The gradient, m-sharpness 1, effective smoothness 4.
        #expect(plan["gradient"] as? Int == 3 * (1 + 1 + 4))
        #expect(!scratch.contents.contains("none.h5"))
    }

    @Test(arguments: ["2>&-", "2> >(head -c 1 > /dev/null)", ">/dev/full 2>/dev/full"])
    func streamsThatCannotBeWrittenDoNotEndTheWork(_ redirection: String) throws {
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/bash")
        shell.arguments = [
            "-c",
            "'\(Program.url.path)' probe --windows 4 --measures loss,plane --grid 3x3 --no-report --output '\(scratch.path("run.h5"))' \(redirection)",
        ]
        try shell.run()
        shell.waitUntilExit()
        // The results in the file are whole; that the table could not be printed is said by the exit code.
        let status: Int32 = redirection.hasPrefix(">") ? 73 : 0
        #expect(shell.terminationReason == .exit && shell.terminationStatus == status)
        #expect(try RunReader.read(scratch.path("run.h5")).isComplete)
    }

    @Test func strictReportsWhatDidNotConverge() throws {
        let arguments = [
            "probe", "--windows", "8", "--measures", "eigen", "--variants", "pretrained", "--eigen", "3",
            "--max-products", "16",
            "--tolerance", "1e-6", "--no-report", "--quiet",
        ]
        let relaxed = try Program.run(arguments + ["--output", scratch.path("a.h5")], in: scratch.url)
        #expect(relaxed.status == 0, "\(relaxed.errors)")
        #expect(relaxed.output.contains("not converged"))
        let strict = try Program.run(arguments + ["--strict", "--output", scratch.path("b.h5")], in: scratch.url)
        #expect(strict.status == 2, "\(strict.errors)")
    }

    @Test(.enabled(if: Program.hasSharedData, "needs ../shared/data/ETTh1.csv"))
    func tinyTimerOnETTh1() throws {
        let arguments = [
            "probe", "--model", "timer", "--weights",
            Program.fixtures.appendingPathComponent("ltsm/timer/model.safetensors").path,
            "--data", Program.shared.appendingPathComponent("data/ETTh1.csv").path, "--variants",
            "pretrained,scratch,sff:0.7,shrink:0.7", "--stride", "240", "--grid", "3x3", "--points", "3", "--samples",
            "2",
            "--json", "--no-report", "--quiet", "--output", scratch.path("run.h5"),
        ]
        let result = try Program.run(arguments, in: scratch.url)
        #expect(result.status == 0, "\(result.errors)")
        let document = try #require(try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        let data = try #require(document["data"] as? [String: Any])
        #expect(data["context"] as? Int == 40 && data["horizon"] as? Int == 8)
        #expect((document["variants"] as? [Any])?.count == 4)
    }
}
