import Checkpoints
import Forecasters
import Foundation
import Networks
import Tensor
import Testing

@testable import Training

/// The golden Timer and its six windows.
struct TinyTimer {
    let folder: URL
    let model: any Forecaster
    let weights: Weights
    /// `[6, 48]`.
    let windows: Tensor
    static let context = 40

    init(_ dtype: DType = .float64) throws {
        folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/ltsm/timer")
        let pretrained = try PretrainedModel(folder.appendingPathComponent("model.safetensors"))
        model = pretrained.model
        weights = try pretrained.weights(dtype: dtype)
        let values = try SafetensorsFile(folder.appendingPathComponent("golden.safetensors"))
        func channels(_ name: String) throws -> Tensor {
            let tensor = try #require(try values.tensor(name)).transposed(1, 2)
            return try tensor.reshaped([6, tensor.shape[2]])
        }
        windows = try Tensor.concatenate([channels("in/x"), channels("in/y_dms")], dimension: 1).to(dtype)
    }

    func objective(workers: Int = 2) -> TrainingObjective {
        TrainingObjective(model: model, task: .forecast, kind: .native, buffers: weights.buffers, workers: workers)
    }

    var full: FullParametrization { FullParametrization(model.layout, start: weights.flat) }
    var data: TensorWindows { TensorWindows(windows, context: TinyTimer.context) }

    func head() throws -> PartialParametrization {
        let indices = model.layout.parameters.indices.filter { model.layout.parameters[$0].part == .head }
        return try PartialParametrization(model.layout, training: Array(indices), start: weights.flat)
    }
}

extension Trainer {
    /// Trains from the start to the end.
    func finished() throws -> TrainingState {
        var state = try TrainingState(parametrization, settings)
        try run(&state) { _, _ in }
        return state
    }
}

/// A folder that is gone after the test.
func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("training-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}
