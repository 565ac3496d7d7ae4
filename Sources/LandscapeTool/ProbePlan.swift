import Foundation
import Landscape
import Tensor

/// `--dry-run`: what a probe would compute, and about how long it would take.
struct ProbeCost {
    var forward = 0
    var gradient = 0
    /// The most products; an eigenvalue search usually needs fewer.
    var products = 0
    var memory = ProbeMemory()
    var seconds = 0.0
}

extension ProbeRun {
    /// Counts of evaluations are exact but for the eigenvalue search, whose products are bounded, and for adaptive planes, which count whole.
    func cost() throws -> ProbeCost {
        var cost = ProbeCost()
        cost.forward += 2
        for variant in settings.variants {
            if settings.has(.loss) || settings.has(.sharpness) { cost.forward += 1 }
            if settings.needsGradient { cost.gradient += 1 }
            for target in targets {
                if settings.has(.eigen) {
                    cost.products += EigenMeasure(target: target, settings: settings).maximumProducts
                }
                if settings.has(.trace) {
                    cost.products += TraceMeasure(target: target, settings: settings).maximumProducts
                }
                if settings.has(.diagonal) { cost.products += diagonal(target).maximumProducts }
                if settings.has(.density) {
                    cost.products += DensityMeasure(target: target, settings: settings).maximumProducts
                }
            }
            if settings.has(.theory) && variant == pathHolder {
                let theory = TheoryMeasure(settings: settings)
                cost.forward += theory.points
                cost.gradient += theory.points + 2
                cost.products += theory.maximumProducts
            }
            if settings.has(.convexity) {
                let convexity = ConvexityMeasure(settings: settings)
                cost.forward += convexity.points
                cost.gradient += convexity.points
                cost.products += convexity.maximumProducts
            }
            if settings.has(.preconditioned) {
                cost.gradient += 1
                cost.products += PreconditionedMeasure(settings: settings).maximumProducts
            }
            if settings.has(.sharpness) {
                cost.forward += sharpness.cost.forward
                cost.gradient += sharpness.cost.gradient
                cost.products += sharpness.cost.product
            }
            let isCarrier = !settings.axes.isThroughWeights || variant == settings.variants[0]
            // Lines with derivatives take a gradient and a product for each point.
            var linePoints = settings.has(.line) && isCarrier ? settings.points : 0
            if settings.has(.path) && variant == pathHolder {
                linePoints += settings.points
                cost.forward += settings.points
            }
            if isCarrier {
                let sets = settings.drawsSeveralDirections ? settings.directionSeeds : 1
                cost.forward += settings.slices.reduce(0) { $0 + sets * $1.counts.reduce(1, *) }
            }
            if precisionCheck != nil {
                let slices =
                    (isCarrier ? settings.slices.map { $0.counts.reduce(1, *) } : [])
                    + (settings.has(.path) && variant == pathHolder ? [settings.points] : [])
                cost.forward += slices.reduce(0) { $0 + min(PrecisionCheck.points, $1) }
            }
            if settings.derivatives {
                cost.gradient += linePoints
                cost.products += linePoints
            }
        }
        if settings.axisCount > 0 {
            switch settings.axes {
            case .eigen:
                cost.gradient += 1
                cost.products += settings.maxProducts
            case .gradient: cost.gradient += 2
            case .random, .variants, .files, .trajectory: break
            }
            // About ten distances, both ways along each axis.
            if settings.automaticFactor != nil { cost.forward += 20 * settings.axisCount }
        }
        // One batch of each kind on one thread: the first for its memory, another for its time.
        let base = ProcessMemory.resident
        let sample = try workspace.makeObjective(workers: 1, limit: workspace.batch)
        let θ = try workspace.pretrained.flat
        func measured(_ body: () throws -> Void) throws -> (growth: Int, seconds: Double) {
            // What the allocator kept of earlier batches is counted too: it can be used again.
            let growth = max(0, ProcessMemory.resident - base) + (try ProcessMemory.growth(during: body))
            let begun = Stopwatch()
            try body()
            return (growth, begun.elapsed)
        }
        let forward = try measured { _ = try sample.loss(at: θ) }
        var (gradient, product) = ((growth: 0, seconds: 0.0), (growth: 0, seconds: 0.0))
        if cost.gradient > 0 { gradient = try measured { _ = try sample.gradient(at: θ) } }
        if cost.products > 0 { product = try measured { _ = try sample.products(at: θ, with: [θ]) } }
        cost.memory = try memory(
            base: base, forward: forward.growth, gradient: gradient.growth, product: product.growth)
        let batches = Double((workspace.windows.count + workspace.batch - 1) / workspace.batch)
        cost.seconds =
            batches / Double(workers)
            * (Double(cost.forward) * forward.seconds + Double(cost.gradient) * gradient.seconds
                + Double(cost.products) * product.seconds)
        return cost
    }

    private func gibibytes(_ bytes: Int) -> Double { Double(bytes) / 1_073_741_824 }

    func printPlan(asJSON: Bool) throws {
        let cost = try cost()
        if asJSON {
            let object: [String: Any] = [
                "schema": "landscape-plan/1", "forward": cost.forward, "gradient": cost.gradient, "hvp": cost.products,
                "memory_bytes": cost.memory.peak,
                "memory": [
                    "base_bytes": cost.memory.base, "vector_bytes": cost.memory.vectors,
                    "activation_bytes": cost.memory.activations,
                ],
                "seconds": cost.seconds, "windows": workspace.windows.count,
                "batch": workspace.batch, "parameters": workspace.model.layout.count,
                "variants": settings.variants.map(\.name), "measures": settings.measures.map(\.rawValue),
            ]
            let data = try JSONSerialization.data(withJSONObject: object, options: [.prettyPrinted, .sortedKeys])
            return print(String(decoding: data, as: UTF8.self))
        }
        print(
            Table.text(
                [
                    [
                        "model",
                        "\(workspace.model.architecture), \(workspace.model.layout.count) parameters, \(workspace.weightsPath)",
                    ],
                    ["data", "\(workspace.dataPath): \(workspace.windows)"],
                    ["batches", "\(workspace.windows.count) windows in batches of \(workspace.batch)"],
                    ["variants", settings.variants.map(\.name).joined(separator: ", ")],
                    ["measures", settings.measures.map(\.rawValue).joined(separator: ", ")],
                    ["forward passes", "\(settings.adaptiveTolerance == nil ? "" : "at most ")\(cost.forward)"],
                    ["gradients", "\(cost.gradient)"],
                    ["Hessian-vector products", "at most \(cost.products)"],
                    [
                        "peak memory",
                        String(
                            format:
                                "about %.2f GiB: %.2f program, weights and windows, %.2f vectors of parameters, %.2f activations and graphs",
                            gibibytes(cost.memory.peak), gibibytes(cost.memory.base), gibibytes(cost.memory.vectors),
                            gibibytes(cost.memory.activations)),
                    ],
                    [
                        "time",
                        String(
                            format: "at most about %.0f s on %d thread(s), from one timed batch", cost.seconds, workers),
                    ],
                ], flushLeft: [0, 1]))
    }
}
