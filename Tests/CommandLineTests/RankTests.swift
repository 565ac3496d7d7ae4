import Archive
import Foundation
import OracleSupport
import Testing

@testable import LandscapeTool

/// Several processes of one run, on the loopback interface, through the built program.
@Suite(.serialized) struct RankTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private typealias Rank = (process: Process, output: URL, errors: URL)

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
            }
        }
        try #require(status == 0)
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Starts ranks; `more` are options of single ranks.
    private func start(_ count: Int, _ arguments: [String], _ more: [Int: [String]] = [:]) throws -> [Rank] {
        let port = try Self.freePort()
        return try (0..<count).map { rank in
            try Program.start(
                arguments + (more[rank] ?? []), in: scratch.url,
                environment: [
                    "RANK": "\(rank)", "WORLD_SIZE": "\(count)", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "\(port)",
                ])
        }
    }

    private func text(_ file: URL) -> String { (try? String(contentsOf: file, encoding: .utf8)) ?? "" }

    /// Exit codes; −9 for a rank that was killed.
    private func codes(_ ranks: [Rank]) -> [Int32] {
        ranks.map { rank in
            rank.process.waitUntilExit()
            return rank.process.terminationReason == .exit
                ? rank.process.terminationStatus : -rank.process.terminationStatus
        }
    }

    private func messages(_ ranks: [Rank]) -> Comment {
        Comment(rawValue: ranks.map { text($0.errors) }.joined(separator: "\n---\n"))
    }

    /// Waits until rank 0 says something of its work.
    private func wait(for words: String, of ranks: [Rank]) throws {
        let limit = Date(timeIntervalSinceNow: 30)
        while ranks[0].process.isRunning, Date() < limit, !text(ranks[0].errors).contains(words) { usleep(2_000) }
        try #require(text(ranks[0].errors).contains(words), messages(ranks))
    }

    private func file(_ name: String) -> [String] { ["--output", scratch.path(name)] }

    /// Bits of everything but what follows from sums over batches.
    private func slices(_ path: String) throws -> [String: String] {
        try contents(path).filter { key, _ in !key.contains("curvature/") && !key.contains("gradient") }
    }

    @Test func ranksGiveTheSameSlicesAndEigenvalues() throws {
        let arguments = [
            "probe", "--windows", "16", "--batch", "3", "--variants", "pretrained,sff:0.7", "--measures",
            "loss,gradient,eigen,trace,sharpness,line,path,plane,volume", "--grid", "4x3,2x3x3", "--points", "3",
            "--eigen", "1",
            "--tolerance", "1e-4", "--samples", "2", "--threads", "1", "--no-report", "--sharpness",
            "sam,average,average_adaptive",
        ]
        let single = try Program.run(arguments + file("1.h5"), in: scratch.url)
        #expect(single.status == 0, "\(single.errors)")
        let expected = try slices(scratch.path("1.h5"))
        #expect(expected.count > 40)
        let alone = try RunReader.read(scratch.path("1.h5"))
        for count in [2, 3] {
            let ranks = try start(count, arguments + file("\(count).h5"))
            #expect(codes(ranks).allSatisfy { $0 == 0 }, messages(ranks))
            #expect(text(ranks[0].output) == single.output)
            for rank in ranks.dropFirst() { #expect(text(rank.output).isEmpty && text(rank.errors).isEmpty) }
            let record = try RunReader.read(scratch.path("\(count).h5"))
            #expect(record.isComplete && record.fingerprint == alone.fingerprint)
            let found = try slices(scratch.path("\(count).h5"))
            // SAM goes along the gradient, whose last digits follow the order of the sums.
            for (key, value) in expected where !key.contains("sharpness/sam") { #expect(found[key] == value, "\(key)") }
            for (variant, other) in zip(alone.variants, record.variants) {
                for array in variant.arrays where array.path.hasPrefix("curvature/") {
                    let values = try #require(other.array(array.path)).values
                    #expect(values.count == 1 && array.status == .done)
                    for (a, b) in zip(array.values, values) { #expect(abs(a - b) <= 1e-6 * abs(a), "\(array.path)") }
                }
                for path in ["gradient_norm", "curvature/trace", "sharpness/sam"] {
                    let (a, b) = (try #require(variant.scalar(path)).value, try #require(other.scalar(path)).value)
                    #expect(abs(a - b) <= 1e-4 * abs(a), "\(path)")
                }
            }
        }
        let verified = try Program.run(["verify", "3.h5", "--quiet"], in: scratch.url)
        #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
    }

    /// What refines or checks itself while it runs decides alike on all ranks; measures of sharpness stay in lockstep.
    @Test func adaptivePlanesPrecisionAndSharpnessOnRanks() throws {
        let arguments = [
            "probe", "--windows", "24", "--batch", "6", "--variants", "pretrained,scratch", "--threads", "1",
            "--no-report",
            "--quiet",
        ]
        for (name, more) in [
            ("adaptive", ["--measures", "plane", "--grid", "31x31", "--adaptive", "0.02"]),
            ("half", ["--measures", "loss,line,plane", "--grid", "5x4", "--points", "5", "--precision", "bfloat16"]),
        ] {
            let single = try Program.run(arguments + more + file("\(name)-1.h5"), in: scratch.url)
            #expect(single.status == 0, "\(single.errors)")
            let ranks = try start(2, arguments + more + file("\(name)-2.h5"))
            #expect(codes(ranks).allSatisfy { $0 == 0 }, messages(ranks))
            #expect(try slices(scratch.path("\(name)-2.h5")) == slices(scratch.path("\(name)-1.h5")), "\(name)")
        }
        let sharpness = ["--measures", "sharpness", "--sharpness", "all", "--precision", "float64"]
        let single = try Program.run(arguments + sharpness + file("1.h5"), in: scratch.url)
        #expect(single.status == 0, "\(single.errors)")
        let ranks = try start(2, arguments + sharpness + file("2.h5"))
        #expect(codes(ranks).allSatisfy { $0 == 0 }, messages(ranks))
        let (one, two) = (try RunReader.read(scratch.path("1.h5")), try RunReader.read(scratch.path("2.h5")))
        for (a, b) in zip(one.variants.flatMap(\.scalars), two.variants.flatMap(\.scalars)) {
            #expect(a.value.isNaN == b.value.isNaN, "\(a.path)")
            if !a.value.isNaN { #expect(abs(a.value - b.value) <= 1e-6 * abs(a.value) + 1e-12, "\(a.path)") }
        }
    }

    private let plane = [
        "probe", "--windows", "48", "--variants", "pretrained,sff:0.7", "--measures", "loss,eigen,plane", "--eigen",
        "1",
        "--grid", "12x12", "--threads", "1", "--no-report", "--rank-timeout", "4",
    ]

    /// The points in the hands of the dead are evaluated by the others, and what follows is computed without it.
    @Test func aRankThatDiesInAPlaneLosesOnlyItsPoints() throws {
        let single = try Program.run(plane + file("single.h5"), in: scratch.url)
        #expect(single.status == 0, "\(single.errors)")
        let ranks = try start(3, plane + file("run.h5"))
        try wait(for: "pretrained planes/random: 1", of: ranks)
        kill(ranks[1].process.processIdentifier, SIGKILL)
        #expect(codes(ranks) == [0, -SIGKILL, 0], messages(ranks))
        #expect(try RunReader.read(scratch.path("run.h5")).isComplete)
        #expect(try slices(scratch.path("run.h5")) == slices(scratch.path("single.h5")))
    }

    @Test func whenRankZeroDiesTheOthersStopAndTheRunResumes() throws {
        let single = try Program.run(plane + file("single.h5"), in: scratch.url)
        #expect(single.status == 0, "\(single.errors)")
        let ranks = try start(3, plane + file("run.h5"))
        try wait(for: "pretrained planes/random: 1", of: ranks)
        kill(ranks[0].process.processIdentifier, SIGKILL)
        #expect(codes(ranks) == [-SIGKILL, 75, 75], messages(ranks))
        #expect(text(ranks[1].errors).contains("--resume"))
        #expect(try !RunReader.read(scratch.path("run.h5")).isComplete)
        let resumed = try start(2, plane + ["--resume"] + file("run.h5"))
        #expect(codes(resumed) == [0, 0], messages(resumed))
        #expect(try slices(scratch.path("run.h5")) == slices(scratch.path("single.h5")))
    }

    private let search = [
        "probe", "--windows", "300", "--variants", "pretrained", "--measures", "loss,eigen", "--eigen", "2",
        "--tolerance", "1e-4", "--exact-search", "--threads", "1", "--no-report", "--rank-timeout", "4",
    ]

    @Test func aRankThatDiesInASumEndsTheRunOfAll() throws {
        let ranks = try start(3, search + file("run.h5"))
        try wait(for: "eigenvalues of the Hessian, products", of: ranks)
        kill(ranks[2].process.processIdentifier, SIGKILL)
        #expect(codes(ranks) == [75, 75, -SIGKILL], messages(ranks))
        #expect(text(ranks[0].errors).contains("go on with the same command and --resume"))
        // What was done is kept, and the rest begins again.
        let left = try RunReader.read(scratch.path("run.h5")).variants[0]
        #expect(left.scalar("loss")?.status == .done && left.array("curvature/eigenvalues")?.status == .pending)
        let resumed = try start(2, search + ["--resume"] + file("run.h5"))
        #expect(codes(resumed) == [0, 0], messages(resumed))
        #expect(try RunReader.read(scratch.path("run.h5")).isComplete)
    }

    @Test func whoIsAskedToStopStopsAll() throws {
        for victim in runsSlowTests ? [0, 1] : [1] {
            let ranks = try start(2, search + ["--overwrite"] + file("run.h5"))
            try wait(for: "eigenvalues of the Hessian, products", of: ranks)
            kill(ranks[victim].process.processIdentifier, SIGTERM)
            #expect(codes(ranks) == [75, 75], messages(ranks))
            for rank in ranks { #expect(text(rank.errors).contains("error: stopped")) }
        }
        let large = plane + ["--measures", "plane", "--grid", "61x61", "--overwrite"] + file("plane.h5")
        for victim in runsSlowTests ? [0, 1] : [0] {
            let ranks = try start(2, large)
            try wait(for: "pretrained planes/random: 3", of: ranks)
            kill(ranks[victim].process.processIdentifier, SIGTERM)
            #expect(codes(ranks) == [75, 75], messages(ranks))
        }
    }

    @Test func ranksOfUnlikeRunsAreRefused() throws {
        let few = ["probe", "--windows", "6", "--measures", "loss", "--no-report"] + file("run.h5")
        let ranks = try start(2, few, [1: ["--seed", "1"]])
        #expect(codes(ranks) == [1, 1], messages(ranks))
        #expect(text(ranks[0].errors).contains("do not compute the same"))
        #expect(!scratch.contents.contains("run.h5"))
        let other = try Program.run(few, in: scratch.url, environment: ["WORLD_SIZE": "2", "RANK": "2"])
        #expect(other.status == 64 && other.errors.contains("rank 2 of 2"), "\(other.errors)")
        let lost = try Program.run(
            few, in: scratch.url, environment: ["WORLD_SIZE": "2", "RANK": "0", "MASTER_PORT": "29501"])
        #expect(lost.status == 64 && lost.errors.contains("MASTER_ADDR"), "\(lost.errors)")
        let alone = try Program.run(few, in: scratch.url, environment: ["WORLD_SIZE": "1", "RANK": "0"])
        #expect(alone.status == 0, "\(alone.errors)")
    }

    @Test func startersAreUnderstood() throws {
        let address = ["MASTER_ADDR": "here", "MASTER_PORT": "1234"]
        func meeting(_ variables: [String: String]) throws -> String? {
            try RankEnvironment(variables).meeting().map {
                "\($0.rank)/\($0.count) \($0.host):\($0.port) \($0.storeIsForeign) \($0.name)"
            }
        }
        #expect(try meeting([:]) == nil)
        #expect(
            try meeting(
                [
                    "RANK": "1", "WORLD_SIZE": "4", "TORCHELASTIC_USE_AGENT_STORE": "True", "TORCHELASTIC_RUN_ID": "x",
                    "TORCHELASTIC_RESTART_COUNT": "2",
                ].merging(address) { $1 }) == "1/4 here:1234 true landscape/x/2")
        #expect(
            try meeting(["OMPI_COMM_WORLD_RANK": "2", "OMPI_COMM_WORLD_SIZE": "3"].merging(address) { $1 })
                == "2/3 here:1234 false landscape")
        #expect(
            try meeting(["PMI_RANK": "0", "PMI_SIZE": "2"].merging(address) { $1 }) == "0/2 here:1234 false landscape")
        let step = [
            "SLURM_STEP_ID": "0", "SLURM_PROCID": "3", "SLURM_NTASKS": "8", "SLURM_JOB_ID": "41",
            "SLURM_NODELIST": "node[07-09,12]",
        ]
        #expect(try meeting(step) == "3/8 node07:20041 false landscape")
        // A batch script has no companions.
        #expect(try meeting(step.filter { $0.key != "SLURM_STEP_ID" }) == nil)
        #expect(RankEnvironment.firstHost(of: "gpu7,gpu9") == "gpu7")
        #expect(RankEnvironment.firstHost(of: "rack[1-2]-node,other") == "rack1-node")
        #expect(RankEnvironment.firstHost(of: "rack[1-2]node[3-4]") == nil)
        for broken in [
            ["RANK": "x", "WORLD_SIZE": "4"], ["WORLD_SIZE": "4"], ["RANK": "4", "WORLD_SIZE": "4"],
            ["RANK": "0", "WORLD_SIZE": "0"],
        ] {
            #expect(throws: Exit.Failure.self) { try meeting(broken.merging(address) { $1 }) }
        }
        #expect(throws: Exit.Failure.self) { try meeting(["PMI_RANK": "0", "PMI_SIZE": "2", "MASTER_ADDR": "here"]) }
    }
}
