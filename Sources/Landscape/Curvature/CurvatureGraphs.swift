import Synchronization
import Tensor

/// The graphs of a curvature matrix at a point, kept so that further products need no new forward and backward pass.
///
/// A product is a pass through a graph of derivatives. Building that graph costs about as much as one such pass, and θ stays
/// the same in a Krylov run, so as many batches' graphs are kept as memory allows; those of the others are built anew for
/// every block. Results do not depend, to the last bit, on how many are kept.
public final class CurvatureGraphs: Sendable {
    /// The function.
    public let objective: Objective
    /// Where.
    public let point: Tensor
    /// Which matrix; not ``CurvatureMatrix/residual``, which is a difference of two.
    public let matrix: CurvatureMatrix
    /// How far the process may grow by keeping graphs, in bytes.
    public let memory: Int

    private struct State {
        var kept: [Int: any BatchGraph] = [:]
        var isFull = false
        var mayKeep: Bool
        let residentAtStart: Int
    }
    private let state: Mutex<State>

    /// Keeps graphs for products at `point` while the resident size grows by no more than `memory` bytes.
    ///
    /// - Parameters:
    ///   - memory: half of what the machine has free when absent; 0 keeps none. On a GPU none are kept, since its memory does
    ///     not show in the resident size.
    ///   - keepsFirst: whether the first block's graphs are kept already. Where one block may be all, keeping costs a quarter
    ///     more than building them to be used up.
    public init(
        _ objective: Objective, at point: Tensor, matrix: CurvatureMatrix = .hessian, memory: Int? = nil,
        keepsFirst: Bool = true
    ) {
        precondition(matrix != .residual, "the residual is a difference of two matrices")
        self.objective = objective
        self.point = point
        self.matrix = matrix
        self.memory = objective.device == .cpu ? memory ?? ProcessMemory.available / 2 : 0
        state = Mutex(State(mayKeep: keepsFirst, residentAtStart: ProcessMemory.resident))
    }

    /// How many batches' graphs are kept at present.
    public var keptCount: Int { state.withLock { $0.kept.count } }

    /// The product with each vector, flat.
    ///
    /// Cost: one pass per vector over all windows, and building the graph for every batch that is not kept; `workers` + 1
    /// vectors of memory for each vector.
    public func products(with vectors: [Tensor]) throws -> [Tensor] {
        let layout = objective.function.layout
        let views = try vectors.map { try layout.views(of: $0) }
        let sums = try objective.sumOverBatches(
            "\(matrix.rawValue) product", vectors.count, inputs: [point] + vectors
        ) { batch in
            let known = self.state.withLock { $0.kept[batch] }
            let graph = try known ?? self.build(batch)
            let isKept = known != nil || self.keep(graph, batch)
            return try views.enumerated().map { position, vector in
                let parts = try graph.product(with: vector, keepGraph: isKept || position + 1 < views.count)
                return parts ?? [Tensor?](repeating: nil, count: layout.parameters.count)
            }
        }
        objective.count { $0.product += vectors.count }
        state.withLock { $0.mayKeep = true }
        return sums
    }

    private func build(_ batch: Int) throws -> any BatchGraph {
        switch matrix {
        case .hessian, .residual: try HessianGraph(objective, batch, at: point)
        case .gaussNewton: try GaussNewtonGraph(objective, batch, at: point)
        case .fisher: try FisherGraph(objective, batch, at: point)
        }
    }

    /// Keeps a graph unless that would take too much memory; whether it did.
    private func keep(_ graph: any BatchGraph, _ batch: Int) -> Bool {
        guard memory > 0 else { return false }
        let resident = ProcessMemory.resident
        return state.withLock { state in
            guard state.mayKeep, !state.isFull else { return false }
            guard resident - state.residentAtStart <= memory else {
                state.isFull = true
                return false
            }
            state.kept[batch] = graph
            return true
        }
    }
}

/// What products with one batch's share of a matrix need.
protocol BatchGraph: Sendable {
    /// The product with a vector given by parameter; `nil` when it is 0. The graph cannot be used again unless it is kept.
    func product(with vector: [Tensor], keepGraph: Bool) throws -> [Tensor?]?
}

/// H = ∇²L: the gradient's graph, differentiated along v (Pearlmutter 1994).
struct HessianGraph: BatchGraph {
    private let leaves: [Tensor]
    private let gradients: [Tensor]
    /// Which parameters `gradients` belong to: parts that do not depend on θ have no second derivative.
    private let used: [Int]

    init(_ objective: Objective, _ batch: Int, at point: Tensor) throws {
        let (leaves, gradients) = try objective.gradientGraph(batch, at: point, differentiable: true)
        used = gradients.indices.filter { gradients[$0]?.requiresGradient ?? false }
        self.leaves = leaves
        self.gradients = used.compactMap { gradients[$0] }
    }

    func product(with vector: [Tensor], keepGraph: Bool) throws -> [Tensor?]? {
        guard !gradients.isEmpty else { return nil }
        return try Autograd.gradients(
            of: gradients, withRespectTo: leaves, seeds: used.map { vector[$0] }, keepGraph: keepGraph)
    }
}
