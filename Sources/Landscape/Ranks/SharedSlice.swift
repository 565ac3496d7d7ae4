import Foundation
import Synchronization
import Tensor

/// One slice whose points several ranks evaluate.
///
/// A counter in the store hands out the points, one at a time, to every worker of every rank. A rank writes its results into a log
/// of its own in the store, which rank 0 reads while it works itself, and ends the log when no point is left. When every log
/// has ended, or its rank is lost, rank 0 evaluates what is missing and says who goes on.
struct SharedSlice {
    /// An entry of a rank's log.
    private enum Entry {
        /// A point with the losses of its windows.
        case value(point: Int, losses: [Double])
        /// No further entry comes.
        case ended
        /// The rank cannot go on with this slice.
        case failed(String)
        /// The rank was asked to stop.
        case stopped

        var bytes: [UInt8] {
            switch self {
            case .value(let point, let losses):
                [0]
                    + ([UInt64(point)] + losses.map(\.bitPattern)).flatMap { word in
                        withUnsafeBytes(of: word.littleEndian, Array.init)
                    }
            case .ended: [1]
            case .failed(let message): [2] + Array(message.utf8)
            case .stopped: [3]
            }
        }

        init(_ bytes: [UInt8]) {
            switch bytes.first {
            case 0:
                let words = stride(from: 1, through: bytes.count - 8, by: 8).map { start in
                    bytes[start..<(start + 8)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
                }
                self = .value(point: Int(words.first ?? 0), losses: words.dropFirst().map { Double(bitPattern: $0) })
            case 1: self = .ended
            case 3: self = .stopped
            default: self = .failed(String(decoding: bytes.dropFirst(), as: UTF8.self))
            }
        }
    }

    /// How a slice ended, as rank 0 tells the others.
    private struct Outcome: Codable {
        var members: [Int]
        var failure: String?
        var isStopped = false
    }

    private let ranks: RankGroup
    private let objective: Objective
    private let geometry: SliceGeometry
    private let points: [(index: Int, coordinates: [Double])]
    private let name: String

    /// To be made on all ranks, in the same order.
    init(
        _ ranks: RankGroup, _ objective: Objective, _ geometry: SliceGeometry,
        points: [(index: Int, coordinates: [Double])]
    ) {
        self.ranks = ranks
        self.objective = objective
        self.geometry = geometry
        self.points = points
        name = "slice/\(ranks.nextSlice())"
    }

    /// Evaluates points as long as there are some and `goesOn`.
    private func work(
        goesOn: @Sendable () -> Bool = { true }, _ report: @Sendable (Int, LossValue) throws -> Void
    ) throws {
        try Parallel.withWorkers(
            objective.workers, workers: objective.workers,
            makeContext: {
                let buffer = try geometry.makeBuffer()
                return (buffer, try objective.parameters(of: buffer))
            },
            { _, context in
                let (buffer, parameters) = context
                while goesOn() {
                    let point = try ranks.transport { try ranks.store.add("\(name)/next", 1) } - 1
                    guard point < points.count else { return }
                    try geometry.place(points[point].coordinates, in: buffer)
                    try report(point, try objective.sequentialLoss(parameters))
                }
            })
    }

    /// No further point is handed out.
    private func exhaust() throws {
        _ = try ranks.transport { try ranks.store.add("\(name)/next", points.count) }
    }

    // MARK: The other ranks

    /// Evaluates points for rank 0 until none is left, and waits for its word.
    func follow() throws {
        let written = Mutex(0)
        let log: @Sendable (Entry) throws -> Void = { entry in
            try written.withLock { count in
                try ranks.transport { try ranks.store.set("\(name)/\(ranks.rank)/\(count)", entry.bytes) }
                count += 1
            }
        }
        do {
            try work { point, value in try log(.value(point: point, losses: value.perWindow)) }
            try log(.ended)
        } catch LandscapeError.rankLost(let what) {
            throw LandscapeError.rankLost(what)
        } catch LandscapeError.interrupted {
            try log(.stopped)
        } catch {
            try log(.failed("rank \(ranks.rank): \(error)"))
        }
        var pause: UInt32 = 1_000
        while true {
            if let bytes = try ranks.transport({ try ranks.store.get("\(name)/outcome") }) {
                let outcome = try JSONDecoder().decode(Outcome.self, from: Data(bytes))
                return try end(outcome)
            }
            try ranks.watch()
            usleep(pause)
            pause = min(20_000, pause * 2)
        }
    }

    private func end(_ outcome: Outcome) throws {
        try ranks.go(onWith: outcome.members)
        if outcome.isStopped { throw LandscapeError.interrupted }
        if let failure = outcome.failure { throw LandscapeError.rankFailed(failure) }
    }

    // MARK: Rank 0

    /// What rank 0's threads share.
    private struct Progress {
        var known: Set<Int> = []
        var failure: (any Error)?
        /// An error of another rank, in words.
        var foreign: String?
    }

    /// Evaluates points and takes in those of the others; `done` as in ``Slices/evaluate(_:_:points:done:)``.
    func lead(_ done: @escaping (Int, LossValue) throws -> Void) throws {
        // `done` is called under the lock only.
        nonisolated(unsafe) let report = done
        let progress = Mutex(Progress())
        let take: @Sendable (Int, LossValue) throws -> Void = { point, value in
            try progress.withLock { state in
                guard state.failure == nil, state.known.insert(point).inserted else { return }
                do { try report(points[point].index, value) } catch {
                    state.failure = error
                    throw error
                }
            }
        }
        let others = Set(ranks.members).subtracting([ranks.rank])
        let collected = DispatchSemaphore(value: 0)
        let connection = try ranks.transport { try ranks.store.connection() }
        let collector = Thread {
            do { try collect(connection, from: others, progress, take) } catch {
                progress.withLock { if $0.failure == nil { $0.failure = error } }
            }
            collected.signal()
        }
        collector.start()
        do {
            try work(goesOn: { progress.withLock { $0.failure == nil && $0.foreign == nil } }, take)
        } catch {
            progress.withLock { if $0.failure == nil { $0.failure = error } }
        }
        try exhaust()
        collected.wait()
        let ended = progress.withLock { $0 }
        var failure = ended.failure
        let foreign = ended.foreign
        let missing = points.indices.filter { !ended.known.contains($0) }
        if failure == nil && foreign == nil && !missing.isEmpty {
            // The points in the hands of a rank that died.
            do {
                try Slices.evaluateAlone(objective, geometry, points: missing.map { points[$0] }, done: done)
            } catch { failure = error }
        }
        var outcome = Outcome(members: ranks.members.filter { !ranks.silent.contains($0) })
        if let failure {
            if case LandscapeError.interrupted = failure {
                outcome.isStopped = true
            } else {
                outcome.failure = "rank 0: \(failure)"
            }
        } else {
            outcome.failure = foreign
        }
        let bytes = Array(try JSONEncoder().encode(outcome))
        try ranks.transport { try ranks.store.set("\(name)/outcome", bytes) }
        try ranks.go(onWith: outcome.members)
        if let failure { throw failure }
        if let foreign { throw LandscapeError.rankFailed(foreign) }
    }

    /// Reads the logs of the other ranks until each has ended or its rank is lost.
    private func collect(
        _ store: KeyValueStore, from others: Set<Int>, _ progress: borrowing Mutex<Progress>,
        _ take: (Int, LossValue) throws -> Void
    ) throws {
        var read = Dictionary(uniqueKeysWithValues: others.map { ($0, 0) })
        while !read.isEmpty {
            // Asked before the logs are read, so that what the dead had written counts.
            let silent = ranks.silent
            var isIdle = true
            for (rank, position) in read.sorted(by: { $0.key < $1.key }) {
                let key = "\(name)/\(rank)/\(position)"
                guard let bytes = try ranks.transport({ try store.get(key) }) else {
                    if silent.contains(rank) { read[rank] = nil }
                    continue
                }
                try ranks.transport { try store.remove(key) }
                isIdle = false
                read[rank] = position + 1
                switch Entry(bytes) {
                case .value(let point, let losses):
                    if points.indices.contains(point) { try take(point, LossValue(losses)) }
                case .ended: read[rank] = nil
                case .failed(let message):
                    progress.withLock { if $0.foreign == nil { $0.foreign = message } }
                    read[rank] = nil
                    try exhaust()
                case .stopped:
                    progress.withLock { if $0.failure == nil { $0.failure = LandscapeError.interrupted } }
                    read[rank] = nil
                    try exhaust()
                }
            }
            if isIdle { usleep(5_000) }
        }
    }
}
