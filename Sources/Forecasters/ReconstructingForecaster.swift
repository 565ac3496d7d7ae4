import Networks
import Tensor

/// A model that fills in hidden points, or gives every point of a window anew, so that an error marks an anomaly.
public protocol ReconstructingForecaster: Forecaster {
    /// The first point of a window that ``reconstruction(_:mask:kind:_:)`` has a value for.
    func firstReconstructed(task: ForecastingTask, kind: LossKind) -> Int
    /// Values for a window's points from ``firstReconstructed(task:kind:)`` on, `[B, L]` → `[B, L − first]`, or with channels
    /// as the second dimension. What the losses of imputation and anomaly detection compare with the truth.
    ///
    /// - Parameters:
    ///   - mask: 1 where a point is visible and 0 where it is hidden, for imputation; absent for anomaly detection.
    ///   - kind: `native` for the published procedure.
    func reconstruction(
        _ context: Tensor, mask: Tensor?, kind: LossKind, _ θ: Parameters
    ) throws(TensorError) -> Tensor
}

extension TimerForecaster: ReconstructingForecaster {
    /// The second patch, but for anomaly detection in place, which has all of them.
    public func firstReconstructed(task: ForecastingTask, kind: LossKind) -> Int {
        task == .anomaly && kind != .native ? 0 : patchLength
    }

    /// `native`: every patch is predicted from the patches before it (the official `use_ims`); else in place.
    public func reconstruction(
        _ context: Tensor, mask: Tensor?, kind: LossKind, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        let rest = context.shape[1] - patchLength
        if let mask {
            return try impute(context * mask, mask: mask, θ)
                .narrowed(1, from: kind == .native ? 0 : patchLength, count: rest)
        }
        return kind == .native
            ? try reconstruct(context.narrowed(1, from: 0, count: rest), θ) : try reconstruct(context, θ)
    }
}

extension UniTSForecaster: ReconstructingForecaster {
    /// Everything in place.
    public func firstReconstructed(task: ForecastingTask, kind: LossKind) -> Int { 0 }

    /// Hidden tokens from the visible ones, or all points from all points; `native` is no other procedure.
    public func reconstruction(
        _ context: Tensor, mask: Tensor?, kind: LossKind, _ θ: Parameters
    ) throws(TensorError) -> Tensor {
        let isSingle = context.rank == 2
        func wide(_ x: Tensor) throws(TensorError) -> Tensor { isSingle ? try x.unsqueezed(1) : x }
        let x = try wide(context)
        let found: Tensor
        if let mask {
            let visible = try wide(mask)
            found = try impute(x * visible, visible: visible, θ)
        } else {
            found = try reconstruct(x, θ)
        }
        return isSingle ? try found.squeezed(1) : found
    }
}
