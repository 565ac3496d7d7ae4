import Forecasters
import Tensor

/// Windows in memory: rows of one tensor, each a context and what follows it.
public struct TensorWindows: TrainingData {
    /// `[count, context + target]`, in the precision of the training.
    public let values: Tensor
    /// How many points of a row are the context.
    public let context: Int

    /// - Precondition: `values` has two axes, the second longer than `context`.
    public init(_ values: Tensor, context: Int) {
        precondition(values.shape.count == 2 && values.shape[1] > context, "rows of a context and a target")
        self.values = values
        self.context = context
    }

    /// See ``TrainingData/count``.
    public var count: Int { values.shape[0] }

    /// See ``TrainingData/batch(_:epoch:)``.
    public func batch(_ positions: [Int], epoch: Int) throws -> WindowBatch {
        let chosen = try values.selected(0, indices: Tensor(positions.map(Int64.init)))
        return WindowBatch(
            context: try chosen.narrowed(1, from: 0, count: context),
            target: try chosen.narrowed(1, from: context, count: values.shape[1] - context))
    }
}
