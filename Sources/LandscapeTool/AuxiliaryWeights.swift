import Forecasters
import Foundation
import Tensor

/// Weights that take the place of the drawn θ₂ (`--auxiliary`).
struct AuxiliaryWeights {
    /// θ₂, flat.
    let flat: Tensor
    /// Of the checkpoint.
    let hash: String

    /// Reads them.
    ///
    /// - Throws: when they are of another architecture than `model`.
    init(_ path: String, for model: any Forecaster, dtype: DType) throws {
        let other = try PretrainedModel(URL(fileURLWithPath: path), family: model.family)
        guard other.model.layout.parameters == model.layout.parameters else {
            throw Exit.Failure(
                .badData, "--auxiliary \(path): is another architecture than the checkpoint under study")
        }
        flat = try other.weights(dtype: dtype).flat
        hash = try other.checkpoint.sha256()
    }
}
