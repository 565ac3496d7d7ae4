import Foundation
import OracleSupport
import Testing

/// SIGKILL at random moments, several times on one output, then going on: nothing that was done is lost, nothing is unreadable.
@Suite("Random kills", .serialized)
struct RandomKillTests {
    private struct Tally {
        var kills = 0
        var lost = 0
        var unreadable = 0
        var problems: [String] = []
    }

    @Test(
        "Probe, fine-tuning and experiment",
        arguments: runsSlowTests ? [FaultJob.smallProbe, .fineTuning, .experiment] : [.smallProbe, .fineTuning])
    func kills(_ job: FaultJob) throws {
        // 200 in all.
        let wanted = runsSlowTests ? (job.name == "finetune" ? 66 : 67) : 3
        let bench = try FaultBench.of(job)
        let tally = Locked(Tally())
        DispatchQueue.concurrentPerform(iterations: runsSlowTests ? ProcessInfo.processInfo.activeProcessorCount : 1) {
            worker in
            while tally.with({ $0.kills }) < wanted {
                do { try killAndResume(bench, tally, wanted) } catch { tally.with { $0.problems.append("\(error)") } }
                if tally.with({ $0.problems.count }) > 3 { break }
            }
        }
        let result = tally.with { $0 }
        print(
            "faults: \(job.name), random kills: \(result.kills) kills, \(result.lost) lost results, \(result.unreadable) unreadable files"
        )
        #expect(result.kills >= wanted)
        #expect(result.lost == 0 && result.unreadable == 0 && result.problems.isEmpty, "\(result.problems)")
    }

    /// One output: up to three kills, then to the end.
    private func killAndResume(_ bench: FaultBench, _ tally: Locked<Tally>, _ wanted: Int) throws {
        let folder = try bench.folder()
        var command = bench.job.command
        var known: [String: String] = [:]
        for _ in 0..<(runsSlowTests ? 3 : 2) {
            let run = try FaultRun.start(command, in: folder.url)
            usleep(UInt32(Double.random(in: 0.02...1) * bench.seconds * 1e6))
            let isRunning = run.process.isRunning
            if isRunning { kill(run.process.processIdentifier, SIGKILL) }
            let ended = try run.end()
            guard isRunning, ended.signal == SIGKILL else {
                if ended.status != 0 {
                    tally.with {
                        $0.problems.append("\(command.last ?? "") ended with \(ended.status): \(ended.errors)")
                    }
                }
                break
            }
            let problems = bench.problems(folder)
            let done = (try? bench.done(folder)) ?? [:]
            let lost = known.filter { done[$0.key] != $0.value }
            tally.with { tally in
                tally.kills += 1
                tally.lost += lost.count
                tally.unreadable += problems.filter { $0.hasPrefix("unreadable") }.count
                tally.problems += problems + (lost.isEmpty ? [] : ["lost: \(lost.keys.sorted().prefix(3))"])
            }
            known = done
            command = bench.job.continuation(folder.url)
        }
        let problems = bench.complete(folder)
        tally.with { $0.problems += problems }
    }
}
