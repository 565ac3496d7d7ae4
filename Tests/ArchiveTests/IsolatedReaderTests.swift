import CHDF5
import Foundation
import OracleSupport
import Synchronization
import Testing

@testable import Archive
@testable import ArchiveWriterHelper

/// Files that bring libhdf5 1.10.8 down, found by fuzzing: to the process that asks they are damaged files.
@Suite struct IsolatedReaderTests {
    static let crashes = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("HostileInputTests/Crashes/result")

    @Test func whateverBroughtLibhdf5DownIsADamagedFile() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.crashes.path)
        #expect(names.count >= 2)
        for name in names {
            let path = Self.crashes.appendingPathComponent(name).path
            do throws(ArchiveError) {
                _ = try RunReader.read(path, seconds: 1)
                Issue.record("\(name) was read")
            } catch {
                #expect(error.category == .badData && "\(error)".contains(name), "\(error)")
            }
        }
    }

    @Test func recordsArriveAsTheyWereRead() throws {
        let folder = try TemporaryFolder()
        let file = try RunFile.create(at: folder("run.h5"), plan: SampleRun.plan())
        try SampleRun.write(file)
        // While the file is open here, it is read here.
        let own = try RunReader.read(folder("run.h5"))
        try file.close()
        let transferred = try RunReader.read(folder("run.h5"))
        #expect(flattened(own) == flattened(transferred))
        #expect(own.history == transferred.history && own.software == transferred.software)
        #expect(own.counts == transferred.counts && own.counts.done > 0)
    }

    /// A child of fork has one thread, and every lock as it was: one that another thread held is held for ever.
    @Test func filesAreReadWhileOtherThreadsAreBusy() throws {
        let folder = try TemporaryFolder()
        let file = try RunFile.create(at: folder("run.h5"), plan: SampleRun.plan())
        try SampleRun.write(file)
        try file.close()
        let expected = flattened(try RunReader.read(folder("run.h5")))
        let isOver = Mutex(false)
        let place = folder("absent")
        let threads = DispatchGroup()
        for number in 0..<4 {
            DispatchQueue.global().async(group: threads) {
                // Locks of the allocator, the runtime, Foundation and the dynamic linker.
                var kept: [[UInt8]] = []
                var round = 0
                while !isOver.withLock({ $0 }) {
                    round += 1
                    kept.append([UInt8](repeating: 1, count: 1 << (4 + (round + number) % 14)))
                    if kept.count > 64 { kept.removeAll() }
                    _ = String(format: "%.3f %d", Double(round), round)
                    _ = FileManager.default.fileExists(atPath: "\(place)\(round)")
                    _ = dlsym(nil, "symbol\(round)")
                    _ = try? JSONEncoder().encode(["\(round)": kept.count])
                }
            }
        }
        var longest = Duration.zero
        let count = runsSlowTests ? 2000 : 100
        for _ in 0..<count {
            let begun = ContinuousClock.now
            #expect(flattened(try RunReader.read(folder("run.h5"))) == expected)
            longest = max(longest, begun.duration(to: .now))
        }
        #expect(IsolatedReader.isRehearsed)
        isOver.withLock { $0 = true }
        threads.wait()
        // Who stands still for ten seconds is tried again. AddressSanitizer has locks of its own, which every fork must get from
        // threads that take them all the time.
        let isInstrumented = dlsym(nil, "__asan_init") != nil
        #expect(isInstrumented || longest < .seconds(10), "a child stood still")
        print("\(count) reads beside four busy threads, the longest took \(longest)")
    }

    /// From its first instruction on: whatever it waits for, spinning.
    @Test func childrenThatSpinAreEnded() {
        let child = chdf5_fork(1)
        if child == 0 { while true {} }
        var status: Int32 = 0
        #expect(waitpid(child, &status, 0) == child && status & 0x7F == SIGXCPU, "\(status)")
    }

    @Test func numbersThatAreNoIntegersAreNone() {
        #expect(AttributeValue.double(.nan).integer == nil && AttributeValue.double(1e300).integer == nil)
        #expect(AttributeValue.double(2.5).integer == nil && AttributeValue.double(3).integer == 3)
        #expect(AttributeValue.unsigned(.max).integer == nil && AttributeValue.ints([1]).integer == nil)
    }

    @Test func answersThatAreCutOrMadeUpAreRefused() throws {
        var writer = ByteWriter()
        writer.put(["a", "b"])
        writer.put([1.5, .nan])
        for length in 0..<writer.bytes.count {
            var reader = ByteReader(Array(writer.bytes[..<length]))
            #expect(throws: ByteReader.Failure.self) {
                let _: [String] = try reader.values()
                _ = try reader.doubles()
            }
        }
        for count in [Int.max, -1, .min] {
            var huge = ByteWriter()
            huge.put(count)
            var reader = ByteReader(huge.bytes)
            #expect(throws: ByteReader.Failure.self) { try reader.doubles() }
        }
    }
}
