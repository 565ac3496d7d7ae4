import Foundation
import Synchronization
import Tensor

/// Several processes, on one machine or many, that compute one run together.
///
/// All run the same program in lockstep. Sums over batches are split between them (``Objective``) and combined so that every
/// rank has the same bits and takes the same decisions; each combination checks that all ranks are at the same place with the
/// same inputs. Points of slices are handed out one by one (``Slices``), and rank 0 alone learns their values.
///
/// A rank that dies while points are handed out loses the points in its hands, and the others go on without it. One that dies
/// at another time, and rank 0 at any time, ends the run of all: ``LandscapeError/rankLost(_:)``.
public final class RankGroup: Sendable {
    /// How the processes find each other.
    public struct Meeting: Sendable {
        /// This process, from 0.
        public var rank: Int
        /// The number of processes.
        public var count: Int
        /// Where the store is.
        public var host: String
        /// Its port.
        public var port: Int
        /// Whether the store belongs to whoever started the processes, and not to rank 0.
        public var storeIsForeign: Bool
        /// What tells this run from others that use the same store.
        public var name: String

        /// How the processes find each other.
        public init(
            rank: Int, count: Int, host: String, port: Int, storeIsForeign: Bool = false, name: String = "landscape"
        ) {
            self.rank = rank
            self.count = count
            self.host = host
            self.port = port
            self.storeIsForeign = storeIsForeign
            self.name = name
        }
    }

    private struct State {
        var members: [Int]
        var group: ProcessGroup?
        var generation = 0
        var serial = 0
        var slices = 0
    }

    /// This process, as it was started.
    public let rank: Int
    /// Seconds without a sign of life after which a rank counts as lost.
    public let timeout: Double
    let store: KeyValueStore
    private let heartbeat: Heartbeat
    private let state: Mutex<State>
    private let servesStore: Bool

    /// Waits for all processes and connects them.
    ///
    /// - Parameters:
    ///   - timeout: see ``timeout``.
    ///   - joining: seconds to wait for all processes to be there.
    ///   - shouldStop: asked while they come; `true` ends the wait with ``LandscapeError/interrupted``.
    ///
    /// - Throws: ``LandscapeError/rankLost(_:)`` where not all come.
    public init(
        _ meeting: Meeting, timeout: Double = 60, joining: Double = 300, shouldStop: () -> Bool = { false }
    ) throws {
        precondition(meeting.rank >= 0 && meeting.rank < meeting.count && timeout > 0, "no such rank")
        rank = meeting.rank
        self.timeout = timeout
        servesStore = meeting.rank == 0 && !meeting.storeIsForeign
        let members = Array(0..<meeting.count)
        do {
            store = try KeyValueStore(
                host: meeting.host, port: meeting.port, serves: servesStore, prefix: meeting.name, timeout: joining)
            let begun = ContinuousClock.now
            try store.add("joined", 1)
            while true {
                let joined = try store.add("joined", 0)
                if joined == meeting.count { break }
                guard joined < meeting.count else {
                    throw LandscapeError.rankLost(
                        "\(joined) processes came to \(meeting.host):\(meeting.port) where \(meeting.count) were expected: two runs use one port, or two processes are the same rank"
                    )
                }
                guard ContinuousClock.now - begun < .seconds(joining) else {
                    throw LandscapeError.rankLost(
                        "\(joined) of \(meeting.count) processes came to \(meeting.host):\(meeting.port) within \(Int(joining)) s"
                    )
                }
                if shouldStop() { throw LandscapeError.interrupted }
                usleep(20_000)
            }
            heartbeat = try Heartbeat(
                store, rank: rank, watched: rank == 0 ? Set(members.dropFirst()) : [0], timeout: timeout)
            state = Mutex(
                State(
                    members: members,
                    group: meeting.count > 1
                        ? try ProcessGroup(
                            store, name: "group 0", position: rank, size: meeting.count, timeout: joining) : nil))
        } catch let error as TensorError {
            throw LandscapeError.rankLost("rank \(meeting.rank) found no way to the others: \(RankGroup.brief(error))")
        }
    }

    // MARK: Who is there

    /// The ranks that are still there, ascending.
    public var members: [Int] { state.withLock { $0.members } }
    /// Whether this process writes files and speaks.
    public var isWriter: Bool { rank == 0 }
    /// This process among those that are there.
    var position: Int { members.firstIndex(of: rank) ?? 0 }

    /// The ranks that gave no sign of life for too long: of all others for rank 0, of rank 0 for the others.
    var silent: Set<Int> { heartbeat.silent }

    /// Throws where a rank that this one waits for is lost.
    func watch() throws {
        let gone = silent.intersection(members).sorted()
        guard gone.isEmpty else { throw LandscapeError.rankLost(RankGroup.words(gone, timeout)) }
    }

    static func words(_ ranks: [Int], _ timeout: Double) -> String {
        "rank\(ranks.count == 1 ? "" : "s") \(ranks.map(String.init).joined(separator: ", ")) gave no sign of life for \(timeout.formatted()) s"
    }

    /// Goes on with fewer ranks, which all must call this.
    func go(onWith members: [Int]) throws {
        let (former, generation) = state.withLock { ($0.members, $0.generation + 1) }
        guard members != former else { return }
        guard let position = members.firstIndex(of: rank) else {
            throw LandscapeError.rankLost("rank 0 counted rank \(rank) as lost; the run went on without it")
        }
        let group =
            members.count > 1
            ? try transport {
                try ProcessGroup(
                    store, name: "group \(generation)", position: position, size: members.count,
                    timeout: max(timeout, 10))
            } : nil
        state.withLock {
            $0.members = members
            $0.group = group
            $0.generation = generation
        }
    }

    /// The number of a slice, the same on all ranks.
    func nextSlice() -> Int {
        state.withLock { state in
            defer { state.slices += 1 }
            return state.slices
        }
    }

    /// Waits until all others have left, since the store may end with rank 0, or are lost.
    ///
    /// - Parameter seconds: how long at most; short after a failure, when the others may be waiting for this process's end.
    public func leave(within seconds: Double) {
        let limit = ContinuousClock.now + .seconds(seconds)
        // The writer's goes on: who waits for its word must not take it for lost.
        if !isWriter { heartbeat.stop() }
        do {
            try store.set("left/\(rank)", [])
            guard servesStore else { return }
            var waiting = Set(members).subtracting([rank])
            while !waiting.subtracting(silent).isEmpty, ContinuousClock.now < limit {
                for other in waiting where try store.get("left/\(other)") != nil { waiting.remove(other) }
                usleep(10_000)
            }
        } catch {
            // The store is gone, and with it whoever would wait.
        }
        heartbeat.stop()
    }

    // MARK: What they do together

    /// Errors of the network as what they mean.
    func transport<Result>(_ body: () throws -> Result) throws -> Result {
        do { return try body() } catch let error as TensorError {
            throw LandscapeError.rankLost("the connection to another rank broke (\(RankGroup.brief(error)))")
        }
    }

    /// A message of the network libraries without the place in their sources before it and the advice behind it.
    private static func brief(_ error: TensorError) -> String {
        guard case .operation(let name, let message) = error else { return "\(error)" }
        var text = message[...]
        if text.hasPrefix("[/"), let end = text.range(of: "] ") { text = text[end.upperBound...] }
        if let advice = text.range(of: ". This is typically") { text = text[..<advice.lowerBound] }
        return "\(name): \(text.prefix { !$0.isNewline })"
    }

    private func reduce(_ tensor: Tensor, _ reduction: ProcessGroup.Reduction) throws {
        guard let group = state.withLock({ $0.group }) else { return }
        try transport { try group.reduce(tensor, reduction, watch: watch) }
    }

    /// Computes tensors on every rank and replaces them by their sums over the ranks.
    ///
    /// Before anything is added all ranks compare what they do: the label, how many combinations came before, and the bits of
    /// the inputs. An error of one rank becomes one of all, so that they stay in step.
    ///
    /// Cost: what `body` costs, one pass over the inputs, and about two transfers of each tensor.
    ///
    /// - Throws: ``LandscapeError/ranksDiverged(_:)``, ``LandscapeError/rankFailed(_:)``, ``LandscapeError/rankLost(_:)``,
    ///   ``LandscapeError/interrupted`` where it was asked of any rank, and what `body` throws.
    func combine(_ label: String, inputs: [Tensor], _ body: () throws -> [Tensor]) throws -> [Tensor] {
        let result: Result<[Tensor], any Error>
        var hash = Fingerprint(label)
        do {
            let tensors = try body()
            for input in inputs { hash.add(try input.bitSum) }
            result = .success(tensors)
        } catch { result = .failure(error) }
        try agree(label, hash, result)
        let tensors = try result.get()
        for tensor in tensors { try reduce(tensor, .sum) }
        return tensors
    }

    /// The smallest of the ranks' values: for decisions that depend on a machine, such as its free memory.
    public func smallest(_ value: Int, _ label: String) throws -> Int {
        try agree(label, Fingerprint(label), .success([]))
        let negative = try Tensor([Int64(-value)])
        try reduce(negative, .largest)
        return -Int(try negative.array(of: Int64.self)[0])
    }

    /// Checks that a text is the same on all ranks.
    ///
    /// - Parameter what: what it describes, for the message.
    public func requireEqual(_ text: String, _ what: String) throws {
        var hash = Fingerprint(what)
        hash.add(text)
        try agree(what, hash, .success([]))
    }

    private func agree(_ label: String, _ fingerprint: Fingerprint, _ result: Result<[Tensor], any Error>) throws {
        guard state.withLock({ $0.group != nil }) else { return }
        let serial = state.withLock { state in
            state.serial += 1
            return state.serial
        }
        var hash = fingerprint
        hash.add(Int64(serial))
        let failureKey = "failure/\(serial)"
        var (failing, stopping): (Int64, Int64) = (0, 0)
        if case .failure(let error) = result {
            if case LandscapeError.interrupted = error {
                stopping = 1
            } else {
                failing = Int64(rank) + 1
                try transport { try store.set("\(failureKey)/\(rank)", Array("\(error)".utf8)) }
            }
        }
        let header = try Tensor([hash.value, ~hash.value, failing, stopping])
        try reduce(header, .largest)
        let words = try header.array(of: Int64.self)
        if words[3] > 0 { throw LandscapeError.interrupted }
        if words[2] > 0 {
            if case .failure(let error) = result { throw error }
            let other = Int(words[2]) - 1
            let message = try transport { try store.get("\(failureKey)/\(other)") } ?? []
            throw LandscapeError.rankFailed("rank \(other): \(String(decoding: message, as: UTF8.self))")
        }
        // Both are the largest only where all are equal.
        guard words[0] == ~words[1] else { throw LandscapeError.ranksDiverged(label) }
    }

    /// Hands bytes of rank 0 to all.
    public func share(_ key: String, _ bytes: () throws -> [UInt8]) throws -> [UInt8] {
        if isWriter {
            let value = try bytes()
            try transport { try store.set("share/\(key)", value) }
            return value
        }
        while true {
            if let value = try transport({ try store.get("share/\(key)") }) { return value }
            try watch()
            usleep(20_000)
        }
    }
}

/// A hash of what a rank is about to combine (FNV-1a, 64 bits): equal on every machine for equal inputs.
private struct Fingerprint {
    private var state: UInt64 = 0xcbf2_9ce4_8422_2325

    init(_ label: String) { add(label) }

    mutating func add(_ text: String) { text.utf8.forEach { byte($0) } }

    mutating func add(_ number: Int64) {
        for shift in stride(from: 0, to: 64, by: 8) { byte(UInt8(truncatingIfNeeded: number >> Int64(shift))) }
    }

    private mutating func byte(_ value: UInt8) { state = (state ^ UInt64(value)) &* 0x100_0000_01b3 }

    var value: Int64 { Int64(bitPattern: state) }
}
