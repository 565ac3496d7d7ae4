import Foundation
import Testing

@testable import TimeSeries

@Suite("Stable random numbers")
struct StableRandomTests {
    @Test("SplitMix64's published sequence")
    func reference() {
        // From the reference implementation, seed 1234567.
        var random = StableRandom(seed: 1_234_567)
        let expected: [UInt64] = [
            6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
            4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
        ]
        for value in expected { #expect(random.next() == value) }
    }

    @Test("elementary functions agree with the C library's")
    func functions() {
        var random = StableRandom(seed: 3)
        for _ in 0..<2000 {
            let x = random.uniform(-30, 30)
            #expect(abs(StableMath.exp(x) / Foundation.exp(x) - 1) < 2e-15)
            let y = StableMath.exp(random.uniform(-600, 600))
            #expect(abs(StableMath.log(y) - Foundation.log(y)) <= 4e-16 * max(1, abs(Foundation.log(y))))
            let (cosine, sine) = StableMath.cosSin(turns: x)
            let reduced = (x - x.rounded()) * 2 * Double.pi
            #expect(abs(cosine - Foundation.cos(reduced)) < 5e-16)
            #expect(abs(sine - Foundation.sin(reduced)) < 5e-16)
        }
        #expect(StableMath.cosSin(turns: 0.25).cosine == 0)
        #expect(StableMath.cosSin(turns: -7.5).cosine == -1)
        #expect(StableMath.log(1) == 0)
        #expect(StableMath.exp(0) == 1)
    }

    @Test("moments of the draws")
    func moments() {
        var random = StableRandom(seed: 11)
        let n = 20000
        let normals = (0..<n).map { _ in random.normal() }
        func moment(_ power: Int) -> Double {
            normals.reduce(0) { $0 + Foundation.pow($1, Double(power)) } / Double(n)
        }
        #expect(abs(moment(1)) < 0.03)
        #expect(abs(moment(2) - 1) < 0.05)
        #expect(abs(moment(4) - 3) < 0.3)
        let uniforms = (0..<n).map { _ in random.uniform() }
        #expect(uniforms.allSatisfy { 0 <= $0 && $0 < 1 })
        #expect(abs(uniforms.reduce(0, +) / Double(n) - 0.5) < 0.01)
        var counts = [Int](repeating: 0, count: 7)
        for _ in 0..<7000 { counts[random.below(7)] += 1 }
        #expect(counts.allSatisfy { abs($0 - 1000) < 130 })
        #expect(random.below(0) == 0)
        #expect(random.pick([Int]()) == nil)
    }

    @Test("keys give streams of their own")
    func keys() {
        var seen: Set<UInt64> = []
        for seed in 0..<30 as Range<UInt64> {
            for key in 0..<30 as Range<UInt64> {
                var random = StableRandom(seed: seed, key: key)
                seen.insert(random.next())
            }
        }
        #expect(seen.count == 900)
    }
}
