import Foundation
import Landscape

/// Whether this process is one of several of a run, as `torchrun`, `srun` or `mpirun` says through the environment.
struct RankEnvironment {
    private let variables: [String: String]

    init(_ variables: [String: String] = ProcessInfo.processInfo.environment) {
        self.variables = variables
    }

    /// How to meet the other processes; `nil` where there are none.
    func meeting() throws -> RankGroup.Meeting? {
        guard let (rank, count) = try place() else { return nil }
        guard count > 1 else { return nil }
        guard rank < count else {
            throw Exit.Failure(.usage, "the environment says rank \(rank) of \(count) processes; ranks begin at 0")
        }
        var meeting = RankGroup.Meeting(rank: rank, count: count, host: try host(), port: try port())
        // torchrun holds a store of its own, which outlives the processes that it starts again.
        meeting.storeIsForeign = variables["TORCHELASTIC_USE_AGENT_STORE"] == "True"
        let identity = ["TORCHELASTIC_RUN_ID", "TORCHELASTIC_RESTART_COUNT"].compactMap { variables[$0] }
        meeting.name = (["landscape"] + identity).joined(separator: "/")
        return meeting
    }

    /// The processes of the run on this machine, as far as is known: they share its processors.
    var localCount: Int {
        ["LOCAL_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS"].lazy.compactMap { variables[$0] }
            .compactMap { Int($0) }.first { $0 > 0 } ?? 1
    }

    // MARK: Variables

    private func place() throws -> (rank: Int, count: Int)? {
        var pairs = [
            ("RANK", "WORLD_SIZE"), ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"), ("PMI_RANK", "PMI_SIZE"),
        ]
        // A batch script has a rank too; only the processes of a step have companions.
        if variables["SLURM_STEP_ID"].flatMap({ Int($0) }) != nil {
            pairs.append(
                ("SLURM_PROCID", variables["SLURM_STEP_NUM_TASKS"] == nil ? "SLURM_NTASKS" : "SLURM_STEP_NUM_TASKS"))
        }
        for (rank, size) in pairs where variables[size] != nil {
            // Alone by one starter's word, whatever another says.
            guard let count = try number(size, from: 1), count > 1 else { return nil }
            guard let own = try number(rank, from: 0) else {
                throw Exit.Failure(
                    .usage,
                    "\(size)=\(count) is set without \(rank); start with torchrun, srun or mpirun, or unset \(size)")
            }
            return (own, count)
        }
        return nil
    }

    private func number(_ name: String, from least: Int) throws -> Int? {
        guard let text = variables[name] else { return nil }
        guard let value = Int(text), value >= least, value <= 1_000_000 else {
            throw Exit.Failure(.usage, "\(name): expected a number from \(least), found '\(text)'")
        }
        return value
    }

    private func host() throws -> String {
        if let host = variables["MASTER_ADDR"], !host.isEmpty { return host }
        if let nodes = variables["SLURM_STEP_NODELIST"] ?? variables["SLURM_NODELIST"]
            ?? variables["SLURM_JOB_NODELIST"]
        {
            guard let host = RankEnvironment.firstHost(of: nodes) else {
                throw Exit.Failure(
                    .usage, "'\(nodes)' names no first machine; set MASTER_ADDR to the one that runs rank 0")
            }
            return host
        }
        throw Exit.Failure(
            .usage,
            "there are several processes, and MASTER_ADDR does not say where rank 0 runs; set MASTER_ADDR and MASTER_PORT for all (mpirun -x)"
        )
    }

    private func port() throws -> Int {
        if let port = try number("MASTER_PORT", from: 1) {
            guard port < 65_536 else {
                throw Exit.Failure(.usage, "MASTER_PORT: expected at most 65535, found \(port)")
            }
            return port
        }
        // The same for all processes of a job, and most likely not for another's.
        if let job = variables["SLURM_JOB_ID"].flatMap({ Int($0) }) { return 20_000 + abs(job) % 20_000 }
        throw Exit.Failure(
            .usage, "there are several processes; set MASTER_PORT to one free port of MASTER_ADDR for all")
    }

    /// The first machine of a list such as "gpu7,gpu9" or "node[03-05,9],other".
    static func firstHost(of list: String) -> String? {
        guard let bracket = list.firstIndex(of: "["), !list[..<bracket].contains(",") else {
            let name = list.prefix { $0 != "," }
            return name.isEmpty ? nil : String(name)
        }
        let number = list[list.index(after: bracket)...].prefix(while: \.isNumber)
        guard !number.isEmpty, let end = list[bracket...].firstIndex(of: "]") else { return nil }
        // Behind the bracket may come the rest of the name.
        let rest = list[list.index(after: end)...].prefix { $0 != "," }
        guard !rest.contains("[") else { return nil }
        return String(list[..<bracket]) + number + rest
    }
}
