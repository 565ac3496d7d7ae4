import Foundation
import Synchronization
import Tensor
import Testing

@testable import Landscape

/// Ranks as threads of one process, over the loopback interface.
@Suite(.serialized) struct RankGroupTests {
    /// A port that was free a moment ago.
    private static func freePort() throws -> Int {
        try KeyValueStore(host: "127.0.0.1", port: 0, serves: true, prefix: "", timeout: 5).port
    }

    /// What each rank's body returns or throws.
    private static func onRanks<Value: Sendable>(
        _ count: Int, timeout: Double = 30, _ body: @escaping @Sendable (RankGroup) throws -> Value
    ) throws -> [Result<Value, any Error>] {
        let port = try freePort()
        let results = Mutex([Result<Value, any Error>?](repeating: nil, count: count))
        let threads = (0..<count).map { rank in
            let done = DispatchSemaphore(value: 0)
            Thread {
                let result = Result {
                    let group = try RankGroup(
                        RankGroup.Meeting(rank: rank, count: count, host: "127.0.0.1", port: port), timeout: timeout,
                        joining: 20)
                    defer { group.leave(within: 20) }
                    return try body(group)
                }
                results.withLock { $0[rank] = result }
                done.signal()
            }.start()
            return done
        }
        for done in threads { done.wait() }
        return results.withLock { $0.compactMap { $0 } }
    }

    private struct Numbers: Sendable, Equatable {
        var loss: [Double]
        var gradient: [Double]
        var products: [[Double]]
        var slice: [Int: Double] = [:]
    }

    private static func numbers(_ ranks: RankGroup?) throws -> Numbers {
        let objective = try Objective(QuadraticLoss(), dtype: .float64, workers: 2, ranks: ranks)
        let θ = try RandomStream(seed: 3, "point").normal([QuadraticLoss.size])
        let vectors = try (0..<2).map { try RandomStream(seed: 4, "v", $0).normal([QuadraticLoss.size]) }
        var numbers = Numbers(
            loss: try objective.loss(at: θ).perWindow, gradient: try objective.gradient(at: θ).doubles,
            products: try objective.products(at: θ, with: vectors).map { try $0.doubles })
        let points = (0..<40).map { (index: 100 + $0, coordinates: [Double($0) / 10]) }
        let taken = Mutex<[Int: Double]>([:])
        try Slices.evaluate(objective, .affine(centre: θ, axes: [vectors[0]]), points: points) { index, value in
            taken.withLock { #expect($0.updateValue(value.mean, forKey: index) == nil) }
        }
        numbers.slice = taken.withLock { $0 }
        return numbers
    }

    @Test(arguments: [2, 3, 5]) func ranksAgreeWithOneProcess(_ count: Int) throws {
        let alone = try Self.numbers(nil)
        #expect(alone.slice.count == 40)
        let found = try Self.onRanks(count) { try Self.numbers($0) }.map { try $0.get() }
        #expect(found.count == count)
        func distance(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).map { abs($0 - $1) }.max() ?? .infinity }
        for (rank, numbers) in found.enumerated() {
            #expect(numbers.loss == alone.loss)
            #expect(numbers.gradient == found[0].gradient && numbers.products == found[0].products)
            #expect(distance(numbers.gradient, alone.gradient) < 1e-12)
            for (a, b) in zip(numbers.products, alone.products) { #expect(distance(a, b) < 1e-12) }
            #expect(numbers.slice == (rank == 0 ? alone.slice : [:]))
        }
    }

    @Test func whatDependsOnTheMachineIsAgreed() throws {
        let found = try Self.onRanks(3) { try $0.smallest(10 + (7 * $0.rank) % 3, "memory") }
        #expect(try found.map { try $0.get() } == [10, 10, 10])
        let shared = try Self.onRanks(2) { group in try group.share("key") { [1, 2, UInt8(group.rank)] } }
        #expect(try shared.map { try $0.get() } == [[1, 2, 0], [1, 2, 0]])
    }

    @Test func otherInputsAndOtherPlacesAreNoticed() throws {
        let inputs = try Self.onRanks(2) { group in
            try group.combine("sum", inputs: [Tensor([1.0, group.rank == 0 ? 2 : 2.0.nextUp])]) { [try Tensor([1.0])] }
        }
        let places = try Self.onRanks(2) { group in
            try group.combine(group.rank == 0 ? "gradient" : "product", inputs: []) { [try Tensor([1.0])] }
        }
        for result in inputs + places {
            guard case .failure(LandscapeError.ranksDiverged) = result else {
                Issue.record("\(result)")
                continue
            }
        }
        let same = try Self.onRanks(2) { group in
            try group.combine("sum", inputs: [Tensor([1.0, 2.0])]) { [try Tensor([1.0, 0.5])] }[0].doubles
        }
        #expect(try same.map { try $0.get() } == [[2, 1], [2, 1]])
    }

    @Test func aFailureOfOneIsOneOfAllAndTheyStayInStep() throws {
        let found = try Self.onRanks(3) { group -> [String] in
            var messages: [String] = []
            for failing in 0..<2 {
                do {
                    _ = try group.combine("sum", inputs: []) {
                        if group.rank == failing { throw LandscapeError.noOutputs }
                        return [try Tensor([1.0])]
                    }
                } catch { messages.append("\(error)") }
            }
            let sum = try group.combine("sum", inputs: []) { [try Tensor([1.0])] }[0].doubles
            return messages + ["\(sum)"]
        }
        for (rank, result) in found.enumerated() {
            let messages = try result.get()
            #expect(messages.count == 3 && messages[2] == "[3.0]")
            #expect(messages[0].hasPrefix("rank 0: ") == (rank != 0))
            #expect(messages[1].hasPrefix("rank 1: ") == (rank != 1))
            #expect(messages.prefix(2).allSatisfy { $0.contains("Gauss-Newton") })
        }
        let stopped = try Self.onRanks(2) { group in
            try group.combine("sum", inputs: []) {
                if group.rank == 1 { throw LandscapeError.interrupted }
                return [try Tensor([1.0])]
            }
        }
        for result in stopped {
            guard case .failure(LandscapeError.interrupted) = result else {
                Issue.record("\(result)")
                continue
            }
        }
    }

    /// bfloat16 has three digits; its sum is made in more.
    @Test func narrowNumbersAreAddedWide() throws {
        let found = try Self.onRanks(3) { group in
            try group.combine("sum", inputs: []) {
                [try Tensor([group.rank == 0 ? 256.0 : 1]).to(.bfloat16)]
            }[0].doubles
        }
        #expect(try found.map { try $0.get() } == [[258], [258], [258]])
    }
}
