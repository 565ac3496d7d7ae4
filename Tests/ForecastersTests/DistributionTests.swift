import Foundation
import Networks
import Tensor
import Testing

@testable import Forecasters

/// Distributions and reconstructions belong to the forecasts and losses they are said to belong to.
@Suite struct DistributionTests {
    private static func load(_ folder: String) throws -> (model: any Forecaster, θ: Parameters) {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/ltsm/\(folder)/model.safetensors")
        let found = try PretrainedModel(url)
        let weights = try found.weights(dtype: .float64)
        return (
            found.model,
            Parameters(tensors: try found.model.layout.views(of: weights.flat), buffers: weights.buffers)
        )
    }

    private static func context(_ windows: Int, _ length: Int) throws -> Tensor {
        let values = (0..<windows * length).map { sin(Double($0) / 5) + 0.3 * cos(Double($0 * $0)) }
        return try Tensor(values, shape: [windows, length])
    }

    @Test(arguments: [
        "chronos_bolt", "timesfm/v2.0_hf", "timesfm/v1.0_posemb", "timesfm25", "moirai", "chronos_t5", "sundial",
    ])
    func distributionStandsBehindThePointForecast(_ folder: String) throws {
        let (any, θ) = try Self.load(folder)
        let model = try #require(any as? any DistributionForecaster)
        let length = min(32, model.defaultContext(for: .forecast))
        let horizon = 2 * model.defaultHorizon + 1
        let x = try Self.context(3, length)
        func noise(_ requirement: NoiseRequirement, _ keys: [UInt64]) throws -> WindowNoise? {
            requirement == .none ? nil : try WindowNoise(requirement, keys: keys, seed: 7, dtype: .float64)
        }
        let drawn = try noise(model.distributionNoise(context: length, horizon: horizon), [5, 900, 17])
        let (point, distribution) = try model.forecastDistribution(x, horizon: horizon, noise: drawn, θ)
        let forecast = try model.forecast(
            x, horizon: horizon,
            noise: noise(model.noise(task: .forecast, loss: .mse, context: length, horizon: horizon), [5, 900, 17]), θ)
        #expect(try point.array(of: Double.self) == forecast.array(of: Double.self))
        let all: Tensor
        switch distribution {
        case .quantiles(let values):
            let levels = try #require(model.quantileLevels)
            #expect(values.shape == [3, levels.count, horizon])
            let median = try #require(levels.firstIndex(of: 0.5))
            #expect(try values.selected(1, at: median).array(of: Double.self) == point.array(of: Double.self))
            all = values
        case .samples(let values):
            #expect(model.quantileLevels == nil)
            #expect(values.shape[0] == 3 && values.shape[1] > 1 && values.shape[2] == horizon)
            let center =
                folder == "chronos_t5"
                ? try values.quantile(Tensor([0.5]).to(.float64), 1).selected(0, at: 0) : try values.mean([1])
            if folder == "moirai" {
                // 100 draws around the mean in closed form; heavy tails, so the bound is a share of the points.
                let error = try (values.variance([1], correction: 1) / Double(values.shape[1])).squareRoot()
                let far = try ((center - point).absolute() - error * 3).isGreater(than: 0).to(.float64).flattened()
                    .mean([0]).item
                #expect(far < 0.05)
            } else {
                #expect(try center.array(of: Double.self) == point.array(of: Double.self))
            }
            all = values
        }
        // A window's distribution is its own: alone the same as in a batch.
        let alone = try model.forecastDistribution(
            x.narrowed(0, from: 1, count: 1), horizon: horizon,
            noise: noise(model.distributionNoise(context: length, horizon: horizon), [900]), θ)
        let single =
            switch alone.distribution {
            case .quantiles(let values), .samples(let values): values
            }
        let difference = try (single.selected(0, at: 0) - all.selected(0, at: 1)).flattened().absolute()
        #expect(try difference.maximum([0]).item < 1e-9)
        #expect(try (all.selected(0, at: 0) - all.selected(0, at: 1)).flattened().euclideanNorm() > 1e-3)
    }

    @Test(arguments: ["timer", "moment", "units/supervised"])
    func reconstructionsAreWhatTheLossesCompare(_ folder: String) throws {
        let (any, θ) = try Self.load(folder)
        let model = try #require(any as? any ReconstructingForecaster)
        let length = 4 * model.patchLength
        let channels = model.channels
        let flat = try Self.context(2 * channels, length)
        let x = channels == 1 ? flat : try flat.reshaped([2, channels, length])
        let hidden = (0..<2 * channels * length).map { $0 % length / model.patchLength % 2 == 1 ? 0.0 : 1 }
        let mask = try Tensor(hidden, shape: x.shape)
        for kind in [LossKind.native, .mse] {
            for task in [ForecastingTask.imputation, .anomaly] {
                let own = task == .imputation ? mask : nil
                let loss = try model.loss(
                    WindowBatch(context: x, target: x.narrowed(-1, from: 0, count: 0), mask: own), task: task,
                    kind: kind, θ
                ).perWindow.array(of: Double.self)
                let first = model.firstReconstructed(task: task, kind: kind)
                let found = try model.reconstruction(x, mask: own, kind: kind, θ)
                #expect(found.shape.last == length - first)
                let truth = try x.narrowed(-1, from: first, count: length - first)
                var weights = try truth.zerosLike() + 1
                if own != nil { weights = try weights - mask.narrowed(-1, from: first, count: length - first) }
                let sums = try ((found - truth).squared() * weights).reshaped([2, -1]).sum([1])
                let means = try (sums / weights.reshaped([2, -1]).sum([1])).array(of: Double.self)
                for (a, b) in zip(loss, means) { #expect(abs(a - b) < 1e-12 * abs(b), "\(folder) \(task) \(kind)") }
                // Hidden values are not read.
                if own != nil {
                    let changed = try x + (1 - mask) * 100
                    let again = try model.reconstruction(changed, mask: own, kind: kind, θ)
                    #expect(try (again - found).flattened().euclideanNorm() < 1e-9, "\(folder) \(kind)")
                }
            }
        }
    }
}
