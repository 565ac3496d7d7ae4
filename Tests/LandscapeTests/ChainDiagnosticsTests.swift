import Foundation
import Tensor
import Testing

@testable import Landscape

/// Chains whose diagnostics are known.
@Suite struct ChainDiagnosticsTests {
    private func normal(_ chains: Int, _ draws: Int, seed: UInt64 = 1) throws -> [[Double]] {
        try (0..<chains).map { try RandomStream(seed: seed, "chain", $0).normal([draws]).doubles }
    }

    /// By hand: halves (1, 2) and (3, 4) twice, W = 1/2, B/N = 4/3.
    @Test func splitRHatByHand() {
        let halves = ChainDiagnostics.split([[1, 2, 3, 4], [1, 2, 9, 3, 4]])
        #expect(halves == [[1, 2], [3, 4], [1, 2], [3, 4]])
        #expect(abs(ChainDiagnostics.splitRHat(halves) - ((0.25 + 4.0 / 3) / 0.5).squareRoot()) < 1e-14)
    }

    @Test func normalScoresAreThoseOfRanks() {
        for (p, z) in [(0.5, 0.0), (0.975, 1.959963984540054), (0.001, -3.090232306167813), (0.2, -0.8416212335729143)]
        {
            #expect(abs(ChainDiagnostics.quantile(p) - z) < 1e-12, "\(p)")
        }
        let scores = ChainDiagnostics.normalScores([[10, 30], [20, 20]])
        // Ranks 1, 4 and twice 2.5 of 4.
        #expect(abs(scores[0][0] - ChainDiagnostics.quantile(0.625 / 4.25)) < 1e-14)
        #expect(abs(scores[0][0] + scores[0][1]) < 1e-14 && scores[1].allSatisfy { abs($0) < 1e-14 })
    }

    @Test func independentChainsAreSettled() throws {
        let found = try #require(ChainDiagnostics(try normal(4, 1000)))
        #expect(found.rHat < 1.005 && found.rHat > 0.999 && found.isConverged)
        #expect(abs(found.effectiveSize / 4000 - 1) < 0.15, "\(found.effectiveSize)")
        #expect(abs(found.standardError - 1 / 4000.0.squareRoot()) < 0.15 / 4000.0.squareRoot())
        #expect(found.means.count == 4 && found.means.allSatisfy { abs($0) < 0.15 })
    }

    /// Chains around −1.5, −0.5, 0.5, 1.5: the eight halves' means have the variance 10/7, their draws 1.
    @Test func shiftedChainsAreNot() throws {
        let shifted = try normal(4, 1000).enumerated().map { index, chain in chain.map { $0 + Double(index) - 1.5 } }
        let found = try #require(ChainDiagnostics(shifted))
        #expect(found.rHat > 1.3 && !found.isConverged)
        let plain = ChainDiagnostics.splitRHat(ChainDiagnostics.split(shifted))
        #expect(abs(plain - (1 + 10.0 / 7).squareRoot()) < 0.05, "\(plain)")
        #expect(found.effectiveSize < 20)
    }

    /// A drift within each chain, and chains of unlike widths, which means alone would not show.
    @Test func driftsAndUnlikeWidthsAreSeen() throws {
        let drifting = try normal(4, 1000).map { chain in chain.enumerated().map { $1 + Double($0) / 250 } }
        #expect(try #require(ChainDiagnostics(drifting)).rHat > 1.2)
        let wide = try normal(4, 1000).enumerated().map { index, chain in chain.map { $0 * (index == 0 ? 5 : 1) } }
        #expect(ChainDiagnostics.splitRHat(ChainDiagnostics.split(wide)) < 1.01)
        #expect(try #require(ChainDiagnostics(wide)).rHat > 1.1)
    }

    /// xₜ = φxₜ₋₁ + e: S(1 − φ)/(1 + φ) independent draws.
    @Test(arguments: [0.9, 0.5, -0.5]) func autoregressiveChains(φ: Double) throws {
        let chains = try normal(4, 5000).map { noise in
            var x = 0.0
            return noise.map { e -> Double in
                x = φ * x + e
                return x
            }
        }
        let expected = 20000 * (1 - φ) / (1 + φ)
        let found = try #require(ChainDiagnostics(chains)).effectiveSize
        #expect(abs(found / expected - 1) < 0.2, "\(found) for \(expected)")
    }

    @Test func whatCannotBeDiagnosed() throws {
        #expect(ChainDiagnostics([]) == nil && ChainDiagnostics([[1, 2, 3]]) == nil)
        #expect(ChainDiagnostics([[1, 2, 3, .nan]]) == nil && ChainDiagnostics([[1, 2, 3, 4], [1, 2]]) == nil)
        let constant = try #require(ChainDiagnostics([[2, 2, 2, 2], [2, 2, 2, 2]]))
        #expect(constant.rHat.isNaN && !constant.isConverged)
    }
}
