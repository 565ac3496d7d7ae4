import Foundation
import Networks
import Tensor
import Testing

@testable import Training

@Suite struct ParametrizationTests {
    @Test func adamTakesThePublishedSteps() throws {
        // Against the recurrence in plain arithmetic, with both kinds of weight decay.
        for isDecoupled in [true, false] {
            let θ = try Tensor([1.0, -2])
            let optimizer = try Adam(like: θ, Adam.Settings(weightDecay: 0.1, isDecoupled: isDecoupled))
            var (x, m, v) = ([1.0, -2], [0.0, 0], [0.0, 0])
            for step in 1...5 {
                var g = x.map { 3 * $0 + Double(step) }
                try optimizer.step(θ, gradient: Tensor(g), learningRate: 0.01)
                for i in 0..<2 {
                    if !isDecoupled { g[i] += 0.1 * x[i] }
                    m[i] = 0.9 * m[i] + 0.1 * g[i]
                    v[i] = 0.999 * v[i] + 0.001 * g[i] * g[i]
                    let (mHat, vHat) = (m[i] / (1 - pow(0.9, Double(step))), v[i] / (1 - pow(0.999, Double(step))))
                    x[i] = x[i] * (isDecoupled ? 1 - 0.01 * 0.1 : 1) - 0.01 * mHat / (vHat.squareRoot() + 1e-8)
                }
                #expect(zip(try θ.doubles, x).allSatisfy { abs($0 - $1) < 1e-14 })
            }
        }
    }

    @Test func longVectorsTakeTheSameStepsAsShortOnes() throws {
        // More than two pieces of the kernel.
        let count = (1 << 19) + 77
        let values = try RandomStream(seed: 1, "adam").normal([count], dtype: .float32)
        let long = try values.copy()
        let optimizer = try Adam(like: long)
        for _ in 0..<3 { try optimizer.step(long, gradient: values, learningRate: 0.1) }
        for start in [0, (1 << 18) - 5, count - 10] {
            let short = try values.narrowed(0, from: start, count: 10).copy()
            let gradient = try short.copy()
            let other = try Adam(like: short)
            for _ in 0..<3 { try other.step(short, gradient: gradient, learningRate: 0.1) }
            let difference = try (long.narrowed(0, from: start, count: 10) - short).absolute().doubles.max()!
            #expect(difference < 1e-6)
        }
    }

    @Test func schedulesAreThePublishedOnes() throws {
        func rates(_ name: String, _ epochs: Int) throws -> [Double] {
            let schedule = try #require(LearningRateSchedule(name))
            return (0..<epochs).map {
                schedule.factor(LearningRateSchedule.Position(epoch: $0, step: $0, totalSteps: epochs))
            }
        }
        #expect(try rates("constant", 3) == [1, 1, 1])
        #expect(try rates("sff", 10) == [1, 1, 0.5, 0.25, 0.125] + (4...8).map { pow(0.5, Double($0)) })
        #expect(try rates("timer", 7) == [1, 1, 1, 1, 1, 0.9, pow(0.9, 2)])
        let cosine = try rates("cosine:2", 5)
        #expect(cosine[0] == 0.5 && cosine[1] == 1 && cosine[2] == 1)
        #expect(abs(cosine[3] - 0.51) < 1e-12 && abs(cosine[4] - 0.02) < 1e-12)
        for bad in ["", "cosine:-1", "cosine:x", "sff:2", "linear"] { #expect(LearningRateSchedule(bad) == nil) }
        for good in ["constant", "sff", "timer", "cosine", "cosine:100"] {
            #expect(LearningRateSchedule(good)?.name == good)
        }
    }

    @Test func sharesAreSpreadEvenly() throws {
        #expect(WindowOrder.evenly(10, ratio: 1) == Array(0..<10))
        #expect(WindowOrder.evenly(100, ratio: 0.05) == [0, 20, 40, 60, 80])
        #expect(WindowOrder.evenly(3, ratio: 0.01) == [0])
        // The published stride of ⌊1/0.75⌋ = 1 never sees the last quarter.
        #expect(WindowOrder.evenly(8, ratio: 0.75) == [0, 1, 2, 4, 5, 6])
        let order = try WindowOrder.shuffled(50, seed: 1, epoch: 0)
        #expect(order.sorted() == Array(0..<50) && order != Array(0..<50))
        #expect(try order == WindowOrder.shuffled(50, seed: 1, epoch: 0))
        #expect(try order != WindowOrder.shuffled(50, seed: 1, epoch: 1))
    }

    @Test func partsTrainThemselvesAlone() throws {
        let tiny = try TinyTimer()
        let head = try tiny.head()
        #expect(head.layout.parameters.allSatisfy { $0.name.hasPrefix("proj") } && head.layout.count == 16 * 8 + 8)
        #expect(try head.flat(head.initial(), tiny.model.layout).doubles == tiny.weights.flat.doubles)
        let changed = try head.flat(try head.initial() + 1, tiny.model.layout)
        for (index, parameter) in tiny.model.layout.parameters.enumerated() {
            let (a, b) = (
                try tiny.model.layout.views(of: changed)[index],
                try tiny.model.layout.views(of: tiny.weights.flat)[index]
            )
            #expect(try (a - b).flattened().doubles.allSatisfy { abs($0 - (parameter.part == .head ? 1 : 0)) < 1e-12 })
        }
    }

    @Test func lowRankChangesStartAtZeroAndHaveTheirRank() throws {
        let tiny = try TinyTimer()
        let low = try LowRankParametrization(tiny.model.layout, rank: 2, start: tiny.weights.flat, seed: 3)
        let φ = try low.initial()
        #expect(try low.flat(φ, tiny.model.layout).doubles == tiny.weights.flat.doubles)
        // Central differences of the gradient, at a point where B is not zero.
        let point = try φ + RandomStream(seed: 4, "point").normal([low.layout.count], deviation: 0.1)
        let v = try RandomStream(seed: 5, "v").normal([low.layout.count])
        func loss(_ φ: Tensor) throws -> Double {
            try tiny.objective().validationLoss(at: low.flat(φ, tiny.model.layout), tiny.data, batch: 6)
        }
        let gradient = try tiny.objective().valueAndGradient(
            at: point, low, tiny.data, Array(0..<6), microBatch: 3
        ).gradient
        let h = 1e-5
        let difference = try (loss(point.adding(v, times: h)) - loss(point.adding(v, times: -h))) / (2 * h)
        #expect(abs(difference - (try gradient.dot(v))) < 1e-6 * abs(difference))
        // The change of a matrix is (α/r) B A.
        let parts = try low.layout.views(of: point)
        let name = try #require(low.layout.parameters.first?.name.replacingOccurrences(of: ".lora_A", with: ""))
        let index = try #require(tiny.model.layout.parameters.firstIndex { $0.name == name })
        let θ = try low.flat(point, tiny.model.layout)
        let change = try tiny.model.layout.views(of: θ)[index] - tiny.model.layout.views(of: tiny.weights.flat)[index]
        #expect(try (change - parts[1].matmul(parts[0]) * 2).absolute().flattened().doubles.max()! < 1e-12)
        #expect(throws: TrainingError.self) {
            try LowRankParametrization(tiny.model.layout, rank: 16, start: tiny.weights.flat, seed: 3)
        }
    }
}
