import Foundation
import OracleSupport
import Testing

/// The k-th call that changes a file fails, or the process is killed there: old or new stands, never a third thing, and the run can
/// be brought to its end. Every k with LANDSCAPE_SLOW_TESTS (LANDSCAPE_FAULT_KINDS=kill,eio chooses kinds of faults); else the
/// first, the last and some between.
@Suite("Faults of the file layer", .serialized)
struct WriteFaultTests {
    /// Kinds of faults, and whether they last.
    static let kinds: [(FaultLibrary.Fault.Kind, Bool)] = [
        (.kill, false), (.eio, false), (.enospc, true), (.full, true), (.torn, false), (.short, false), (.eintr, false),
    ]

    /// Which of `count` calls to let fail: all, or about `some` of them.
    private static func chosen(_ count: Int, some: Int, offset: Int) -> [Int] {
        guard !runsSlowTests && count > some else { return Array(1...count) }
        let ends = [1, 2, count - 1, count].prefix(max(1, some / 2))
        let stride = max(1, count / max(1, some - ends.count))
        let between = Array(Swift.stride(from: 3 + offset % stride, to: count - 1, by: stride))
        return Array(Set(ends + between)).sorted()
    }

    private func sweep(_ job: FaultJob, _ kinds: [(FaultLibrary.Fault.Kind, Bool)], some: Int) throws {
        let bench = try FaultBench.of(job)
        let wanted = ProcessInfo.processInfo.environment["LANDSCAPE_FAULT_KINDS"]?.split(separator: ",").map(
            String.init)
        for (number, (kind, lasting)) in kinds.enumerated() where wanted?.contains(kind.rawValue) ?? true {
            let calls = WriteFaultTests.chosen(bench.calls, some: some, offset: 7 * number)
            let problems = bench.sweep(kind, lasting: lasting, calls: calls)
            #expect(problems.isEmpty, "\(job.name): \(problems.prefix(5).joined(separator: "\n"))")
        }
    }

    @Test("A probe of every kind of result", .enabled(if: runsSlowTests))
    func wholeProbe() throws { try sweep(.wholeProbe, WriteFaultTests.kinds, some: 0) }

    @Test("A small probe")
    func smallProbe() throws { try sweep(.smallProbe, [(.kill, false), (.enospc, true)], some: 4) }

    /// A write that is cut short, by a signal or for lack of space, ends between two pages: nothing that has a checksum may lie
    /// across one.
    @Test("No object of a result file lies across two pages")
    func pages() throws {
        let bench = try FaultBench.of(runsSlowTests ? .wholeProbe : .smallProbe)
        #expect(bench.inPlace.count > bench.calls / 3 && bench.inPlace.crossings == [])
    }

    @Test("A fine-tuning")
    func fineTuning() throws {
        try sweep(.fineTuning, runsSlowTests ? WriteFaultTests.kinds : [(.kill, false), (.enospc, true)], some: 3)
    }

    @Test("An experiment with a model that it makes", .enabled(if: runsSlowTests))
    func experiment() throws { try sweep(.experiment, WriteFaultTests.kinds, some: 0) }

    @Test("Verbs that write once", arguments: runsSlowTests ? FaultJob.writers : [.smooth])
    func writers(_ job: FaultJob) throws {
        try sweep(job, runsSlowTests ? WriteFaultTests.kinds : [(.enospc, true)], some: 2)
    }

    @Test("A report, gnuplot's files among them", .enabled(if: runsSlowTests))
    func report() throws { try sweep(.report, Array(WriteFaultTests.kinds.prefix(3)), some: 0) }
}
