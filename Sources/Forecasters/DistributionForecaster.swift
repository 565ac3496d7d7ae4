import Networks
import Tensor

/// What a model says about the future of windows of one channel, beyond one value a point.
public enum ForecastDistribution: Sendable {
    /// Quantiles at the model's levels, in rising order of the levels, `[B, levels, H]`.
    case quantiles(Tensor)
    /// Independent draws, `[B, draws, H]`.
    case samples(Tensor)
}

/// A model whose published forecast is a distribution.
public protocol DistributionForecaster: Forecaster {
    /// The levels of its quantiles, rising; nil for models that draw samples.
    var quantileLevels: [Double]? { get }
    /// The random numbers that ``forecastDistribution(_:horizon:noise:_:)`` needs; by default those of the forecast.
    func distributionNoise(context: Int, horizon: Int) -> NoiseRequirement
    /// The point forecast, `[B, L]` → `[B, horizon]`, the same as by ``Forecaster/forecast(_:horizon:noise:_:)``, and the
    /// distribution behind it, from one pass.
    func forecastDistribution(
        _ context: Tensor, horizon: Int, noise: WindowNoise?, _ θ: Parameters
    ) throws(TensorError) -> (point: Tensor, distribution: ForecastDistribution)
}

extension DistributionForecaster {
    /// Draws.
    public var quantileLevels: [Double]? { nil }

    /// Those of the forecast.
    public func distributionNoise(context: Int, horizon: Int) -> NoiseRequirement {
        noise(task: .forecast, loss: .mse, context: context, horizon: horizon)
    }
}

extension ChronosBoltForecaster: DistributionForecaster {
    /// The configuration's.
    public var quantileLevels: [Double]? { configuration.chronos.quantiles }

    /// The quantiles of the roll-out; their median is the point forecast.
    public func forecastDistribution(
        _ context: Tensor, horizon: Int, noise: WindowNoise?, _ θ: Parameters
    ) throws(TensorError) -> (point: Tensor, distribution: ForecastDistribution) {
        let all = try quantiles(context, horizon: horizon, θ)
        return (try all.selected(1, at: medianIndex), .quantiles(all))
    }
}

extension TimesFMForecaster: DistributionForecaster {
    /// The configuration's.
    public var quantileLevels: [Double]? { configuration.quantiles }

    /// The quantile channels of the roll-out, which feeds the mean back.
    public func forecastDistribution(
        _ context: Tensor, horizon: Int, noise: WindowNoise?, _ θ: Parameters
    ) throws(TensorError) -> (point: Tensor, distribution: ForecastDistribution) {
        let (x, padding) = try padded(context)
        let channels = try decode(x, padding: padding, horizon: horizon, θ).transposed(1, 2)
        return (
            try channels.selected(1, at: 1 + (configuration.quantiles.firstIndex(of: 0.5) ?? 0)),
            .quantiles(try channels.narrowed(1, from: 1, count: configuration.quantiles.count))
        )
    }
}

extension TimesFM25Forecaster: DistributionForecaster {
    /// The configuration's.
    public var quantileLevels: [Double]? { configuration.quantiles }

    /// The quantile channels of the point head, averaged with the mirrored series; the separate quantile head is off, as by
    /// default in the published code.
    public func forecastDistribution(
        _ context: Tensor, horizon: Int, noise: WindowNoise?, _ θ: Parameters
    ) throws(TensorError) -> (point: Tensor, distribution: ForecastDistribution) {
        let (x, mask) = try padded(context)
        let channels = try quantileForecast(x, mask: mask, horizon: horizon, ForecastOptions(), θ).transposed(1, 2)
        return (
            try channels.selected(1, at: medianIndex),
            .quantiles(try channels.narrowed(1, from: 1, count: configuration.quantiles.count))
        )
    }
}

extension MoiraiForecaster: DistributionForecaster {
    /// Draws of a forecast, the published number.
    public static let samples = 100

    /// A stream per window: some components are drawn by rejection.
    public func distributionNoise(context: Int, horizon: Int) -> NoiseRequirement {
        NoiseRequirement(normal: 0, uniform: 0, needsStreams: true)
    }

    /// The mean of the mixture and draws from it, each window from a stream of its own.
    public func forecastDistribution(
        _ context: Tensor, horizon: Int, noise: WindowNoise?, _ θ: Parameters
    ) throws(TensorError) -> (point: Tensor, distribution: ForecastDistribution) {
        guard let noise else {
            throw .operation(name: "forecast", message: "MOIRAI draws its distribution and was given no random streams")
        }
        let length = context.shape[1]
        let mixture = try mixture(tokens(context: context, horizon: horizon), θ)
        var draws: [Tensor] = []
        for window in 0..<context.shape[0] {
            let repeated = try mixture.repeated(window, count: Self.samples)
            draws.append(
                try future(of: repeated.sample(from: noise.stream(of: window)), context: length, horizon: horizon))
        }
        return (
            try future(of: mixture.mean, context: length, horizon: horizon),
            .samples(try Tensor.stack(draws))
        )
    }
}

extension ChronosForecaster: DistributionForecaster {
    /// The drawn paths; their median is the point forecast.
    public func forecastDistribution(
        _ context: Tensor, horizon: Int, noise: WindowNoise?, _ θ: Parameters
    ) throws(TensorError) -> (point: Tensor, distribution: ForecastDistribution) {
        guard let noise else {
            throw .operation(name: "forecast", message: "Chronos draws its forecasts and was given no random numbers")
        }
        let paths = try samples(context, horizon: horizon, uniform: noise.uniform, θ)
        let half = try Tensor([0.5]).to(paths.dtype, device: paths.device)
        return (try paths.quantile(half, 1).selected(0, at: 0), .samples(paths))
    }
}

extension SundialForecaster: DistributionForecaster {
    /// The sampled futures; their mean is the point forecast.
    public func forecastDistribution(
        _ context: Tensor, horizon: Int, noise: WindowNoise?, _ θ: Parameters
    ) throws(TensorError) -> (point: Tensor, distribution: ForecastDistribution) {
        guard let noise else {
            throw .shape(expected: [context.shape[0]], found: [], context: "noise of a Sundial forecast")
        }
        let steps = (horizon + outputLength - 1) / outputLength
        let draws = try noise.normal.reshaped([context.shape[0], steps, -1, outputLength])
        let futures = try generate(context, count: horizon, noise: draws, normalising: true, θ)
        return (try futures.mean([1]), .samples(futures))
    }
}
