import ArgumentParser
import Foundation
import Krylov
import Landscape
import Tensor

/// Writes the dense Hessian, whose trace and spectrum are the truth for the estimators.
struct DenseBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dense", abstract: "Write the dense Hessian in float64 as raw bytes.")

    @OptionGroup var workload: Workload
    @Option(help: "The file.") var output: String

    func run() throws {
        let (objective, θ) = try workload.load()
        let n = objective.dimension
        var bytes = Data(capacity: n * n * 8)
        for start in stride(from: 0, to: n, by: 64) {
            let units = try (start..<min(n, start + 64)).map { index in
                let unit = try Tensor.zeros([n], dtype: objective.dtype)
                try unit.narrowed(0, from: index, count: 1).fillInPlace(1)
                return unit
            }
            for row in try objective.products(at: θ, with: units) {
                try row.to(.float64).doubles.withUnsafeBytes { bytes.append(contentsOf: $0) }
            }
        }
        try bytes.write(to: URL(fileURLWithPath: output))
        try report(["task": "dense", "parameters": n])
    }
}

/// A dense matrix as an operator; what is compared on it is how many products an estimator needs.
struct DenseMatrix: SymmetricOperator {
    private let matrix: Tensor
    let dimension: Int

    /// Reads what ``DenseBenchmark`` wrote, to float32.
    init(_ path: String) throws {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        dimension = Int((Double(bytes.count) / 8).squareRoot().rounded())
        let shape = [dimension, dimension]
        matrix = try bytes.withUnsafeBytes { try Tensor(bytes: $0, dtype: .float64, shape: shape) }.to(.float32)
    }

    func apply(_ vectors: [FlatVector]) throws -> [FlatVector] {
        guard vectors.count > 1 else { return try vectors.map { FlatVector(try matrix.matmul($0.tensor)) } }
        // As rows, which are contiguous; the matrix is symmetric.
        let products = try Tensor.stack(vectors.map(\.tensor)).matmul(matrix)
        return try vectors.indices.map { FlatVector(try products.selected(0, at: $0)) }
    }

    func signs(_ purpose: String, _ seed: Int, _ index: Int) throws -> FlatVector {
        FlatVector(try RandomStream(seed: UInt64(seed), purpose, index).signs([dimension], dtype: .float32))
    }
}

/// Estimates of the trace for many seeds.
struct TraceBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace", abstract: "Estimate the trace of a dense matrix with several budgets and seeds.")

    @Argument(help: "The dense matrix.") var dense: String
    @Option(help: "Estimator.") var method: String = "deflated"
    @Option(help: "Budgets, in products.") var budgets: String = "40"
    @Option(help: "Seeds.") var seeds = 20

    func run() throws {
        let matrix = try DenseMatrix(dense)
        var estimates: [String: [Double]] = [:]
        var errors: [String: [Double]] = [:]
        for budget in budgets.split(separator: ",").compactMap({ Int($0) }) {
            for seed in 0..<seeds {
                let result = try estimate(matrix, TraceBudget(maximumProducts: budget), seed)
                estimates[String(budget), default: []].append(result.value)
                errors[String(budget), default: []].append(result.standardError)
            }
        }
        try report(["task": "trace", "method": method, "estimates": estimates, "standard_errors": errors])
    }

    private func estimate(_ matrix: DenseMatrix, _ budget: TraceBudget, _ seed: Int) throws -> Estimated {
        let noise = 8 * DType.float32.epsilon
        func probe(_ index: Int) throws -> FlatVector { try matrix.signs("hutchinson", seed, index) }
        switch TraceMethod(rawValue: method) {
        case .deflated:
            let result = try DeflatedHutchinson(budget: budget, maximumBasis: 512, noiseFloor: noise).run(
                matrix, blockSize: 4, start: { try matrix.signs("krylov", seed, 0) }, probe: probe)
            return Estimated(value: result.trace, standardError: result.standardError)
        case .hutchPlusPlus:
            let result = try HutchPlusPlus(budget: budget, noiseFloor: noise).run(matrix, blockSize: 4, probe: probe)
            return Estimated(value: result.trace, standardError: result.standardError)
        case .xtrace:
            // One block: the stopping rule is not in use, and estimates in between cost time.
            let result = try XTrace(budget: budget, noiseFloor: noise).run(
                matrix, blockSize: budget.maximumProducts, probe: probe)
            return Estimated(value: result.trace, standardError: result.standardError)
        default: throw ValidationError("no method \(method)")
        }
    }
}

/// Spectral densities for many seeds.
struct DensityBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "density", abstract: "Estimate the distribution of a dense matrix's spectrum for several seeds.")

    @Argument(help: "The dense matrix.") var dense: String
    @Option(help: "Probes.") var probes = 1
    @Option(help: "Lanczos steps of each.") var steps = 100
    @Option(help: "Seeds.") var seeds = 5

    func run() throws {
        let matrix = try DenseMatrix(dense)
        var runs: [[String: Any]] = []
        for seed in 0..<seeds {
            let quadrature = LanczosQuadrature(probes: probes, steps: steps, noiseFloor: 8 * DType.float32.epsilon)
            let measure = try quadrature.run(matrix, probe: { try matrix.signs("quadrature", seed, $0) })
            runs.append([
                "products": measure.products, "nodes": measure.quadratures.map(\.nodes),
                "weights": measure.quadratures.map(\.weights),
            ])
        }
        try report(["task": "density", "probes": probes, "steps": steps, "runs": runs])
    }
}
