import Foundation
import Landscape

extension ProbeCommand {
    /// Runs `body` with the settings and, where this process is one of several, with the others.
    func withRanks(_ body: (ProbeSettings, RankGroup?) throws -> Void) throws {
        let meeting = dryRun ? nil : try RankEnvironment().meeting()
        if let meeting, meeting.rank > 0 { Log.setRank(meeting.rank) }
        let settings = try settings()
        guard let meeting else { return try body(settings, nil) }
        let ranks = try RankGroup(meeting, timeout: rankTimeout, shouldStop: { Interrupt.isRequested })
        do { try body(settings, ranks) } catch {
            ranks.leave(within: 1)
            throw error
        }
        ranks.leave(within: rankTimeout)
    }

    func makeRun(_ settings: ProbeSettings, _ ranks: RankGroup?) throws -> ProbeRun {
        // Processes on one machine share its processors.
        let shared = ranks == nil ? 1 : RankEnvironment().localCount
        let workers = machine.threads ?? max(1, machine.workers / shared)
        let workspace = try Workspace(model, data, machine)
        var run = try ProbeRun(
            workspace, settings, workers: workers, ranks: ranks, command: CommandLine.arguments)
        if workspace.dtype == .bfloat16 {
            var single = machine
            single.precision = .float32
            run.precisionCheck = PrecisionCheck { [model, data, single] in
                try ProbeRun(
                    Workspace(model, data, single), settings, workers: workers, ranks: ranks,
                    command: CommandLine.arguments)
            }
        }
        return run
    }
}
