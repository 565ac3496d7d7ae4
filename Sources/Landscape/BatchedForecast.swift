import Forecasters
import Networks
import Synchronization
import Tensor

/// Forecasts of many windows, spread over threads.
public struct BatchedForecast: Sendable {
    /// The architecture.
    public let model: any Forecaster
    /// Points to forecast.
    public let horizon: Int
    /// Windows that are computed together; the last batch of a call may be smaller.
    public let batchSize: Int

    /// Forecasts in batches.
    public init(model: any Forecaster, horizon: Int, batchSize: Int = 32) {
        precondition(batchSize > 0, "a batch holds at least one window")
        self.model = model
        self.horizon = horizon
        self.batchSize = batchSize
    }

    /// The published forecast of every window, `[n, L]` → `[n, horizon]`, or with channels as the second dimension.
    ///
    /// Batches are independent pieces of work: the bits do not depend on the number of workers.
    ///
    /// - Parameter noise: of every window, where the model's forecast draws some.
    public func callAsFunction(
        _ contexts: Tensor, noise: WindowNoise?, _ θ: Parameters, workers: Int
    ) throws -> Tensor {
        let count = contexts.shape[0]
        let starts = Array(stride(from: 0, to: count, by: batchSize))
        let parts = Mutex([Int: Tensor]())
        try Parallel.forEach(starts.count, workers: workers) { index in
            let size = min(batchSize, count - starts[index])
            let context = try contexts.narrowed(0, from: starts[index], count: size)
            let own = try noise.map { try $0.narrowed(from: starts[index], count: size) }
            let part = try Autograd.inference { try model.forecast(context, horizon: horizon, noise: own, θ) }
            parts.withLock { $0[index] = part }
        }
        let done = parts.withLock { $0 }
        return try Tensor.concatenate(starts.indices.compactMap { done[$0] })
    }
}
