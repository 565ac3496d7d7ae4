import Tensor

/// The Jacobian of a batch's outputs z with respect to the parameters, by products from both sides.
///
/// Jᵀu is linear in u, so that its derivative by u along v is Jv: two reverse passes give a forward one.
struct JacobianGraph: Sendable {
    let leaves: [Tensor]
    let outputs: [Tensor]
    /// u, a leaf for each output; its value does not matter.
    private let seeds: [Tensor]
    /// Jᵀu by parameter, and which parameters these are.
    private let pulled: [Tensor]
    private let used: [Int]

    init(_ outputs: [Tensor], leaves: [Tensor]) throws {
        let seeds = try outputs.map { try $0.detached().zerosLike().differentiableLeaf() }
        let gradients = try Autograd.gradients(
            of: outputs, withRespectTo: leaves, seeds: seeds, keepGraph: true, differentiable: true)
        used = gradients.indices.filter { gradients[$0]?.requiresGradient ?? false }
        pulled = used.compactMap { gradients[$0] }
        self.leaves = leaves
        self.outputs = outputs
        self.seeds = seeds
    }

    /// Jv for each output; `nil` where nothing depends on the parameters.
    func push(_ vector: [Tensor], keepGraph: Bool) throws -> [Tensor]? {
        guard !pulled.isEmpty else { return nil }
        let images = try Autograd.gradients(
            of: pulled, withRespectTo: seeds, seeds: used.map { vector[$0] }, keepGraph: keepGraph)
        return try zip(images, outputs).map { image, output in
            if let image { return image }
            return try output.detached().zerosLike()
        }
    }

    /// Jᵀw by parameter.
    func pull(_ weights: [Tensor], keepGraph: Bool) throws -> [Tensor?] {
        try Autograd.gradients(of: outputs, withRespectTo: leaves, seeds: weights, keepGraph: keepGraph)
    }
}

/// G = Jᵀ (∇²_z ℓ) J, the generalised Gauss-Newton matrix (Schraudolph 2002), of the mean over all windows.
///
/// Positive semidefinite, as ℓ is convex in the outputs z. For the mean squared error over n windows and h outputs G = 2/(nh) JᵀJ.
struct GaussNewtonGraph: BatchGraph {
    private let jacobian: JacobianGraph
    /// ∂ℓ/∂z, where it varies with z, and which outputs these are.
    private let slopes: [Tensor]
    private let curved: [Int]

    init(_ objective: Objective, _ batch: Int, at point: Tensor) throws {
        (jacobian, slopes, curved) = try Autograd.withGradients {
            let (leaves, losses, outputs) = try objective.outputGraph(batch, at: point)
            guard !outputs.isEmpty else { throw LandscapeError.noOutputs }
            let loss = try losses.sum() / Double(objective.function.windowCount)
            let gradients = try Autograd.gradients(
                of: [loss], withRespectTo: outputs, keepGraph: true, differentiable: true)
            let curved = gradients.indices.filter { gradients[$0]?.requiresGradient ?? false }
            return (
                try JacobianGraph(outputs, leaves: leaves), curved.compactMap { gradients[$0] }, curved
            )
        }
    }

    func product(with vector: [Tensor], keepGraph: Bool) throws -> [Tensor?]? {
        guard !slopes.isEmpty, let images = try jacobian.push(vector, keepGraph: true) else { return nil }
        let weights = try Autograd.gradients(
            of: slopes, withRespectTo: jacobian.outputs, seeds: curved.map { images[$0] }, keepGraph: true)
        let filled = try zip(weights, jacobian.outputs).map { weight, output in
            if let weight { return weight }
            return try output.detached().zerosLike()
        }
        return try jacobian.pull(filled, keepGraph: keepGraph)
    }
}

extension GaussNewtonGraph {
    /// (Jᵢv)ᵀ ∇²ℓᵢ (Jᵢv) of every window i of the batch; its rows of the outputs are its own.
    fileprivate func forms(of vector: [Tensor], windows: Int, of total: Int) throws -> [Double] {
        guard !slopes.isEmpty, let images = try jacobian.push(vector, keepGraph: true) else {
            return [Double](repeating: 0, count: windows)
        }
        let weights = try Autograd.gradients(
            of: slopes, withRespectTo: jacobian.outputs, seeds: curved.map { images[$0] }, keepGraph: false)
        var sums = [Double](repeating: 0, count: windows)
        for (image, weight) in zip(images, weights) {
            guard let weight else { continue }
            precondition(image.shape[0] % windows == 0, "outputs are rows of windows")
            let parts = try (image * weight).reshaped([windows, -1]).sum([1], dtype: .float64).doubles
            for index in sums.indices { sums[index] += parts[index] * Double(total) }
        }
        return sums
    }
}

extension Objective {
    /// vᵀGᵢv for the Gauss-Newton matrix Gᵢ of every window's loss; their mean is vᵀGv.
    ///
    /// Cost: counted as one product; it needs no pass back to the parameters.
    ///
    /// - Throws: ``LandscapeError/noOutputs`` for losses without that matrix.
    func gaussNewtonForms(at θ: Tensor, along v: Tensor) throws -> [Double] {
        let views = try function.layout.views(of: v)
        let forms = try gather("Gauss-Newton forms", inputs: [θ, v]) { batch in
            try GaussNewtonGraph(self, batch, at: θ).forms(
                of: views, windows: self.function.batches[batch].count, of: self.function.windowCount)
        }
        count { $0.product += 1 }
        return forms
    }
}

/// F = (1/n) Σᵢ ∇ℓᵢ ∇ℓᵢᵀ over the windows, the empirical Fisher matrix. It is no estimate of the Fisher matrix where the model
/// does not fit (Kunstner, Hennig & Balles 2019); its trace is the mean squared norm of the windows' gradients.
struct FisherGraph: BatchGraph {
    private let jacobian: JacobianGraph
    private let windows: Int

    init(_ objective: Objective, _ batch: Int, at point: Tensor) throws {
        windows = objective.function.windowCount
        jacobian = try Autograd.withGradients {
            let (leaves, losses, _) = try objective.outputGraph(batch, at: point)
            return try JacobianGraph([losses], leaves: leaves)
        }
    }

    func product(with vector: [Tensor], keepGraph: Bool) throws -> [Tensor?]? {
        guard let images = try jacobian.push(vector, keepGraph: true) else { return nil }
        return try jacobian.pull(images.map { try $0 / Double(windows) }, keepGraph: keepGraph)
    }
}
