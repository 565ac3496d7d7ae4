import Tensor

/// The segment between two points of parameter space.
public enum Interpolation {
    /// Writes `α θ₁ + (1 − α) θ₂` into `target`.
    ///
    /// The one place where this is computed: a smoothed variant and the point of the path at the same α have equal bits.
    /// At α = 1 the result is θ₁ exactly, at α = 0 θ₂, and where θ₁ and θ₂ are equal it is their value at every α.
    ///
    /// Cost: two passes over the parameters.
    public static func mix(
        _ first: Tensor, _ second: Tensor, weight α: Double, into target: Tensor
    ) throws(TensorError) {
        try target.copyInPlace(second)
        try target.interpolateInPlace(first, weight: α)
    }

    /// `α θ₁ + (1 − α) θ₂` as a new vector.
    public static func mix(_ first: Tensor, _ second: Tensor, weight α: Double) throws(TensorError) -> Tensor {
        let target = try first.zerosLike()
        try mix(first, second, weight: α, into: target)
        return target
    }
}
