import Forecasters
import Landscape
import Networks
import Tensor

/// What `--memory` leaves for what, counted in vectors as large as the model.
extension ProbeRun {
    private var vectorBytes: Double { Double(workspace.model.layout.count * workspace.dtype.byteWidth) }

    /// What `--memory` holds; `nil` without it.
    private var vectorBudget: Int? { settings.memory.map { Int($0 * 1_073_741_824 / vectorBytes) } }

    /// Vectors beside a Krylov basis: for each worker its batch's product and the gradient in its graph; their sum; the
    /// gradient at the point; and one for what the allocator keeps. A difference of gradients needs the moved point, and no graph.
    var transientVectors: Int { 2 * workers + 3 }

    /// A matrix at a point, with what --memory leaves for its graphs.
    func problem(_ objective: Objective, _ point: Tensor, _ target: CurvatureTarget) throws -> Curvature.Problem {
        Curvature.Problem(
            objective, at: point, matrix: target.matrix, graphMemory: try graphMemory(), seed: settings.seed)
    }

    /// The number of basis vectors that --memory allows; `nil` leaves it to the solver.
    func basisSize() throws -> Int? {
        guard let memory = settings.memory, let budget = vectorBudget else { return nil }
        let wanted = (settings.ends == .both ? 2 : 1) * settings.eigen
        // The check holds the wanted vectors and their products.
        let needed = max(wanted + 2, 2 * wanted)
        let available = budget - transientVectors
        guard available >= needed || available >= workspace.model.layout.count else {
            throw Exit.Failure(
                .usage,
                String(
                    format:
                        "--memory %g GiB holds %d vectors of this model; %d eigenpairs at each end need %d with %d threads: raise --memory to %.1f, or lower --eigen or --threads, or choose one of the --ends",
                    memory, budget, settings.eigen, needed + transientVectors, workers,
                    (Double(needed + transientVectors) * vectorBytes / 1_073_741_824 * 10).rounded(.up) / 10))
        }
        return min(available, max(4 * settings.eigen + 8, 20))
    }

    /// How many products are taken together when eigenpairs are checked: what --memory leaves, or half of the free memory. No bit of
    /// the results depends on it.
    var checkBlock: Int? {
        get throws { try freeCheckBlock().map { try agreed($0, "products taken together") } }
    }

    private func freeCheckBlock() throws -> Int? {
        let room: Int
        if let budget = vectorBudget {
            guard let basis = try? basisSize() else { return nil }
            room = budget - transientVectors - basis
        } else {
            room = Int(Double(ProcessMemory.available) / 2 / vectorBytes)
        }
        return max(1, room / (workers + 1))
    }

    /// How many vectors of a dimension a measure may hold: within --memory, or else within half of what is free.
    func availableVectors(dimension: Int) throws -> Int {
        let bytes = settings.memory.map { $0 * 1_073_741_824 } ?? Double(ProcessMemory.available) / 2
        let vectors = max(0, Int(bytes / Double(dimension * workspace.dtype.byteWidth)) - transientVectors)
        return try agreed(vectors, "vectors that memory holds")
    }

    /// How far kept graphs may let the process grow under --memory: what the basis and a product leave; `nil` without it.
    func graphMemory() throws -> Int? {
        guard let memory = settings.memory, let basis = try basisSize() else { return nil }
        return max(0, Int(memory * 1_073_741_824 - Double(basis + transientVectors) * vectorBytes))
    }
}

/// What a probe will hold when it holds most, in bytes.
struct ProbeMemory {
    /// The program, the pre-trained weights and the windows.
    var base = 0
    /// Further vectors as large as the model.
    var vectors = 0
    /// Activations, and graphs that are kept between products.
    var activations = 0

    var peak: Int { base + vectors + activations }
}

extension ProbeRun {
    /// The peak, from how far one batch on one thread made the process grow.
    ///
    /// Growth by a gradient or a product has two vectors in it, the batch's and the sum's.
    func memory(base: Int, forward: Int, gradient: Int, product: Int) throws -> ProbeMemory {
        let vector = workspace.model.layout.count * workspace.dtype.byteWidth
        // Held while all else goes on.
        var held = 0
        let needsAuxiliary = settings.variants.contains { variant in
            switch variant {
            case .sff, .perturb, .gaussian: true
            default: false
            }
        }
        let axes = settings.axisCount
        held += axes
        switch settings.axes {
        case .variants: held += axes > 0 ? axes + 1 : 0
        // The weights and their displacements, while the axes are made.
        case .trajectory(let paths): held += 2 * paths.count
        default: break
        }
        // The variant's own weights; slices around them do without θ₁, which is in the base.
        let own = settings.variants.contains { $0 != .pretrained } ? 1 : 0
        // Until the slices begin.
        let early =
            own + (needsAuxiliary || settings.auxiliary != nil ? 1 : 0) + (settings.needsGradient ? 1 : 0)

        var phases = [(vectors: early, activations: workers * forward)]
        let given = settings.auxiliary != nil ? 1 : 0
        if axes > 0 {
            let sets = settings.drawsSeveralDirections ? settings.directionSeeds : 1
            let directions = (sets - 1) * (settings.slices.map(\.kind.rawValue).max() ?? 0)
            phases.append((workers + directions + given, workers * forward))
        }
        if settings.has(.path) {
            phases.append((workers + 1 + (pathHolder == .pretrained ? 0 : own), workers * forward))
        }
        if settings.has(.sharpness) { phases.append((early + sharpness.vectors, workers * gradient)) }
        if precisionCheck != nil {
            // Once more and twice as long: the weights, θ₂ and the variant's where there are some, the axes, a buffer for each thread.
            let again = 1 + own + (needsAuxiliary ? 1 : 0) + held + workers
            phases.append((2 * again, workers * 2 * forward))
        }
        if gradient > 0 { phases.append((early + workers, workers * max(0, gradient - 2 * vector))) }
        if product > 0 {
            let batches = (workspace.windows.count + workspace.batch - 1) / workspace.batch
            let graph = max(0, product - 2 * vector)
            // Measures of sharpness and lines take one product at each point, for which no graph is kept.
            let isKept = [.eigen, .trace, .diagonal, .density, .preconditioned, .theory, .convexity].contains(
                where: settings.has)
            let kept =
                isKept || settings.axes == .eigen
                ? min(batches * graph, try graphMemory() ?? ProcessMemory.available / 2) : 0
            var vectors = early + workers + 1
            if settings.has(.eigen) || settings.axes == .eigen {
                let basis = try basisSize() ?? min(max(4 * settings.eigen + 8, 20), workspace.model.layout.count)
                vectors = early + basis + transientVectors
            }
            phases.append((vectors, kept + min(workers, batches) * graph))
        }
        let largest = phases.max { $0.vectors * vector + $0.activations < $1.vectors * vector + $1.activations }!
        return ProbeMemory(
            base: base, vectors: (held + largest.vectors) * vector,
            activations: largest.activations + pairedLosses * MemoryLayout<Double>.stride)
    }

    /// Losses of windows that are kept for comparisons.
    private var pairedLosses: Int {
        guard !settings.axes.isThroughWeights else { return 0 }
        let points = settings.slices.filter { $0.kind != .plane || settings.adaptiveTolerance == nil }
            .map { $0.counts.reduce(1, *) }
        return points.filter { PairedDifferences.apply(settings, points: $0, windows: workspace.windows.count) }
            .reduce(0, +) * workspace.windows.count
    }
}
