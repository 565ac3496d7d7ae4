import ArgumentParser
import Foundation
import Landscape
import Tensor

/// Times the search of the largest eigenvalues, residuals checked.
struct EigenBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eigen", abstract: "Time the largest eigenvalues to a certified residual.")

    @OptionGroup var workload: Workload
    @Option(help: "Eigenvalues.") var count = 5
    @Option(help: "Relative residual.") var tolerance = 1e-3
    @Option(help: "Limit of the products.") var products = 1000

    @Option(help: "Basis vectors.") var basis: Int?
    @Flag(help: "No differences of gradients.") var exact = false

    func run() throws {
        let (objective, θ) = try workload.load()
        let begun = ContinuousClock.now
        let spectrum = try Curvature.eigenpairs(
            Curvature.Problem(objective, at: θ, seed: 0), gradient: objective.gradient(at: θ), largest: count,
            smallest: 0, tolerance: tolerance, basisSize: basis, maximumProducts: products, explores: !exact)
        try report([
            "task": "eigen", "batch": workload.batch, "precision": workload.precision,
            "seconds": seconds(since: begun), "products": spectrum.applications, "differences": spectrum.explorations,
            "values": spectrum.largest.map(\.value), "residuals": spectrum.largest.map(\.residual),
            "converged": spectrum.converged,
        ])
    }
}
