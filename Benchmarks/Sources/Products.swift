import ArgumentParser
import Foundation
import Landscape
import Tensor

/// Times passes and products.
struct ProductBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hvp", abstract: "Time a forward pass, a gradient and Hessian-vector products in blocks.")

    @OptionGroup var workload: Workload
    @Option(help: "Vectors in a block.") var block = 4
    @Option(help: "Counted runs.") var repeats = 5

    func run() throws {
        let (objective, θ) = try workload.load()
        let vectors = try (0..<block).map {
            try RandomStream(seed: 0, "benchmark", $0).normal([objective.dimension]).to(objective.dtype)
        }
        let forward = try medianTime(repeats) { _ = try objective.loss(at: θ) }
        let gradient = try medianTime(repeats) { _ = try objective.gradient(at: θ) }
        let rebuilt = try medianTime(repeats) { _ = try objective.products(at: θ, with: vectors) } / Double(block)
        let graphs = CurvatureGraphs(objective, at: θ)
        let kept = try medianTime(repeats) { _ = try graphs.products(with: vectors) } / Double(block)
        let single = try medianTime(repeats) { _ = try graphs.products(with: [vectors[0]]) }

        // The machine's own limit: each thread multiplies square matrices of its own.
        let order = 1024
        let factors = try (0..<workload.threads).map {
            try RandomStream(seed: 1, "benchmark", $0).normal([order, order]).to(objective.dtype)
        }
        let rounds = 20
        let gemm = medianTime(repeats) {
            DispatchQueue.concurrentPerform(iterations: factors.count) { thread in
                try? Runtime.configureThread()
                for _ in 0..<rounds { _ = try? factors[thread].matmul(factors[thread]) }
            }
        }
        let peak = Double(2 * order * order * order * rounds * factors.count) / gemm
        try report([
            "task": "hvp", "batch": workload.batch, "block": block, "seconds_forward": forward,
            "seconds_gradient": gradient, "seconds_per_product_rebuilt": rebuilt, "seconds_per_product": kept,
            "seconds_single_product": single, "gemm_peak_flops": peak, "onednn": Runtime.usesOneDNN,
            "parameters": objective.dimension, "windows": objective.function.windowCount,
        ])
    }
}
