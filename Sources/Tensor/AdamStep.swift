/// One step of Adam on long vectors by libtorch's fused kernel.
public enum AdamStep {
    /// Elements of a piece, a multiple of every vector width: pieces are fixed, so that threads change no bit.
    private static let piece = 1 << 18

    /// Changes `θ`, `first` and `second` in place.
    ///
    /// Adam (Kingma & Ba, ICLR 2015, arXiv 1412.6980): with L2 penalty g ← g + λ θ where `weightDecay` λ is coupled, or
    /// θ ← θ (1 − η λ) before the step where it is decoupled (AdamW: Loshchilov & Hutter, ICLR 2019, arXiv 1711.05101).
    ///
    /// Cost: one pass over the four vectors, spread over ``Runtime/threadsOfVectors`` threads.
    ///
    /// - Parameters:
    ///   - gradient: like θ, flat and contiguous as all of them.
    ///   - first: the running mean of gradients.
    ///   - second: the running mean of their squares.
    ///   - step: the number of this step, from 1.
    public static func apply(
        to θ: Tensor, gradient: Tensor, first: Tensor, second: Tensor, step: Int, learningRate: Double,
        betas: (Double, Double), epsilon: Double, weightDecay: Double, isDecoupled: Bool
    ) throws {
        precondition(step > 0, "steps are counted from 1")
        precondition(
            [gradient, first, second].allSatisfy { $0.shape == θ.shape && $0.dtype == θ.dtype },
            "vectors of one shape and type")
        let count = θ.count
        let kernel = isDecoupled ? Ops.fusedAdamW : Ops.fusedAdam
        let pieces = (count + piece - 1) / piece
        try Parallel.forEach(pieces, workers: θ.device == .cpu ? Runtime.threadsOfVectors : 1) { index in
            let start = index * piece
            let size = min(piece, count - start)
            func part(_ vector: Tensor) throws(TensorError) -> Argument {
                .tensors([try vector.narrowed(0, from: start, count: size)])
            }
            let number = try Tensor([Float(step)], shape: []).to(.float32, device: θ.device)
            _ = try Autograd.withoutGradients {
                try kernel.call(
                    [
                        part(θ), part(gradient), part(first), part(second), .tensors([]), .tensors([number]),
                        .double(learningRate), .double(betas.0), .double(betas.1), .double(weightDecay),
                        .double(epsilon), .bool(false), .bool(false), .none, .none,
                    ], capacity: 1)
            }
        }
    }
}
