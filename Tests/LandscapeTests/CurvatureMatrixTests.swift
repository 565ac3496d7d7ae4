import Forecasters
import Foundation
import Krylov
import Networks
import Tensor
import Testing

@testable import Landscape

/// A model given by a closure from parameters to outputs, with a loss given by another.
struct FunctionLoss: WindowedLoss {
    let layout: ParameterLayout
    let batches: [Range<Int>]
    let model: @Sendable (Range<Int>, [Tensor]) throws -> Tensor
    let loss: @Sendable (Range<Int>, Tensor) throws -> Tensor

    var windowCount: Int { batches.last!.upperBound }
    func describe(window: Int) -> String { "window \(window)" }

    func losses(batch: Int, _ θ: Parameters) throws -> Tensor { try lossesAndOutputs(batch: batch, θ).losses }

    func lossesAndOutputs(batch: Int, _ θ: Parameters) throws -> (losses: Tensor, outputs: [Tensor]) {
        let output = try model(batches[batch], θ.tensors)
        return (try loss(batches[batch], output), [output])
    }
}

/// The rows of a matrix by its products with the unit vectors.
func dense<Operator: SymmetricOperator>(_ symmetric: Operator) throws -> [[Double]]
where Operator.Vector == FlatVector {
    let n = symmetric.dimension
    let units = try (0..<n).map { index in
        let unit = try Tensor.zeros([n], dtype: .float64)
        try unit.narrowed(0, from: index, count: 1).fillInPlace(1)
        return FlatVector(unit)
    }
    return try symmetric.apply(units).map { try $0.tensor.doubles }
}

func difference(_ a: [[Double]], _ b: [[Double]]) -> Double {
    zip(a, b).reduce(0) { max($0, zip($1.0, $1.1).reduce(0) { max($0, abs($1.0 - $1.1)) }) }
}

private func layout(_ shapes: [[Int]]) -> ParameterLayout {
    var layout = ParameterLayout()
    for (index, shape) in shapes.enumerated() { _ = layout.add("p\(index)", shape, .uniformFanIn(1), role: .weight) }
    return layout
}

@Suite struct CurvatureMatrixTests {
    static let count = 7
    static let batches = [0..<3, 3..<6, 6..<7]
    let x: Tensor
    let θ: Tensor

    init() throws {
        x = try RandomStream(seed: 1, "x").normal([Self.count, 5])
        θ = try RandomStream(seed: 2, "θ").normal([15])
    }

    private func rows(_ range: Range<Int>) throws -> Tensor {
        try x.narrowed(0, from: range.lowerBound, count: range.count)
    }

    /// Σᵢ aᵢ aᵢᵀ ⊗ Bᵢ / n by plain loops; B has the order of the outputs.
    private func kronecker(_ blocks: [[[Double]]]) throws -> [[Double]] {
        let data = try x.doubles
        let outputs = blocks[0].count
        var result = [[Double]](repeating: [Double](repeating: 0, count: 5 * outputs), count: 5 * outputs)
        for (i, block) in blocks.enumerated() {
            for (p, q) in (0..<outputs).flatMap({ p in (0..<outputs).map { (p, $0) } }) {
                for j in 0..<5 {
                    for k in 0..<5 {
                        result[p * 5 + j][q * 5 + k] += block[p][q] * data[i * 5 + j] * data[i * 5 + k] / 7
                    }
                }
            }
        }
        return result
    }

    /// Linear regression: H = G = (2/n) XᵀX for one output, I ⊗ that for several.
    @Test(arguments: [1, 3]) func linearRegression(outputs: Int) throws {
        let y = try RandomStream(seed: 3, "y").normal([Self.count, outputs])
        let loss = FunctionLoss(
            layout: layout([[outputs, 5]]), batches: Self.batches,
            model: { range, θ in
                let x = try self.rows(range)
                return try x.matmul(θ[0].transposed()) - y.narrowed(0, from: range.lowerBound, count: range.count)
            }, loss: { _, z in try z.squared().sum([1]) })
        let objective = try Objective(loss, dtype: .float64, workers: 2)
        let point = try θ.narrowed(0, from: 0, count: 5 * outputs)
        let identity = (0..<outputs).map { p in (0..<outputs).map { p == $0 ? 2.0 : 0 } }
        let exact = try kronecker((0..<7).map { _ in identity })
        for matrix in [CurvatureMatrix.hessian, .gaussNewton] {
            #expect(difference(try dense(CurvatureOperator(objective, at: point, matrix: matrix)), exact) < 1e-12)
        }
        let residual = try dense(CurvatureOperator(objective, at: point, matrix: .residual))
        #expect(difference(residual, exact.map { $0.map { _ in 0 } }) < 1e-12)
    }

    /// Logistic regression: H = (1/n) Xᵀ diag(σ(1 − σ)) X.
    @Test func logisticRegression() throws {
        let sign = try RandomStream(seed: 4, "sign").signs([Self.count], dtype: .float64)
        let loss = FunctionLoss(
            layout: layout([[5]]), batches: Self.batches,
            model: { range, θ in try self.rows(range).matmul(θ[0]) },
            loss: { range, z in
                // ln(1 + exp(−s z))
                let s = try sign.narrowed(0, from: range.lowerBound, count: range.count)
                return try ((z * s * -1).exponential() + 1).logarithm()
            })
        let objective = try Objective(loss, dtype: .float64)
        let point = try θ.narrowed(0, from: 0, count: 5)
        let margins = try x.matmul(point).doubles
        let exact = try kronecker(margins.map { margin in [[1 / (1 + exp(-margin)) / (1 + exp(margin))]] })
        for matrix in [CurvatureMatrix.hessian, .gaussNewton] {
            #expect(difference(try dense(CurvatureOperator(objective, at: point, matrix: matrix)), exact) < 1e-12)
        }
    }

    /// Softmax regression: H = (1/n) Σ (diag p − ppᵀ) ⊗ xxᵀ; the empirical Fisher matrix has (p − y)(p − y)ᵀ instead.
    @Test func softmaxRegression() throws {
        let labels = [0, 2, 1, 1, 0, 2, 2]
        let oneHot = try Tensor(labels.flatMap { label in (0..<3).map { $0 == label ? 1.0 : 0 } }, shape: [7, 3])
        let loss = FunctionLoss(
            layout: layout([[3, 5]]), batches: Self.batches,
            model: { range, θ in try self.rows(range).matmul(θ[0].transposed()) },
            loss: { range, z in
                try (z.logSoftmax() * oneHot.narrowed(0, from: range.lowerBound, count: range.count)).sum([1]) * -1
            })
        let objective = try Objective(loss, dtype: .float64)
        let logits = try x.matmul(θ.viewed([3, 5]).transposed()).doubles
        let p = (0..<7).map { i -> [Double] in
            let e = (0..<3).map { exp(logits[3 * i + $0]) }
            return e.map { $0 / e.reduce(0, +) }
        }
        let curvature = try kronecker(
            p.map { p in (0..<3).map { a in (0..<3).map { b in (a == b ? p[a] : 0) - p[a] * p[b] } } })
        for matrix in [CurvatureMatrix.hessian, .gaussNewton] {
            #expect(difference(try dense(CurvatureOperator(objective, at: θ, matrix: matrix)), curvature) < 1e-12)
        }
        let errors = zip(p, labels).map { p, label in (0..<3).map { p[$0] - ($0 == label ? 1 : 0) } }
        let fisher = try kronecker(errors.map { e in e.map { a in e.map { a * $0 } } })
        #expect(difference(try dense(CurvatureOperator(objective, at: θ, matrix: .fisher)), fisher) < 1e-12)
    }

    /// Rosenbrock's function, H = [[2 − 4α(y − 3x²), −4αx], [−4αx, 2α]], at its minimum and away from it.
    @Test(arguments: [(1.0, 1.0, 1.0), (100.0, 1.0, 1.0), (1.0, 2.5, 0.8), (100.0, 2.5, 0.8)])
    func rosenbrock(α: Double, x: Double, y: Double) throws {
        let loss = FunctionLoss(
            layout: layout([[1], [1]]), batches: [0..<1],
            model: { _, θ in
                try Tensor.concatenate([(θ[0] * -1) + 1, (θ[1] - θ[0].squared()) * α.squareRoot()])
            }, loss: { _, z in try z.squared().sum().viewed([1]) })
        let objective = try Objective(loss, dtype: .float64)
        let point = try Tensor([x, y])
        let exact = [[2 - 4 * α * (y - 3 * x * x), -4 * α * x], [-4 * α * x, 2 * α]]
        #expect(difference(try dense(CurvatureOperator(objective, at: point)), exact) < 1e-10)
        // G = 2JᵀJ leaves out the residual times the second derivative of the model.
        let gauss = [[2 + 8 * α * x * x, -4 * α * x], [-4 * α * x, 2 * α]]
        #expect(difference(try dense(CurvatureOperator(objective, at: point, matrix: .gaussNewton)), gauss) < 1e-10)
        let residual = [[-4 * α * (y - x * x), 0], [0, 0]]
        #expect(difference(try dense(CurvatureOperator(objective, at: point, matrix: .residual)), residual) < 1e-10)
    }

    /// Parameters that nothing depends on give zero rows in every matrix.
    @Test func unusedParameters() throws {
        let loss = FunctionLoss(
            layout: layout([[5], [2]]), batches: Self.batches,
            model: { range, θ in try self.rows(range).matmul(θ[0]) }, loss: { _, z in try z.squared() })
        let objective = try Objective(loss, dtype: .float64)
        let point = try θ.narrowed(0, from: 0, count: 7)
        for matrix in CurvatureMatrix.allCases {
            let rows = try dense(CurvatureOperator(objective, at: point, matrix: matrix))
            for index in 5..<7 { #expect(rows[index].allSatisfy { $0 == 0 }) }
        }
    }

    /// A loss that is linear in θ has no Hessian at all, and eigenvalues, trace and density of nothing.
    @Test func zeroHessian() throws {
        let loss = FunctionLoss(
            layout: layout([[5]]), batches: Self.batches,
            model: { range, θ in try self.rows(range).matmul(θ[0]) }, loss: { _, z in z })
        let objective = try Objective(loss, dtype: .float64)
        let problem = Curvature.Problem(objective, at: try θ.narrowed(0, from: 0, count: 5), seed: 0)
        let spectrum = try Curvature.eigenpairs(
            problem, gradient: objective.gradient(at: problem.point), largest: 2, smallest: 2, tolerance: 1e-6,
            maximumProducts: 50)
        #expect(spectrum.converged && (spectrum.largest + spectrum.smallest).allSatisfy { $0.value == 0 })
        let trace = try Curvature.trace(problem, budget: TraceBudget(maximumProducts: 12))
        #expect(trace.trace == Estimated(value: 0, standardError: 0))
        let density = try Curvature.density(problem, LanczosQuadrature(probes: 2, steps: 4))
        #expect(density.range == 0...0 && density.stableRank.value == 0)
    }

    /// A concave loss: all curvature is negative, and so are both ends, the trace and the mass.
    @Test func negativeDefinite() throws {
        let loss = FunctionLoss(
            layout: layout([[5]]), batches: Self.batches,
            model: { range, θ in try self.rows(range).matmul(θ[0]) }, loss: { _, z in try z.squared() * -1 })
        let objective = try Objective(loss, dtype: .float64)
        let problem = Curvature.Problem(objective, at: try θ.narrowed(0, from: 0, count: 5), seed: 0)
        let spectrum = try Curvature.eigenpairs(
            problem, gradient: objective.gradient(at: problem.point), largest: 2, smallest: 2, tolerance: 1e-6,
            maximumProducts: 50)
        #expect(spectrum.converged && (spectrum.largest + spectrum.smallest).allSatisfy { $0.value < 0 })
        #expect(spectrum.largest[0].value > spectrum.smallest[0].value)
        let density = try Curvature.density(problem, LanczosQuadrature(probes: 2, steps: 5))
        #expect(density.positiveTrace.value == 0 && abs(density.negativeMass.value - 1) < 1e-12)
    }

    /// The loss is a number where its gradient is none: every analysis says so instead of giving one.
    @Test func gradientThatIsNoNumber() throws {
        let loss = FunctionLoss(
            layout: layout([[5]]), batches: Self.batches,
            model: { range, θ in try self.rows(range).matmul(θ[0]) }, loss: { _, z in try z.squared().squareRoot() })
        let objective = try Objective(loss, dtype: .float64)
        let zero = try Tensor.zeros([5], dtype: .float64)
        #expect(try objective.loss(at: zero).mean == 0)
        let gradient = try objective.gradient(at: zero)
        #expect(try !gradient.isFinite)
        let problem = Curvature.Problem(objective, at: zero, seed: 0)
        #expect(throws: KrylovError.nonFiniteProduct(application: 1)) {
            _ = try Curvature.eigenpairs(
                problem, gradient: gradient, largest: 1, smallest: 1, tolerance: 1e-3, maximumProducts: 20)
        }
        #expect(throws: KrylovError.nonFiniteProduct(application: 1)) {
            _ = try Curvature.trace(problem, budget: TraceBudget(maximumProducts: 12))
        }
        #expect(throws: LandscapeError.self) { _ = try LineDerivatives(objective, at: zero, along: zero) }
    }

    @Test func smoothedDensity() throws {
        let measure = SpectralMeasure(
            dimension: 4,
            quadratures: [
                Quadrature(nodes: [-1, 2], weights: [0.25, 0.75]),
                Quadrature(nodes: [-1, 2.5], weights: [0.25, 0.75]),
            ], products: 4)
        let positions = (0...4000).map { -3 + 8 * Double($0) / 4000 }
        let density = measure.density(at: positions, bandwidth: 0.3)
        #expect(abs(density.reduce(0) { $0 + $1.value } * 8 / 4000 - 1) < 1e-9)
        // At −1 both probes agree: the height of a Gaussian of weight 1/4.
        let peak = measure.density(at: [-1], bandwidth: 0.1)[0]
        #expect(abs(peak.value - 0.25 / (0.1 * (2 * Double.pi).squareRoot())) < 1e-9)
        #expect(peak.standardError < 1e-12 && measure.density(at: [2], bandwidth: 0.1)[0].standardError > 1)
    }

    @Test func lossesWithoutOutputsAreRefused() throws {
        let objective = try Objective(QuadraticLoss(), dtype: .float64)
        let point = try Tensor.zeros([QuadraticLoss.size], dtype: .float64)
        #expect(throws: LandscapeError.self) {
            _ = try dense(CurvatureOperator(objective, at: point, matrix: .gaussNewton))
        }
    }

    /// The block of some parameters is the restriction's whole matrix.
    @Test func blocksAreSubmatrices() throws {
        let objective = try Objective(QuadraticLoss(), dtype: .float64)
        let point = try RandomStream(seed: 5, "point").normal([QuadraticLoss.size])
        let whole = try dense(CurvatureOperator(objective, at: point))
        for (indices, range) in [([0], 0..<6), ([1], 6..<9)] {
            let (restricted, part) = try objective.restricted(to: indices, at: point)
            #expect(restricted.dimension == range.count)
            #expect(try restricted.loss(at: part).perWindow == objective.loss(at: point).perWindow)
            let block = try dense(CurvatureOperator(restricted, at: part))
            #expect(difference(block, whole[range].map { Array($0[range]) }) < 1e-13)
        }
    }

    /// The diagonal of a quadratic, within its own error and exactly where the matrix is diagonal.
    @Test func diagonal() throws {
        let objective = try Objective(QuadraticLoss(), dtype: .float64)
        let point = try Tensor.zeros([QuadraticLoss.size], dtype: .float64)
        let whole = try dense(CurvatureOperator(objective, at: point))
        let estimate = try Curvature.diagonal(Curvature.Problem(objective, at: point, seed: 1), samples: 400)
        let (found, errors) = (try estimate.diagonal.doubles, try estimate.standardErrors.doubles)
        for i in 0..<QuadraticLoss.size {
            #expect(abs(found[i] - whole[i][i]) < 4.5 * errors[i])
            let outside = whole[i].enumerated().reduce(0) { $0 + ($1.offset == i ? 0 : $1.element * $1.element) }
            #expect(abs(errors[i] / (outside / 400).squareRoot() - 1) < 0.2)
        }
    }

    /// Means over parts: the mean of the entries' estimates, with the variance that the matrix gives them.
    @Test func diagonalOfParts() throws {
        let objective = try Objective(QuadraticLoss(), dtype: .float64)
        let point = try Tensor.zeros([QuadraticLoss.size], dtype: .float64)
        let whole = try dense(CurvatureOperator(objective, at: point))
        let problem = Curvature.Problem(objective, at: point, seed: 2)
        let probes = 400
        let estimate = try Curvature.diagonal(problem, samples: probes, parts: [2, 1, 4])
        let entries = try estimate.diagonal.doubles
        for (range, samples) in zip([0..<2, 2..<3, 3..<7], estimate.partMeans) {
            #expect(samples.count == probes)
            let statistics = SampleStatistics(samples)
            let m = Double(range.count)
            #expect(abs(statistics.mean - entries[range].reduce(0, +) / m) < 1e-12)
            let exact = range.reduce(0) { $0 + whole[$1][$1] } / m
            #expect(abs(statistics.mean - exact) < 4.5 * statistics.standardError)
            var variance = 0.0
            for i in range {
                for j in whole.indices where j != i {
                    variance += (range.contains(j) ? 2 : 1) * whole[i][j] * whole[i][j] / (m * m)
                }
            }
            #expect(abs(statistics.standardError / (variance / Double(probes)).squareRoot() - 1) < 0.2)
        }
        #expect(throws: KrylovError.self) {
            _ = try Curvature.diagonal(problem, samples: 2, parts: [QuadraticLoss.size + 1])
        }
    }

    /// P^(−1/2) H P^(−1/2) entry by entry, and v from the batches' gradients.
    @Test func preconditioning() throws {
        let objective = try Objective(QuadraticLoss(), dtype: .float64)
        let point = try RandomStream(seed: 6, "point").normal([QuadraticLoss.size])
        let preconditioner = try AdamPreconditioner(objective, at: point)
        let p = try preconditioner.diagonal.doubles
        var moments = [Double](repeating: 0, count: QuadraticLoss.size)
        let loss = try QuadraticLoss()
        for range in loss.batches {
            let shifted = try point - loss.centre
            let slopes = try loss.slopes.narrowed(0, from: range.lowerBound, count: range.count).mean([0])
            let gradient = try (loss.hessian.matmul(shifted) + slopes).doubles
            for i in moments.indices { moments[i] += gradient[i] * gradient[i] / Double(loss.batches.count) }
        }
        for i in moments.indices { #expect(abs(p[i] - moments[i].squareRoot() - 1e-8) < 1e-12) }
        let whole = try dense(CurvatureOperator(objective, at: point))
        let scaled = try dense(PreconditionedOperator(CurvatureOperator(objective, at: point), preconditioner))
        let exact = whole.indices.map { i in whole.indices.map { whole[i][$0] / (p[i] * p[$0]).squareRoot() } }
        #expect(difference(scaled, exact) < 1e-10)
        #expect(abs(AdamPreconditioner.stabilityThreshold(learningRate: 3e-5) - 38 / 3e-5) < 1e-6)
    }
}
