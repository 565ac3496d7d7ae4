import Archive
import Foundation
import OracleSupport
import Testing

/// Inputs that change while they are read, and a clock that is set while a run is at work.
@Suite("Faults of inputs and of the clock", .serialized)
struct InputAndClockTests {
    private static let options = [
        "--data", "tiny.csv", "--threads", "1", "--quiet", "--windows", "2", "--measures", "loss,gradient",
        "--variants", "pretrained", "--no-report",
    ]

    @Test("A log that grows in the folder of the weights is no input")
    func otherFilesMayGrow() throws {
        let scratch = try Scratch()
        try FaultJob.prepareInputs(scratch)
        let folder = scratch.url.appendingPathComponent("tiny")
        let log = folder.appendingPathComponent("log.txt")
        for file in [log, scratch.url.appendingPathComponent("go")] { try Data("0\n".utf8).write(to: file) }
        let result = try ChildProcess.run(
            "/bin/sh",
            [
                "-c",
                "cd '\(folder.path)'; (while test -e ../go; do echo 1 >> log.txt; done) & \"$@\"; code=$?; rm ../go; wait; exit $code",
                "sh", Program.url.path, "probe", "--weights", ".", "--data", "../tiny.csv", "--windows", "2",
                "--measures",
                "loss", "--no-report", "--quiet", "--output", "../run.h5",
            ])
        #expect(result.status == 0, "\(result.output)")
    }

    /// Every access to a file is met once by every kind of change.
    @Test(
        "An input that changes gives an error, or the results of one state of it",
        arguments: runsSlowTests ? ["tiny.csv", "tiny/model.safetensors", "tiny/config.json"] : ["tiny.csv"])
    func changingInputs(_ name: String) throws {
        let scratch = try Scratch()
        try FaultJob.prepareInputs(scratch)
        let input = scratch.url.appendingPathComponent(name)
        let original = try Data(contentsOf: input)
        // Other contents that are as good, of the same length where that is possible.
        let other: Data
        switch name {
        case "tiny.csv": other = Data(String(decoding: original, as: UTF8.self).replacing("1", with: "2").utf8)
        case "tiny/config.json": other = original + Data(" ".utf8)
        default:
            other = Data(original.enumerated().map { $0 > original.count - 300 && $0 % 4 == 0 ? $1 ^ 1 : $1 })
        }
        func probe(_ folder: URL, _ environment: [String: String] = [:]) throws -> Program.Result {
            let command =
                ["probe", "--weights", "tiny/model.safetensors"] + InputAndClockTests.options + ["--output", "run.h5"]
            return try FaultRun.start(command + ["--overwrite"], in: folder, environment: environment).end()
        }
        func numbers() throws -> [String: String] { try contents(scratch.path("run.h5")) }
        func reset(_ data: Data) throws {
            try data.write(to: input)
            try other.write(to: URL(fileURLWithPath: input.path + ".other"))
        }
        try reset(other)
        #expect(try probe(scratch.url).status == 0)
        let changed = try numbers()
        try reset(original)
        let counter = scratch.path("counter")
        let counted = try probe(
            scratch.url, FaultLibrary.environment(changing: input, "none", number: 0, counter: counter))
        #expect(counted.status == 0)
        let whole = try numbers()
        let accesses = try FaultLibrary.counts(counter).accesses
        #expect(accesses > 0 && (whole != changed || name == "tiny/config.json"))

        var errors = 0
        var runs = 0
        for how in runsSlowTests ? ["truncate", "empty", "replace", "rewrite", "remove"] : ["truncate", "rewrite"] {
            let all = Array(1...accesses)
            for number in runsSlowTests ? all : [all[all.count / 2]] {
                try reset(original)
                try? FileManager.default.removeItem(atPath: counter)
                let result = try probe(
                    scratch.url,
                    FaultLibrary.environment(changing: input, how, number: number, counter: counter))
                runs += 1
                #expect(result.signal == nil, "\(how) at \(number): signal")
                if result.status == 0 {
                    let found = try numbers()
                    #expect(found == whole || found == changed, "\(how) at \(number): a third result")
                } else {
                    errors += 1
                    #expect([65, 66].contains(result.status), "\(how) at \(number): \(result.status) \(result.errors)")
                    #expect(result.errors.contains("tiny"), "\(how) at \(number): \(result.errors)")
                }
            }
        }
        print("faults: \(name) changed at each of \(accesses) accesses: \(runs) runs, \(errors) errors named")
        #expect(errors > 0)
    }

    @Test(
        "A clock that jumps changes no result and no duration",
        arguments: runsSlowTests ? [FaultJob.smallProbe, .fineTuning] : [.smallProbe])
    func clock(_ job: FaultJob) throws {
        let bench = try FaultBench.of(job)
        // Years ahead, years back, to and fro, to 1970, to the year 9000.
        let jumps = [(20, 1_000_000_000), (20, -1_000_000_000), (0, -3600), (1, -1_790_000_000), (1, 220_000_000_000)]
        for (reading, seconds) in runsSlowTests ? jumps : [jumps[1]] {
            let folder = try bench.folder()
            let variables = try FaultLibrary.environment(clockFrom: reading, seconds: seconds)
            let result = try FaultRun.start(job.command, in: folder.url, environment: variables).end()
            #expect(result.status == 0, "\(seconds) s: \(result.status) \(result.errors)")
            #expect(try job.results(folder.url) == bench.whole, "\(seconds) s")
            if job.name == "finetune" {
                let data = try Data(contentsOf: folder.url.appendingPathComponent("out/finetuning.json"))
                let record = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
                let taken = try #require(record["seconds"] as? Double)
                #expect(taken > 0 && taken < 3600)
                continue
            }
            let record = try RunReader.read(folder.path("out/run.h5"))
            let durations = record.variants.flatMap { $0.scalars.map(\.seconds) + $0.arrays.map(\.seconds) }
            #expect(durations.contains { $0 > 0 })
            #expect(durations.allSatisfy { $0.isNaN || ($0 >= 0 && $0 < 3600) }, "\(seconds) s: \(durations)")
        }
    }
}
