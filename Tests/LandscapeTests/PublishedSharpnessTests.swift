import Foundation
import Networks
import Tensor
import Testing

@testable import Landscape

/// A small net in plain arithmetic, z = B σ(A x + a), ℓᵢ = ½‖zᵢ − yᵢ‖²: A is 3 × 2, a has 3 entries, B is 2 × 3.
private struct PlainNet {
    let x: [[Double]]
    let y: [[Double]]

    func loss(_ w: [Double]) -> Double { pass(w).loss }
    func gradient(_ w: [Double]) -> [Double] { pass(w).gradient }

    private func pass(_ w: [Double]) -> (loss: Double, gradient: [Double]) {
        var loss = 0.0
        var gradient = [Double](repeating: 0, count: 15)
        let n = Double(x.count)
        for (input, target) in zip(x, y) {
            let h = (0..<3).map { (j: Int) -> Double in
                let sum: Double = w[2 * j] * input[0] + w[2 * j + 1] * input[1] + w[6 + j]
                return 1 / (1 + exp(-sum))
            }
            let e = (0..<2).map { (k: Int) -> Double in
                var sum = -target[k]
                for j in 0..<3 { sum += w[9 + 3 * k + j] * h[j] }
                return sum
            }
            loss += 0.5 * (e[0] * e[0] + e[1] * e[1]) / n
            for j in 0..<3 {
                let slope: Double = h[j] * (1 - h[j]) / n
                let back: Double = (e[0] * w[9 + j] + e[1] * w[12 + j]) * slope
                gradient[2 * j] += back * input[0]
                gradient[2 * j + 1] += back * input[1]
                gradient[6 + j] += back
                for k in 0..<2 { gradient[9 + 3 * k + j] += e[k] * h[j] / n }
            }
        }
        return (loss, gradient)
    }
}

/// The same net as the toolkit sees it.
private struct NetLoss: WindowedLoss {
    let layout: ParameterLayout
    let batches: [Range<Int>]
    let x: Tensor
    let y: Tensor

    init(windows: Int) throws {
        var layout = ParameterLayout()
        _ = layout.add("inner.weight", [3, 2], .uniformFanIn(2), role: .weight)
        _ = layout.add("inner.bias", [3], .uniformFanIn(2), role: .bias)
        _ = layout.add("outer.weight", [2, 3], .uniformFanIn(3), role: .weight)
        self.layout = layout
        x = try RandomStream(seed: 41, "x").normal([windows, 2])
        y = try RandomStream(seed: 42, "y").normal([windows, 2])
        batches = [0..<windows]
    }

    var windowCount: Int { batches[0].count }
    func losses(batch: Int, _ θ: Parameters) throws -> Tensor {
        let h = try x.linear(weight: θ.tensors[0], bias: θ.tensors[1]).sigmoid()
        return try (h.linear(weight: θ.tensors[2]) - y).squared().sum([1]) * 0.5
    }
    func describe(window: Int) -> String { "window \(window)" }
}

private func norm(_ v: [Double]) -> Double { v.reduce(0) { $0 + $1 * $1 }.squareRoot() }
// Of vectors, entry by entry, and a number times a vector.
infix operator .+ : AdditionPrecedence
infix operator .- : AdditionPrecedence
infix operator .* : MultiplicationPrecedence
private func .+ (a: [Double], b: [Double]) -> [Double] { zip(a, b).map { x, y in x + y } }
private func .- (a: [Double], b: [Double]) -> [Double] { zip(a, b).map { x, y in x - y } }
private func .* (a: [Double], b: [Double]) -> [Double] { zip(a, b).map { x, y in x * y } }
private func .* (a: Double, b: [Double]) -> [Double] { b.map { x in a * x } }

/// Published measures at the radii of their authors, written anew from their formulas in plain arithmetic.
@Suite struct PublishedSharpnessTests {
    private let net: PlainNet
    private let point: SharpnessPoint
    private let w: [Double]

    init() throws {
        let loss = try NetLoss(windows: 12)
        let objective = try Objective(loss, dtype: .float64)
        let θ = try RandomStream(seed: 43, "w").normal([15])
        point = try SharpnessPoint(
            objective, at: θ, loss: objective.loss(at: θ), gradient: objective.gradient(at: θ), seed: 7)
        func rows(_ tensor: Tensor) throws -> [[Double]] {
            let flat = try tensor.doubles
            return stride(from: 0, to: flat.count, by: 2).map { [flat[$0], flat[$0 + 1]] }
        }
        net = PlainNet(x: try rows(loss.x), y: try rows(loss.y))
        w = try θ.doubles
    }

    @Test func theNetsAreTheSame() throws {
        #expect(abs(net.loss(w) - point.loss.mean) < 1e-13)
        #expect(norm(net.gradient(w) .- (try point.gradient.doubles)) < 1e-13)
    }

    // MARK: Worst case

    private func box(_ x: [Double], _ limit: [Double]) -> [Double] { zip(x, limit).map { max(-$1, min($1, $0)) } }

    /// After how many of n steps the step size is looked at: 22 %, then intervals that shrink by 3 % down to 6 %.
    private func checkpoints(_ n: Int) -> [Int] {
        var p = [0, 0.22]
        while p[p.count - 1] < 1 { p.append(p[p.count - 1] + max(p[p.count - 1] - p[p.count - 2] - 0.03, 0.06)) }
        return p.dropFirst().map { Int((Double(n) * $0).rounded(.up)) }.filter { $0 <= n }
    }

    /// APGD as Croce & Hein write it, algorithm 1, in x = δ/c, from x = 0.
    private func ascent(_ ρ: Double, _ kind: WorstCaseSharpness.Norm, _ c: [Double], steps: Int = 20) -> Double {
        func project(_ x: [Double]) -> [Double] {
            kind == .linf ? box(x, x.map { _ in ρ }) : norm(x) > ρ ? (ρ / norm(x)) .* x : x
        }
        func f(_ x: [Double]) -> Double { net.loss(w .+ c .* x) }
        func step(_ x: [Double], _ η: Double) -> [Double] {
            let g = c .* net.gradient(w .+ c .* x)
            return project(x .+ η .* (kind == .linf ? g.map { $0 < 0 ? -1 : $0 > 0 ? 1 : 0 } : (1 / norm(g)) .* g))
        }
        let looks = checkpoints(steps)
        var η = 2 * ρ
        var xs = [w.map { _ in 0.0 }]
        xs.append(step(xs[0], η))
        var best = f(xs[1]) > f(xs[0]) ? xs[1] : xs[0]
        var (last, lastBest, lastη) = (0, f(xs[0]), η)
        var rises = f(xs[1]) > f(xs[0]) ? 1 : 0
        for k in 1..<steps {
            let (now, before) = (xs[k], xs[k - 1])
            var next = project(now .+ 0.75 .* (step(now, η) .- now) .+ 0.25 .* (now .- before))
            var previous = now
            if f(next) > f(now) { rises += 1 }
            if f(next) > f(best) { best = next }
            if looks.contains(k + 1) {
                let isPoor = Double(rises) < 0.75 * Double(k + 1 - last)
                let isStuck = lastη == η && lastBest == f(best)
                (last, lastBest, lastη, rises) = (k + 1, f(best), η, 0)
                if isPoor || isStuck {
                    η /= 2
                    (next, previous) = (best, best)
                }
            }
            xs[k] = previous
            xs.append(next)
        }
        return f(best) - net.loss(w)
    }

    /// The iteration of Andriushchenko et al.'s code from δ = 0 on one batch: steps g/‖g‖ or sign g, times |w| once; the nearest point of the
    /// ellipsoid ‖δ/w‖ ≤ ρ; δ ← ¾ P(δ + step) + ¼ δ_before; a step size that halves where fewer than three quarters of the steps reached a new
    /// maximum, whereupon one gradient is taken at the best point, but δ goes on from where it was.
    private func published(
        _ ρ: Double, _ kind: WorstCaseSharpness.Norm, isAdaptive: Bool, steps: Int = 20
    ) -> Double {
        let c = w.map { isAdaptive ? abs($0) : 1 }
        func project(_ δ: [Double]) -> [Double] {
            guard kind == .l2 else { return box(δ, ρ .* c) }
            func length(_ λ: Double) -> Double {
                norm(zip(δ, c).map { d, s -> Double in d / (1 + 2 * λ / (s * s)) / s })
            }
            guard length(0) > ρ else { return δ }
            if !isAdaptive { return (ρ / norm(δ)) .* δ }
            var (low, high) = (0.0, 1.0)
            while length(high) > ρ { high *= 2 }
            for _ in 0..<100 {
                if length((low + high) / 2) > ρ { low = (low + high) / 2 } else { high = (low + high) / 2 }
            }
            return zip(δ, c).map { d, s -> Double in d / (1 + 2 * high / (s * s)) }
        }
        let looks = checkpoints(steps)
        var η = 2 * ρ
        var (δ, before) = (w.map { _ in 0.0 }, w.map { _ in 0.0 })
        var here = w
        var (best, bestAt) = (net.loss(w), w)
        var (lastBest, lastη, last, records) = (best, η, 0, 0)
        for i in 0..<steps {
            let g = net.gradient(here)
            let direction = kind == .l2 ? (1 / norm(g)) .* g : g.map { $0 < 0 ? -1 : 1 }
            let ahead = project(δ .+ η .* (c .* direction))
            (δ, before) = (0.75 .* ahead .+ 0.25 .* before, δ)
            here = w .+ δ
            if net.loss(here) > best {
                (best, bestAt) = (net.loss(here), here)
                records += 1
            }
            if looks.contains(i) {
                let isPoor = Double(records) < 0.75 * Double(i - last) || (lastη == η && lastBest == best)
                (lastη, lastBest, last, records) = (η, best, i, 0)
                if isPoor {
                    η /= 2
                    here = bestAt
                }
            }
        }
        return best - net.loss(w)
    }

    /// The authors' radii of worst-case ℓ₂, and ℓ∞ radii around ours.
    private static let grid: [(Double, WorstCaseSharpness.Norm)] =
        [0.05, 0.25, 0.5, 1, 2].map { ($0, .l2) } + [5e-4, 4e-3, 0.02, 0.1].map { ($0, .linf) }

    @Test(arguments: grid, [false, true]) func worstCase(
        _ at: (radius: Double, norm: WorstCaseSharpness.Norm), isAdaptive: Bool
    ) throws {
        let c = w.map { isAdaptive ? abs($0) : 1 }
        let found = try WorstCaseSharpness(radius: at.radius, norm: at.norm, isAdaptive: isAdaptive).evaluate(point)
        let derived = ascent(at.radius, at.norm, c)
        #expect(abs(found.value / derived - 1) < 1e-9, "\(found.value) and \(derived)")
        // Both are lower bounds of one maximum; theirs stays below it in adaptive ℓ₂ balls, where the steps are not those of the ball's geometry.
        let other = published(at.radius, at.norm, isAdaptive: isAdaptive)
        let high = ascent(at.radius, at.norm, c, steps: 400)
        #expect(found.value > 0.999 * high && found.value < 1.001 * high, "\(found.value) of \(high)")
        let least = isAdaptive && at.norm == .l2 ? 0.95 : 0.999
        #expect(other > least * high && other < 1.001 * high, "\(other) of \(high)")
        if isAdaptive && at.norm == .l2 { #expect(other < 0.98 * high, "their steps do not point to the maximum") }
    }

    // MARK: Average case

    /// The same draws in plain arithmetic, and the authors' draws without pairs.
    @Test(arguments: [0.05, 0.1, 0.2, 0.4, 0.8], [false, true]) func averageCase(_ ρ: Double, isAdaptive: Bool) throws {
        let c = w.map { isAdaptive ? abs($0) : 1 }
        for law in [AverageSharpness.Distribution.gaussian, .uniform] {
            func noise(_ index: Int) throws -> [Double] {
                try (law == .gaussian ? point.normal("average", index) : point.uniform("average", index)).doubles
            }
            let base = net.loss(w)
            let few = try AverageSharpness(radius: ρ, isAdaptive: isAdaptive, distribution: law).evaluate(point)
            let derived = try (0..<5).map { index -> Double in
                let δ = ρ .* (c .* (try noise(index)))
                return (net.loss(w .+ δ) + net.loss(w .- δ)) / 2 - base
            }
            #expect(abs(few.value - derived.reduce(0, +) / 5) < 1e-12)
            let many = try AverageSharpness(radius: ρ, isAdaptive: isAdaptive, distribution: law, pairs: 400)
                .evaluate(point)
            // One draw after the other, none of those above.
            let single = SampleStatistics(
                try (1000..<5000).map { net.loss(w .+ ρ .* (c .* (try noise($0)))) - base })
            let error = (pow(many.standardError, 2) + pow(single.standardError, 2)).squareRoot()
            #expect(abs(many.value - single.mean) < 4 * error, "\(many.value) and \(single.mean) ± \(error)")
        }
    }

    // MARK: ASAM

    /// Kwon et al.'s code: T = |w| + η for weights, 1 for biases; T g, its norm, T (T g), ε = ρ T² g/‖T g‖.
    @Test(arguments: [0.05, 0.5, 1, 2], [0, 0.01]) func adaptiveStep(_ ρ: Double, _ η: Double) throws {
        let T = w.indices.map { i -> Double in (6..<9).contains(i) ? 1 : abs(w[i]) + η }
        let scaled = T .* net.gradient(w)
        let expected = net.loss(w .+ (ρ / norm(scaled)) .* (T .* scaled)) - net.loss(w)
        let found = try AdaptiveSharpness(radius: ρ, offset: η).evaluate(point)
        #expect(abs(found.value / expected - 1) < 1e-10)
        // The other widespread form, ε = ρ w² g/‖|w| g‖ for all parameters, is the first step of the adaptive ascent.
        let all = w.map(abs) .* net.gradient(w)
        let other = net.loss(w .+ (ρ / norm(all)) .* (w.map(abs) .* all)) - net.loss(w)
        let first = try WorstCaseSharpness(radius: ρ, norm: .l2, isAdaptive: true, steps: 1).evaluate(point)
        #expect(abs(first.value - max(0, other)) < 1e-10 * abs(other))
    }
}
