import Foundation
import Krylov
import Networks
import Tensor
import Testing

@testable import Landscape

/// Sharpness on losses whose landscape is known in closed form.
@Suite struct SharpnessTests {
    let loss: QuadraticLoss
    let objective: Objective
    let point: SharpnessPoint
    /// Eigenvalues of H and its eigenvectors, by rows.
    let system: SymmetricEigensystem

    init() throws {
        loss = try QuadraticLoss()
        objective = try Objective(loss, dtype: .float64, workers: 2)
        let θ = try RandomStream(seed: 3, "point").normal([QuadraticLoss.size])
        point = try SharpnessPoint(
            objective, at: θ, loss: objective.loss(at: θ), gradient: objective.gradient(at: θ), seed: 1)
        system = try SymmetricEigensystem(loss.hessian.doubles, order: QuadraticLoss.size)
    }

    /// max gᵀε + ½εᵀHε over ‖ε‖ ≤ ρ: (μ − H)ε = g with ‖ε‖ = ρ and μ ≥ λmax (the trust-region problem).
    private func trustRegion(_ h: [Double], _ g: [Double], radius: Double) throws -> Double {
        let n = g.count
        let system = try SymmetricEigensystem(h, order: n)
        let components = system.vectors.map { v in zip(v, g).reduce(0) { $0 + $1.0 * $1.1 } }
        func length(_ μ: Double) -> Double {
            zip(components, system.values).reduce(0) { $0 + ($1.0 / (μ - $1.1)) * ($1.0 / (μ - $1.1)) }.squareRoot()
        }
        var (low, high) = (max(0, system.values[n - 1]) + 1e-12, 1e6)
        for _ in 0..<200 {
            let middle = (low + high) / 2
            if length(middle) > radius { low = middle } else { high = middle }
        }
        return zip(components, system.values).reduce(0) { sum, item in
            let e = item.0 / (high - item.1)
            return sum + item.0 * e + 0.5 * item.1 * e * e
        }
    }

    @Test func samIsAnalytic() throws {
        let norm = point.gradientNorm
        let curvature = try point.gradient.dot(loss.hessian.matmul(point.gradient)) / (norm * norm)
        let result = try SAMSharpness(radius: 0.05).evaluate(point)
        #expect(abs(result.value - (0.05 * norm + 0.5 * 0.0025 * curvature)) < 1e-12)
        #expect(abs(try #require(result.firstOrder) - 0.05 * norm) < 1e-12)
        #expect(result.samples.count == 7)
    }

    /// Batches have gradients of their own.
    @Test func batchesAscendAlone() throws {
        var expected = 0.0
        for range in loss.batches {
            let slope = try loss.slopes.narrowed(0, from: range.lowerBound, count: range.count).mean([0])
            let g = try loss.hessian.matmul(point.θ - loss.centre) + slope
            let ε = try g * (0.05 / g.euclideanNorm())
            expected += Double(range.count) / 7 * (try g.dot(ε) + 0.5 * ε.dot(loss.hessian.matmul(ε)))
        }
        #expect(abs(try BatchSharpness(radius: 0.05).evaluate(point).value - expected) < 1e-12)
    }

    /// ASAM's step by the formula of the authors' code: T = |w| + η for matrices, 1 for vectors; rows for the filter form.
    @Test(arguments: [SharpnessScale.elementwise, .filterwise]) func adaptiveStep(scale: SharpnessScale) throws {
        let w = try point.θ.doubles
        let g = try point.gradient.doubles
        let T = (0..<9).map { i -> Double in
            guard i < 6 else { return 1 }
            let row = w[(i / 3 * 3)..<(i / 3 * 3 + 3)].reduce(0) { $0 + $1 * $1 }.squareRoot()
            return (scale == .elementwise ? abs(w[i]) : row) + 0.01
        }
        let norm = zip(T, g).reduce(0) { $0 + $1.0 * $1.0 * $1.1 * $1.1 }.squareRoot()
        let moved = (0..<9).map { w[$0] + 0.5 * T[$0] * T[$0] * g[$0] / norm }
        let expected = try loss.value(moved) - loss.value(w)
        let result = try AdaptiveSharpness(scale: scale).evaluate(point)
        #expect(abs(result.value - expected) < 1e-11)
        #expect(abs(try #require(result.firstOrder) - 0.5 * norm) < 1e-12)
    }

    @Test(arguments: [false, true], [AverageSharpness.Distribution.gaussian, .uniform])
    func averageIsHalfTheTraceTimesTheVariance(
        isAdaptive: Bool, distribution: AverageSharpness.Distribution
    ) throws {
        let w = try point.θ.doubles
        let h = try loss.hessian.doubles
        let trace = (0..<9).reduce(0.0) { $0 + h[$1 * 10] * (isAdaptive ? w[$1] * w[$1] : 1) }
        let result = try AverageSharpness(
            radius: 0.3, isAdaptive: isAdaptive, distribution: distribution, pairs: 400
        ).evaluate(point)
        let variance = 0.09 * (distribution == .uniform ? 1.0 / 3 : 1)
        #expect(abs(result.value - 0.5 * variance * trace) < 4 * result.standardError)
        #expect(result.standardError < 0.05)
    }

    /// A 2-norm ball: the trust-region solution, nearly reached in 20 steps and to many digits in 200. Radii of EPFL's grid.
    @Test(arguments: [0.002, 0.05, 0.3, 2], [false, true]) func euclideanWorstCase(
        radius: Double, isAdaptive: Bool
    ) throws {
        let w = try point.θ.doubles
        let c = w.map { isAdaptive ? abs($0) : 1 }
        let h = try loss.hessian.doubles
        let scaled = (0..<81).map { h[$0] * c[$0 / 9] * c[$0 % 9] }
        let g = zip(try point.gradient.doubles, c).map { $0 * $1 }
        let exact = try trustRegion(scaled, g, radius: radius)
        func found(_ steps: Int) throws -> SharpnessResult {
            try WorstCaseSharpness(radius: radius, norm: .l2, isAdaptive: isAdaptive, steps: steps).evaluate(point)
        }
        let short = try found(20)
        #expect(short.value <= exact * (1 + 1e-9) && short.value > 0.98 * exact, "\(short.value) of \(exact)")
        #expect(abs(try found(200).value - exact) < 1e-4 * exact)
        let slope = g.reduce(0) { $0 + $1 * $1 }.squareRoot()
        #expect(abs(try #require(short.firstOrder) - radius * slope) < 1e-12)
    }

    /// A small box: the corner that the gradient points to, exact as long as no sign of the gradient changes.
    @Test func boxWorstCase() throws {
        let (w, g) = (try point.θ.doubles, try point.gradient.doubles)
        let corner = zip(w, g).map { $0 + 1e-4 * abs($0) * ($1 > 0 ? 1 : -1) }
        let exact = try loss.value(corner) - loss.value(w)
        let found = try WorstCaseSharpness(radius: 1e-4, norm: .linf, isAdaptive: true).evaluate(point)
        #expect(abs(found.value - exact) < 1e-9 * abs(exact) + 1e-12)
    }

    @Test func quadraticFormsAndStepsAlongTheGradient() throws {
        let form = try QuadraticForm().evaluate(point)
        #expect(abs(form.value - (try point.θ.dot(loss.hessian.matmul(point.θ)))) < 1e-11)
        let g = point.gradient
        let hg = try loss.hessian.matmul(g)
        let smooth = try EffectiveSmoothness().evaluate(point)
        #expect(abs(smooth.value - (try hg.euclideanNorm() / g.euclideanNorm())) < 1e-9)
    }

    @Test func undefinedAtZeroGradients() throws {
        let flat = try SharpnessPoint(
            objective, at: point.θ, loss: point.loss, gradient: point.gradient.zerosLike(), seed: 1)
        let measures: [any SharpnessMeasure] = [
            SAMSharpness(), AdaptiveSharpness(), WorstCaseSharpness(radius: 0.1, norm: .l2, isAdaptive: false),
            KeskarSharpness(), CriticalSharpness(), EffectiveSmoothness(),
        ]
        for measure in measures { #expect(throws: SharpnessUndefined.self) { try measure.evaluate(flat) } }
        // A quadratic form without outputs has no Gauss-Newton matrix.
        #expect(throws: SharpnessUndefined.self) { try FisherRaoNorm().evaluate(point) }
    }
}

/// The same on least squares, where the loss is positive and has outputs.
@Suite struct RegressionSharpnessTests {
    let loss: LeastSquaresLoss
    let objective: Objective

    init() throws {
        loss = try LeastSquaresLoss()
        objective = try Objective(loss, dtype: .float64, workers: 2)
    }

    private func point(_ θ: Tensor, seed: UInt64 = 1) throws -> SharpnessPoint {
        try SharpnessPoint(
            objective, at: θ, loss: objective.loss(at: θ), gradient: objective.gradient(at: θ), seed: seed)
    }

    private func start() throws -> SharpnessPoint {
        try point(RandomStream(seed: 5, "start").normal([6]))
    }

    /// Tr H = 2/(kn) · k · ΣX².
    private var trace: Double {
        get throws { 2 / Double(loss.windowCount) * (try loss.x.squared().sum().item) }
    }

    /// A small box is left at the corner that the gradient points to. All dimensions as a subspace are the whole space with another box.
    @Test func keskarsBox() throws {
        let start = try start()
        #expect(start.loss.mean > 0)
        let (w, g) = (try start.θ.doubles, try start.gradient.doubles)
        let corner = zip(w, g).map { $0 + 1e-4 * (abs($0) + 1) * ($1 > 0 ? 1 : -1) }
        let rise = try objective.loss(at: Tensor(corner)).mean - start.loss.mean
        let found = try KeskarSharpness(radius: 1e-4).evaluate(start)
        let factor = 100 / (1 + start.loss.mean)
        #expect(abs(found.value - factor * rise) < 1e-9 * found.value)
        #expect(abs(try #require(found.firstOrder) / found.value - 1) < 1e-2 && found.samples.count == 40)
        // Orthonormal columns: A Aᵀ = 1, and the box is |yᵢ| ≤ ε(|(Aᵀθ)ᵢ| + 1).
        let columns = try Tensor.stack(try (0..<6).map { try start.normal("keskar", $0) }, dimension: 1)
            .orthonormalized()
        let rows = try columns.transposed().contiguous()
        let (y, slope) = (try rows.matmul(start.θ).doubles, try rows.matmul(start.gradient).doubles)
        let turned = zip(y, slope).map { 1e-4 * (abs($0) + 1) * ($1 > 0 ? 1.0 : -1) }
        let moved = try start.θ + columns.matmul(Tensor(turned))
        let expected = factor * (try objective.loss(at: moved).mean - start.loss.mean)
        let whole = try KeskarSharpness(radius: 1e-4, subspace: 6).evaluate(start)
        #expect(abs(whole.value - expected) < 1e-9 * expected)
        #expect(try KeskarSharpness(radius: 1e-4, subspace: 2).evaluate(start).value < whole.value)
    }

    @Test func fisherRaoOfALinearNet() throws {
        let start = try start()
        let z = try loss.x.linear(weight: start.θ.reshaped([2, 3]))
        let expected = try 2 / Double(2 * loss.windowCount) * z.squared().sum().item
        #expect(abs(try FisherRaoNorm().evaluate(start).value - expected) < 1e-11)
        #expect(try FisherRaoNorm().evaluate(point(Tensor.zeros([6], dtype: .float64))).value == 0)
    }

    /// κ = Σ ‖w_s‖² Tr(H_ss), since blocks of different rows are 0.
    @Test func relativeFlatnessOfALinearNet() throws {
        let start = try start()
        let rows = try start.θ.squared().sum().item
        let result = try RelativeFlatness(probes: 400).evaluate(start)
        let expected = try rows * trace / 2
        #expect(abs(result.value - expected) < 4 * result.standardError && result.standardError < 0.1 * expected)
        #expect(throws: SharpnessUndefined.self) { try RelativeFlatness(parameter: "nothing").evaluate(start) }
    }

    @Test func lowPassFilterAndPACBayes() throws {
        let start = try start()
        let filter = try LowPassFilter(deviation: 0.2, pairs: 300).evaluate(start)
        let rise = try 0.5 * 0.04 * trace
        #expect(abs(filter.value - start.loss.mean - rise) < 4 * filter.standardError)
        #expect(abs(try #require(filter.details["rise"]) - (filter.value - start.loss.mean)) < 1e-12)
        // ½σ²Tr H = τL.
        let bayes = try PACBayesSharpness(pairs: 200, trials: 20).evaluate(start)
        let σ = try (2 * 0.1 * start.loss.mean / trace).squareRoot()
        #expect(abs(bayes.value - σ) < 4 * bayes.standardError && bayes.standardError < 0.05 * σ)
        let few = try PACBayesSharpness(pairs: 200).evaluate(start)
        #expect(abs(few.value / bayes.value - 1) < 2e-3)
    }

    /// −½ ln det(1 + H/(γT)) at the minimum.
    @Test func localEntropyAtAMinimum() throws {
        let best = try point(loss.minimiser())
        #expect(best.gradientNorm < 1e-10)
        let h = try loss.x.transposed().matmul(loss.x) * (2 / Double(2 * loss.windowCount))
        let values = try SymmetricEigensystem(h.doubles, order: 3).values
        let γ = 20.0
        let exact = -0.5 * 2 * values.reduce(0) { $0 + log(1 + $1 / γ) }
        let found = try LocalEntropy(stiffness: γ, pairs: 2000).evaluate(best)
        #expect(abs(found.value - exact) < 4 * found.standardError && found.standardError < 0.01)
        #expect(try #require(found.details["effective_draws"]) > 2000)
    }

    @Test func criticalStepOfAQuadratic() throws {
        let start = try start()
        let g = start.gradient
        let curvature =
            try g.dot(objective.products(at: start.θ, with: [g])[0]) / (start.gradientNorm * start.gradientNorm)
        let found = try CriticalSharpness().evaluate(start)
        #expect(abs(found.value / curvature - 1) < 1e-3)
    }

    /// `cost`, which --dry-run adds up, is what is spent, pass by pass, for every measure.
    @Test func costsAreExact() throws {
        let (start, best) = (try start(), try point(loss.minimiser()))
        for measure in SharpnessCatalogue.all(batches: loss.batches.count) {
            let before = objective.work
            _ = try measure.evaluate(measure.name == "llc" ? best : start)
            let spent = objective.work - before
            let found = SharpnessCost(forward: spent.forward, gradient: spent.gradient, product: spent.product)
            #expect(found == measure.cost, "\(measure.name)")
        }
        let standard = SharpnessCatalogue.all(batches: 1).filter { SharpnessCatalogue.standard.contains($0.name) }
        #expect(
            standard.reduce(SharpnessCost()) { $0 + $1.cost } == SharpnessCost(forward: 42, gradient: 5, product: 9))
        // The rule of docs/measures.md, in gradients' time; the products of one layer need no pass through the others.
        let time = standard.reduce(0.0) { sum, measure in
            let product = measure is RelativeFlatness ? 0.5 / 6 : 3
            return sum + 0.6 * Double(measure.cost.forward) + Double(measure.cost.gradient)
                + product * Double(measure.cost.product)
        }
        #expect(time <= 40, "\(time)")
    }

    /// Every value comes with an error, or with the reason why it has none; a mean is that of its samples.
    @Test func errorsAreThere() throws {
        let (start, best) = (try start(), try point(loss.minimiser()))
        for measure in SharpnessCatalogue.all(batches: loss.batches.count) {
            let found = try measure.evaluate(measure.name == "llc" ? best : start)
            #expect(found.value.isFinite, "\(measure.name)")
            let statistics = SampleStatistics(found.samples)
            let count = measure.sampleCount(windows: loss.windowCount)
            #expect(found.samples.count == count, "\(measure.name)")
            if count > 0 {
                #expect(abs(statistics.mean - found.value) <= 1e-9 * abs(found.value), "\(measure.name)")
                #expect(abs(statistics.standardError - found.standardError) <= 1e-9 * found.standardError)
            }
            switch measure.errorSource {
            case .windows: #expect(count == loss.windowCount && found.standardError > 0, "\(measure.name)")
            case .draws, .chains, .bracket: #expect(found.standardError > 0, "\(measure.name)")
            case .none(let reason): #expect(found.standardError.isNaN && !reason.isEmpty, "\(measure.name)")
            }
            #expect(Set(found.details.keys) == Set(measure.detailNames), "\(measure.name)")
            if let shape = measure.chainShape {
                #expect(found.chains.count == shape.chains && found.chains.allSatisfy { $0.count == shape.steps })
                let counted = found.chains.flatMap { $0.dropFirst(shape.burnIn) }
                #expect(abs(SampleStatistics(counted).mean - found.value) <= 1e-9 * abs(found.value))
            }
        }
    }

    /// No measure knows how many threads there are.
    @Test func threadsChangeNoBit() throws {
        let alone = try Objective(loss, dtype: .float64, workers: 1)
        let (start, best) = (try start(), try point(loss.minimiser()))
        for measure in SharpnessCatalogue.all(batches: loss.batches.count) {
            let here = measure.name == "llc" ? best : start
            let there = try SharpnessPoint(
                alone, at: here.θ, loss: alone.loss(at: here.θ), gradient: alone.gradient(at: here.θ), seed: 1)
            let (two, one) = (try measure.evaluate(here), try measure.evaluate(there))
            #expect(one.value == two.value && one.samples == two.samples && one.chains == two.chains, "\(measure.name)")
        }
    }

    /// Of every window ℓᵢ = (1/k)‖Wxᵢ − yᵢ‖² the curvature along W is (2/k)‖Wxᵢ‖².
    @Test func curvaturesOfWindows() throws {
        let start = try start()
        let expected = try (loss.x.linear(weight: start.θ.reshaped([2, 3])).squared().sum([1])).doubles
        let (form, norm) = (try QuadraticForm().evaluate(start), try FisherRaoNorm().evaluate(start))
        for (index, value) in expected.enumerated() {
            #expect(abs(form.samples[index] - value) < 1e-7 * (1 + value))
            #expect(abs(norm.samples[index] - value) < 1e-11 * (1 + value))
        }
        #expect(abs(try #require(form.details["by_differences"]) - form.value) < 1e-7 * form.value)
        #expect(abs(form.standardError / SampleStatistics(expected).standardError - 1) < 1e-6)
    }

    /// d/2 for a regular model at its minimum, and no value elsewhere.
    @Test func learningCoefficientOfARegularModel() throws {
        let large = try LeastSquaresLoss(windows: 400, batchSize: 400, noise: 1)
        let objective = try Objective(large, dtype: .float64, workers: 2)
        let θ = try large.minimiser()
        let best = try SharpnessPoint(
            objective, at: θ, loss: objective.loss(at: θ), gradient: objective.gradient(at: θ), seed: 1)
        let measure = LocalLearningCoefficient(
            stepSize: 1e-3, localization: 1, likelihoodScale: 1, chains: 4, burnIn: 200, draws: 1200, batches: 1)
        let result = try measure.evaluate(best)
        #expect(abs(result.value - 3) < 0.3, "\(result.value) ± \(result.standardError)")
        #expect(try #require(result.details["r_hat"]) < 1.1)
        #expect(throws: SharpnessUndefined.self) {
            try LocalLearningCoefficient(batches: 3).evaluate(start())
        }
    }

    /// w₁^(2a) w₂^(2b): λ = min 1/(2a), 1/(2b), at the tolerance of the published test.
    /// Steps are a tenth of the square of the width that the potential allows, or less where it is steep.
    @Test(arguments: [
        ([0, 1], 0.5, 7e-4), ([1, 1], 0.5, 2e-3), ([0, 2], 0.25, 5e-3), ([1, 2], 0.25, 2e-3), ([0, 3], 1.0 / 6, 4e-3),
    ])
    func learningCoefficientOfANormalCrossing(powers: [Int], expected: Double, step: Double) throws {
        let objective = try Objective(NormalCrossingLoss(powers, windows: 1000), dtype: .float64, workers: 2)
        let θ = try Tensor.zeros([2], dtype: .float64)
        let origin = try SharpnessPoint(
            objective, at: θ, loss: objective.loss(at: θ), gradient: objective.gradient(at: θ), seed: 2)
        let result = try LocalLearningCoefficient(
            stepSize: step, localization: 1, likelihoodScale: 1, chains: 4, burnIn: 300, draws: 2500, batches: 1
        ).evaluate(origin)
        #expect(abs(result.value / expected - 1) < 0.4, "\(result.value) ± \(result.standardError) for \(expected)")
    }

    /// Reduced-rank regression with the true rank: (Aoyagi & Watanabe 2005) the dimension of the matrices of that rank over 2.
    @Test(arguments: [[5, 3, 5], [5, 4, 5], [4, 3, 8], [8, 3, 4], [3, 8, 4]])
    func learningCoefficientOfReducedRankRegression(sizes: [Int]) throws {
        let (m, h, n) = (sizes[0], sizes[1], sizes[2])
        let loss = try ReducedRankLoss(inputs: m, hidden: h, outputs: n, windows: 1000)
        let objective = try Objective(loss, dtype: .float64, workers: 2)
        let point = try SharpnessPoint(
            objective, at: loss.truth, loss: objective.loss(at: loss.truth),
            gradient: objective.gradient(at: loss.truth), seed: 3)
        let rank = min(m, h, n)
        let expected = Double(rank * (m + n - rank)) / 2
        let result = try LocalLearningCoefficient(
            stepSize: 2e-4, localization: 1, likelihoodScale: 1, chains: 4, burnIn: 300, draws: 700, batches: 1
        ).evaluate(point)
        #expect(abs(result.value / expected - 1) < 0.4, "\(result.value) ± \(result.standardError) for \(expected)")
    }
}

@Suite struct MergeTreeTests {
    /// Two basins of depths 3 and 2 with a saddle at 1 between them, and a third that is shallow.
    @Test func basinsOfALine() throws {
        let loss: [Double] = [4, 0, 3, 1, 2.5, 2, 5]
        let tree = try #require(MergeTree(loss, width: 7))
        #expect(tree.basins.map(\.minimum) == [3, 5])
        #expect(tree.basins.map(\.saddle) == [2, 4])
        #expect(tree.basins.map(\.persistence) == [2, 0.5])
        #expect(abs(tree.meanPersistence - 1.25 / 5) < 1e-12 && abs(tree.largestPersistence - 0.4) < 1e-12)
    }

    @Test func aBowlIsOneBasin() throws {
        var loss: [Double] = []
        for j in -10...10 { for i in -10...10 { loss.append(Double(i * i + 3 * j * j + i * j)) } }
        let tree = try #require(MergeTree(loss, width: 21))
        #expect(tree.basins.isEmpty && tree.meanPersistence == 0 && tree.largestPersistence == 0)
    }

    /// cos x cos y over two periods: minima of −1 that meet at saddles of 0.
    @Test func latticeOfBasins() throws {
        let count = 81
        let grid = (0..<count).map { Double($0) / Double(count - 1) * 4 * Double.pi }
        let loss = grid.flatMap { y in grid.map { x in cos(x) * cos(y) } }
        let tree = try #require(MergeTree(loss, width: count))
        // (π + 2πi, 2πj) and the reverse: 2 · 3 + 3 · 2 minima, all but one with a saddle.
        #expect(tree.basins.count == 11)
        #expect(tree.basins.allSatisfy { abs($0.persistence - 1) < 1e-9 })
        // In space, over one period.
        let few = (0..<9).map { Double($0) / 8 * 2 * Double.pi }
        let space = few.flatMap { z in few.flatMap { y in few.map { x in cos(x) * cos(y) * cos(z) } } }
        let volume = try #require(MergeTree(space, counts: [9, 9, 9]))
        // Minima where an odd number of coordinates is π, the others 0 or 2π: 3 · 4 and 1. All meet at saddles of 0.
        #expect(volume.basins.count == 12 && volume.basins.allSatisfy { abs($0.persistence - 1) < 1e-9 })
        #expect(MergeTree([1, .nan], width: 2) == nil && MergeTree([1, 1, 1, 1], width: 2) == nil)
    }
}
