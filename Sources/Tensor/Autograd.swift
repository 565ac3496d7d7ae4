import CTorch

/// Reverse-mode differentiation.
public enum Autograd {
    /// The gradients of `Σₖ ⟨outputsₖ, seedsₖ⟩` with respect to `inputs`.
    ///
    /// - Parameters:
    ///   - outputs: tensors whose graphs reach the inputs.
    ///   - inputs: tensors that require gradients.
    ///   - seeds: one per output, of its shape; none for scalar outputs.
    ///   - keepGraph: keep the graph of `outputs` for another call.
    ///   - differentiable: record the gradients themselves, so that they can be differentiated again.
    /// - Returns: one tensor per input; `nil` where the output does not depend on the input.
    public static func gradients(
        of outputs: [Tensor], withRespectTo inputs: [Tensor], seeds: [Tensor]? = nil, keepGraph: Bool = false,
        differentiable: Bool = false
    ) throws(TensorError) -> [Tensor?] {
        precondition(seeds == nil || seeds?.count == outputs.count, "one seed per output")
        var results = [OpaquePointer?](repeating: nil, count: inputs.count)
        let outputHandles: [OpaquePointer?] = outputs.map(\.handle)
        let inputHandles: [OpaquePointer?] = inputs.map(\.handle)
        let seedHandles: [OpaquePointer?]? = seeds?.map(\.handle)
        let status = withExtendedLifetime((outputs, inputs, seeds)) {
            func call(_ seeds: UnsafePointer<OpaquePointer?>?) -> Int32 {
                ct_grad(
                    outputHandles, Int64(outputs.count), inputHandles, Int64(inputs.count), seeds,
                    keepGraph || differentiable, differentiable, &results)
            }
            return seedHandles.map { $0.withUnsafeBufferPointer { call($0.baseAddress) } } ?? call(nil)
        }
        try check(status, "autograd.grad")
        return results.map { $0.map(Tensor.init(handle:)) }
    }

    /// Runs `body` without recording operations on this thread.
    public static func withoutGradients<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let former = ct_grad_mode(false)
        defer { _ = ct_grad_mode(former) }
        return try body()
    }

    /// Runs `body` with recording switched on on this thread.
    public static func withGradients<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let former = ct_grad_mode(true)
        defer { _ = ct_grad_mode(former) }
        return try body()
    }

    /// Runs `body` in inference mode: nothing is recorded and tensors made inside carry no version counters.
    /// They must not be differentiated later.
    public static func inference<Result, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let guardian = ct_inference_enter()
        defer { ct_inference_leave(guardian) }
        return try body()
    }
}

extension Tensor {
    /// The same memory as a new leaf whose use is recorded: the point to differentiate at.
    public func differentiableLeaf() throws(TensorError) -> Tensor {
        let leaf = try detached()
        try check(ct_tensor_set_requires_grad(leaf.handle, true), "requires_grad_")
        return leaf
    }

    /// The same memory, cut from any graph.
    public func detached() throws(TensorError) -> Tensor {
        try Ops.detach(.tensor(self))
    }
}
