import Synchronization
import Tensor

/// Work on many windows in batches: computed on several threads, added up in order.
///
/// Which windows form a batch depends on their number and the size alone, and results are handed over in the order of the
/// batches: sums have the same bits for any number of workers.
public enum OrderedBatches {
    /// Windows that are computed together by default.
    public static let size = 32
    /// Batches per worker whose results are held at once.
    private static let depth = 4

    /// Computes `0..<count` in batches.
    ///
    /// - Parameters:
    ///   - compute: the result of a batch; runs on any thread.
    ///   - consume: takes the results, on the caller's thread. What it throws ends the work.
    public static func forEach<Result: Sendable>(
        _ count: Int, size: Int = size, workers: Int, compute: @Sendable (Range<Int>) throws -> Result,
        consume: (Range<Int>, Result) throws -> Void
    ) throws {
        precondition(size > 0, "a batch holds at least one window")
        let batches = stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
        for first in stride(from: 0, to: batches.count, by: depth * max(1, workers)) {
            let chunk = batches[first..<min(first + depth * max(1, workers), batches.count)]
            let results = Mutex([Int: Result]())
            try Parallel.forEach(chunk.count, workers: workers) { index in
                let result = try compute(chunk[first + index])
                results.withLock { $0[index] = result }
            }
            let done = results.withLock { $0 }
            for (index, range) in chunk.enumerated() {
                if let result = done[index] { try consume(range, result) }
            }
        }
    }
}
