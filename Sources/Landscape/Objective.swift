import Foundation
import Networks
import Synchronization
import Tensor

/// A loss with evidence.
public struct LossValue: Sendable, Equatable {
    /// (1/n) Σ ℓᵢ, summed in float64 in the order of the windows.
    public let mean: Double
    /// s/√n with the sample deviation s of the window losses; NaN for one window. Windows that overlap are correlated, so
    /// this is a lower bound of the sampling error.
    public let standardError: Double
    /// ℓᵢ.
    public let perWindow: [Double]

    /// Mean and standard error of window losses.
    public init(_ perWindow: [Double]) {
        self.perWindow = perWindow
        let statistics = SampleStatistics(perWindow)
        mean = statistics.mean
        standardError = statistics.standardError
    }
}

/// Mean and standard error of a sample.
public struct SampleStatistics: Sendable, Equatable {
    /// The arithmetic mean.
    public let mean: Double
    /// s/√n with the unbiased sample variance s²; NaN for fewer than two values.
    public let standardError: Double
    /// n.
    public let count: Int

    /// Statistics of values, summed in their order.
    public init(_ values: [Double]) {
        count = values.count
        let n = Double(values.count)
        let mean = values.reduce(0, +) / n
        self.mean = mean
        let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        standardError = values.count > 1 ? (squares / (n - 1) / n).squareRoot() : .nan
    }
}

/// What an analysis cost, in passes over all windows.
public struct Work: Sendable, Equatable {
    /// Loss evaluations.
    public var forward = 0
    /// Gradients.
    public var gradient = 0
    /// Hessian-vector products.
    public var product = 0
    /// Wall-clock time.
    public var seconds = 0.0

    /// No work.
    public init() {}

    /// The work done since an earlier count.
    public static func - (later: Work, earlier: Work) -> Work {
        var result = later
        result.forward -= earlier.forward
        result.gradient -= earlier.gradient
        result.product -= earlier.product
        result.seconds -= earlier.seconds
        return result
    }

    /// The work of both.
    public static func + (a: Work, b: Work) -> Work {
        var result = a
        result.forward += b.forward
        result.gradient += b.gradient
        result.product += b.product
        result.seconds += b.seconds
        return result
    }
}

/// The loss as a function of θ, with gradients and Hessian-vector products, every evaluation counted.
///
/// All windows count equally whatever the batch size. Batches are the unit of parallel work; their results are combined in
/// order, so the bits do not depend on the number of workers.
public final class Objective: Sendable {
    /// The function.
    public let function: any WindowedLoss
    /// Precision of parameters and activations.
    public let dtype: DType
    /// Where it runs.
    public let device: Device
    /// Threads.
    public let workers: Int
    /// The processes that share the work; `nil` alone.
    public let ranks: RankGroup?
    private let buffers: [Tensor]
    private let counted = Mutex(Work())
    private let shouldStop: @Sendable () -> Bool

    /// Binds a loss to a precision, a device and a number of workers.
    ///
    /// - Parameters:
    ///   - buffers: the model's buffers, in the layout's order.
    ///   - ranks: other processes that run the same program with the same loss. Every rank then computes its share of the batches,
    ///     and gets the sums of all.
    ///   - shouldStop: asked before every batch; `true` ends the evaluation with ``LandscapeError/interrupted``.
    public init(
        _ function: any WindowedLoss, buffers: [Tensor] = [], dtype: DType, device: Device = .cpu, workers: Int = 1,
        ranks: RankGroup? = nil, shouldStop: @escaping @Sendable () -> Bool = { false }
    ) throws {
        self.ranks = ranks
        self.function = function
        self.dtype = dtype
        self.device = device
        self.workers = max(1, device == .cpu ? workers : 1)
        self.buffers = try buffers.map { try $0.to(dtype, device: device) }
        self.shouldStop = shouldStop
    }

    /// The number of parameters.
    public var dimension: Int { function.layout.count }
    /// The work since the beginning.
    public var work: Work { counted.withLock { $0 } }

    func count(_ change: (inout Work) -> Void) { counted.withLock { change(&$0) } }

    func checkpoint() throws {
        if shouldStop() { throw LandscapeError.interrupted }
    }

    /// Parameters with this objective's buffers.
    func parameters(_ tensors: [Tensor]) throws -> Parameters { Parameters(tensors: tensors, buffers: buffers) }

    /// The batches that this process computes: all, or every n-th of n ranks.
    var ownBatches: [Int] {
        guard let ranks, ranks.members.count > 1 else { return Array(function.batches.indices) }
        return Array(stride(from: ranks.position, to: function.batches.count, by: ranks.members.count))
    }

    // MARK: Loss

    /// L(θ). Cost: one forward pass over all windows.
    ///
    /// Ranks share the batches. The bits do not depend on their number: every window is computed by one of them.
    public func loss(at θ: Tensor) throws -> LossValue {
        let parameters = Parameters(tensors: try function.layout.views(of: θ), buffers: buffers)
        let losses = try gather("loss", inputs: [θ]) { batch in
            try Autograd.inference { try self.function.losses(batch: batch, parameters).doubles }
        }
        count { $0.forward += 1 }
        return LossValue(losses)
    }

    /// One number for every window, from a function of the batch, in the order of the windows; ranks share the batches.
    ///
    /// - Parameters:
    ///   - label: what is gathered.
    ///   - inputs: what it is computed from, which must be the same on all ranks.
    func gather(
        _ label: String, inputs: [Tensor], _ body: @escaping @Sendable (Int) throws -> [Double]
    ) throws -> [Double] {
        guard let ranks, ranks.members.count > 1 else { return try gatherOwn(body) }
        // Adding zeros changes no number.
        return try ranks.combine(label, inputs: inputs) { [try Tensor(try self.gatherOwn(body))] }[0].doubles
    }

    /// The numbers of the windows in this process's batches; 0 for the others.
    private func gatherOwn(_ body: @escaping @Sendable (Int) throws -> [Double]) throws -> [Double] {
        let batches = ownBatches
        let all = Mutex([Double](repeating: 0, count: function.windowCount))
        try Parallel.forEach(batches.count, workers: workers) { index in
            try self.checkpoint()
            let values = try body(batches[index])
            all.withLock { $0.replaceSubrange(self.function.batches[batches[index]], with: values) }
        }
        return all.withLock { $0 }
    }

    /// L(θ) on the calling thread alone, for callers that spread points over threads themselves. A wish to stop ends it
    /// before it begins, not in the middle.
    func sequentialLoss(_ parameters: Parameters) throws -> LossValue {
        try checkpoint()
        var losses: [Double] = []
        losses.reserveCapacity(function.windowCount)
        for batch in function.batches.indices {
            losses += try Autograd.inference { try function.losses(batch: batch, parameters).doubles }
        }
        count { $0.forward += 1 }
        return LossValue(losses)
    }

    /// The parameters of a flat vector, with this objective's buffers.
    func parameters(of θ: Tensor) throws -> Parameters {
        Parameters(tensors: try function.layout.views(of: θ), buffers: buffers)
    }

    /// Checks that the loss at a point is a number and the same twice.
    ///
    /// Cost: two forward passes.
    ///
    /// - Throws: ``LandscapeError/notANumber(window:value:)`` naming the window, ``LandscapeError/notDeterministic(first:second:)``.
    public func verifyDeterminism(at θ: Tensor) throws {
        let first = try loss(at: θ)
        if let window = first.perWindow.firstIndex(where: \.isNaN) {
            throw LandscapeError.notANumber(window: function.describe(window: window), value: first.perWindow[window])
        }
        let second = try loss(at: θ)
        guard first.perWindow == second.perWindow else {
            throw LandscapeError.notDeterministic(first: first.mean, second: second.mean)
        }
    }

    // MARK: Derivatives

    /// ∇L(θ), flat. Cost: one gradient over all windows; `workers` + 1 vectors of memory.
    public func gradient(at θ: Tensor) throws -> Tensor {
        let sums = try sumOverBatches("gradient", 1, inputs: [θ]) { batch in
            [try self.gradientGraph(batch, at: θ, differentiable: false).gradients]
        }
        count { $0.gradient += 1 }
        return sums[0]
    }

    /// (1/B) Σ_b g_b² over the batches, g_b the mean gradient over batch b, flat. Cost: one gradient.
    public func gradientSecondMoment(at θ: Tensor) throws -> Tensor {
        let batches = Double(function.batches.count)
        let sums = try sumOverBatches("second moment", 1, inputs: [θ]) { batch in
            let gradients = try self.gradientGraph(batch, at: θ, differentiable: false).gradients
            // The batch's share of the mean over all windows, as a mean over the batch.
            let share = Double(self.function.batches[batch].count) / Double(self.function.windowCount)
            return [try gradients.map { try $0.map { try $0.squared() * (1 / (share * share * batches)) } }]
        }
        count { $0.gradient += 1 }
        return sums[0]
    }

    /// H(θ) v for each vector, flat.
    ///
    /// The graph of the gradient is built once per batch and all vectors are pulled through it. For many products at one
    /// point, ``CurvatureGraphs`` keeps the graphs.
    ///
    /// Cost: one Hessian-vector product per vector over all windows; `workers` + 1 vectors of memory for each vector.
    public func products(at θ: Tensor, with vectors: [Tensor]) throws -> [Tensor] {
        try CurvatureGraphs(self, at: θ, memory: 0).products(with: vectors)
    }

    /// The leaves of a batch's loss, as a part of the mean over all windows, and its gradient.
    func gradientGraph(
        _ batch: Int, at θ: Tensor, differentiable: Bool
    ) throws -> (leaves: [Tensor], gradients: [Tensor?]) {
        try Autograd.withGradients {
            let leaves = try function.layout.views(of: θ).map { try $0.differentiableLeaf() }
            let losses = try function.losses(batch: batch, Parameters(tensors: leaves, buffers: buffers))
            let loss = try losses.sum() / Double(function.windowCount)
            let gradients = try Autograd.gradients(
                of: [loss], withRespectTo: leaves, keepGraph: differentiable, differentiable: differentiable)
            return (leaves, gradients)
        }
    }

    /// The leaves of a batch's losses, these, and the network's outputs, all with their graph. To be called with recording on.
    func outputGraph(
        _ batch: Int, at θ: Tensor
    ) throws -> (leaves: [Tensor], losses: Tensor, outputs: [Tensor]) {
        let leaves = try function.layout.views(of: θ).map { try $0.differentiableLeaf() }
        let (losses, outputs) = try function.lossesAndOutputs(
            batch: batch, Parameters(tensors: leaves, buffers: buffers))
        return (leaves, losses, outputs)
    }

    /// The same windows as a function of some parameters alone, the others fixed at θ, and the point there.
    ///
    /// - Parameter indices: positions in the layout, ascending.
    public func restricted(to indices: [Int], at θ: Tensor) throws -> (objective: Objective, point: Tensor) {
        let views = try function.layout.views(of: θ)
        let layout = function.layout.selecting(indices)
        let point = try layout.flatten(indices.map { views[$0] }, dtype: dtype, device: device)
        let loss = RestrictedLoss(function, layout: layout, indices: indices, fixed: views)
        return (
            try Objective(
                loss, buffers: buffers, dtype: dtype, device: device, workers: workers, ranks: ranks,
                shouldStop: shouldStop), point
        )
    }

    /// Adds the batches' vectors, given by parameter (`nil` for zeros), in the order of the batches, `workers` batches at a time.
    ///
    /// Ranks add the vectors of their own batches and then their sums, so that the last digits depend on their number.
    ///
    /// Memory: one vector for each sum, and one for each vector of the batches in work.
    ///
    /// - Parameters:
    ///   - label: what is added.
    ///   - vectors: how many vectors a batch gives.
    ///   - inputs: what they are computed from, which must be the same on all ranks.
    func sumOverBatches(
        _ label: String, _ vectors: Int, inputs: [Tensor], _ body: @escaping @Sendable (Int) throws -> [[Tensor?]]
    ) throws -> [Tensor] {
        guard let ranks, ranks.members.count > 1 else { return try sumOverOwnBatches(body) }
        return try ranks.combine("\(label) \(vectors)", inputs: inputs) {
            let sums = try self.sumOverOwnBatches(body)
            guard sums.isEmpty else { return sums }
            // More ranks than batches.
            let count = self.function.layout.count
            return try (0..<vectors).map { _ in try Tensor.zeros([count], dtype: self.dtype, device: self.device) }
        }
    }

    private func sumOverOwnBatches(_ body: @escaping @Sendable (Int) throws -> [[Tensor?]]) throws -> [Tensor] {
        let batches = ownBatches
        return try function.layout.sums(over: batches.count, workers: workers, dtype: dtype, device: device) { index in
            try self.checkpoint()
            return try body(batches[index])
        }
    }
}
