import Networks
import Synchronization
import Tensor

/// Losses and gradients batch by batch, for measures that are means over batches or that draw one at a time.
extension Objective {
    /// L(θ) and ∇L(θ) from the same passes.
    ///
    /// Cost: one gradient; `workers` + 1 vectors of memory.
    public func valueAndGradient(at θ: Tensor) throws -> (loss: LossValue, gradient: Tensor) {
        let known = Mutex([Int: [Double]]())
        let sums = try sumOverBatches("value and gradient", 1, inputs: [θ]) { batch in
            let (losses, gradients) = try self.batchGradients(batch, at: θ, over: self.function.windowCount)
            known.withLock { $0[batch] = losses }
            return [gradients]
        }
        let losses = try gather("values", inputs: [θ]) { batch in known.withLock { $0[batch] ?? [] } }
        count { $0.gradient += 1 }
        return (LossValue(losses), sums[0])
    }

    /// The mean loss over one batch and its gradient, flat.
    ///
    /// Cost: the batch's share of one gradient, which ``work`` does not count.
    func valueAndGradient(ofBatch batch: Int, at θ: Tensor) throws -> (loss: Double, gradient: Tensor) {
        let size = function.batches[batch].count
        let (losses, gradients) = try batchGradients(batch, at: θ, over: size)
        let flat = try function.layout.flatten(gradients, dtype: dtype, device: device)
        return (losses.reduce(0, +) / Double(size), flat)
    }

    /// The rise of every window's loss when each batch ascends on its own: Lᵢ(θ + ε_b) − Lᵢ(θ) with ε_b = step(g_b), g_b the
    /// mean gradient of the window's batch.
    ///
    /// Cost: one gradient and one forward pass; two vectors for each worker.
    ///
    /// - Parameter step: the displacement for a gradient; called on several threads.
    func batchwiseRise(at θ: Tensor, step: @escaping @Sendable (Tensor) throws -> Tensor) throws -> [Double] {
        let rises = try gather("rises of batches", inputs: [θ]) { batch in
            let size = self.function.batches[batch].count
            let (before, gradients) = try self.batchGradients(batch, at: θ, over: size)
            let gradient = try self.function.layout.flatten(gradients, dtype: self.dtype, device: self.device)
            let moved = try self.parameters(of: try θ + step(gradient))
            let after = try Autograd.inference { try self.function.losses(batch: batch, moved).doubles }
            return zip(after, before).map { $0 - $1 }
        }
        count {
            $0.gradient += 1
            $0.forward += 1
        }
        return rises
    }

    /// The losses of a batch's windows, and the gradient of their sum divided by `total`, by parameter.
    private func batchGradients(
        _ batch: Int, at θ: Tensor, over total: Int
    ) throws -> (losses: [Double], gradients: [Tensor?]) {
        try Autograd.withGradients {
            let leaves = try function.layout.views(of: θ).map { try $0.differentiableLeaf() }
            let losses = try function.losses(batch: batch, try parameters(leaves))
            let loss = try losses.sum() / Double(total)
            let gradients = try Autograd.gradients(
                of: [loss], withRespectTo: leaves, keepGraph: false, differentiable: false)
            return (try losses.doubles, gradients)
        }
    }
}
