import Synchronization
import Tensor

/// The graphs of the gradient at a point, kept so that further products need no new forward and backward pass.
///
/// A Hessian-vector product is a pass through the graph of the gradient. Building that graph costs about as much as one
/// such pass, and θ stays the same in a Krylov run, so as many batches' graphs are kept as memory allows; those of the others
/// are built anew for every block. Results do not depend, to the last bit, on how many are kept.
public final class GradientGraphs: Sendable {
    /// The function.
    public let objective: Objective
    /// Where.
    public let point: Tensor
    /// How far the process may grow by keeping graphs, in bytes.
    public let memory: Int

    private struct Graph: Sendable {
        let leaves: [Tensor]
        let gradients: [Tensor?]
    }
    private struct State {
        var kept: [Int: Graph] = [:]
        var isFull = false
        let residentAtStart: Int
    }
    private let state: Mutex<State>

    /// Keeps graphs for products at `point` while the resident size grows by no more than `memory` bytes.
    ///
    /// - Parameter memory: half of what the machine has free when absent; 0 keeps none. On a GPU none are kept, since its
    ///   memory does not show in the resident size.
    public init(_ objective: Objective, at point: Tensor, memory: Int? = nil) {
        self.objective = objective
        self.point = point
        self.memory = objective.device == .cpu ? memory ?? ProcessMemory.available / 2 : 0
        state = Mutex(State(residentAtStart: ProcessMemory.resident))
    }

    /// How many batches' graphs are kept at present.
    public var keptCount: Int { state.withLock { $0.kept.count } }

    /// H v for each vector, flat.
    ///
    /// Cost: one Hessian-vector product per vector over all windows, and a gradient with its graph for every batch that
    /// is not kept; `workers` + 1 vectors of memory for each vector.
    public func products(with vectors: [Tensor]) throws -> [Tensor] {
        let layout = objective.function.layout
        let views = try vectors.map { try layout.views(of: $0) }
        let sums = try objective.sumOverBatches(vectors: vectors.count) { batch in
            let known = self.state.withLock { $0.kept[batch] }
            let graph = try known ?? self.build(batch)
            let isKept = known != nil || self.keep(graph, batch)
            // Parts that do not depend on θ have no second derivative.
            let used = graph.gradients.indices.filter { graph.gradients[$0]?.requiresGradient ?? false }
            let outputs = used.compactMap { graph.gradients[$0] }
            var results: [Tensor] = []
            for (position, vector) in views.enumerated() {
                guard !outputs.isEmpty else {
                    let (dtype, device) = (self.objective.dtype, self.objective.device)
                    results.append(try Tensor.zeros([layout.count], dtype: dtype, device: device))
                    continue
                }
                let parts = try Autograd.gradients(
                    of: outputs, withRespectTo: graph.leaves, seeds: used.map { vector[$0] },
                    keepGraph: isKept || position + 1 < views.count)
                results.append(try layout.flatten(parts, dtype: self.objective.dtype, device: self.objective.device))
            }
            return results
        }
        objective.count { $0.product += vectors.count }
        return sums
    }

    private func build(_ batch: Int) throws -> Graph {
        let (leaves, gradients) = try objective.gradientGraph(batch, at: point, differentiable: true)
        return Graph(leaves: leaves, gradients: gradients)
    }

    /// Keeps a graph unless that would take too much memory; whether it did.
    private func keep(_ graph: Graph, _ batch: Int) -> Bool {
        guard memory > 0 else { return false }
        let resident = ProcessMemory.resident
        return state.withLock { state in
            if state.isFull { return false }
            guard resident - state.residentAtStart <= memory else {
                state.isFull = true
                return false
            }
            state.kept[batch] = graph
            return true
        }
    }
}
