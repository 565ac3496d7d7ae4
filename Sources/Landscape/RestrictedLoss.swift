import Networks
import Tensor

/// A loss as a function of some of its parameters: a layer, a block. Its Hessian is the diagonal block of the whole one.
struct RestrictedLoss: WindowedLoss {
    let layout: ParameterLayout
    private let base: any WindowedLoss
    private let indices: [Int]
    private let fixed: [Tensor]

    /// - Parameters:
    ///   - layout: of the parameters at `indices`.
    ///   - fixed: values of all parameters of `base`.
    init(_ base: any WindowedLoss, layout: ParameterLayout, indices: [Int], fixed: [Tensor]) {
        self.base = base
        self.layout = layout
        self.indices = indices
        self.fixed = fixed
    }

    var windowCount: Int { base.windowCount }
    var batches: [Range<Int>] { base.batches }

    func losses(batch: Int, _ θ: Parameters) throws -> Tensor { try base.losses(batch: batch, whole(θ)) }

    func lossesAndOutputs(batch: Int, _ θ: Parameters) throws -> (losses: Tensor, outputs: [Tensor]) {
        try base.lossesAndOutputs(batch: batch, whole(θ))
    }

    func describe(window: Int) -> String { base.describe(window: window) }

    private func whole(_ θ: Parameters) -> Parameters {
        var tensors = fixed
        for (index, tensor) in zip(indices, θ.tensors) { tensors[index] = tensor }
        return Parameters(tensors: tensors, buffers: θ.buffers)
    }
}
