import Figures
import Forecasters
import Landscape
import Networks
import Tensor
import TimeSeries

extension ForecastEvaluation {
    /// Forecasts of a few windows, evenly spread over those of a split, at the first horizon; of models that read channels together
    /// the first channel.
    ///
    /// - Parameters:
    ///   - weights: what forecasts, by name.
    ///   - count: how many windows.
    func examples(of weights: [(name: String, weights: Weights)], count: Int = 6, split: Split) throws -> ForecastFigure
    {
        let horizon = request.horizons.first ?? 1
        let all = try windows(horizon, split)
        let wanted = min(count, all.count)
        let windows = all.selecting((0..<wanted).map { $0 * all.count / wanted + all.count / (2 * wanted) })
        let context = try windows.tensor(0..<wanted, dtype: request.dtype, device: request.device)
            .narrowed(-1, from: 0, count: windows.context)
        let forecasts = try weights.map { entry in
            let θ = try entry.weights.parameters(of: model.layout, dtype: request.dtype, device: request.device)
            return try forecast(context, windows, 0..<wanted, θ).point
        }
        // Three times the horizon shows where a forecast begins.
        let shown = min(windows.context, 3 * horizon)
        let panels = (0..<wanted).map { window in
            let (channel, start) = windows.place(of: window)
            return ForecastFigure.Panel(
                title: "\(windows.series.names[channel]), row \(start + windows.context)",
                context: Array(windows.context(window).suffix(shown)), truth: Array(windows.target(window)),
                forecasts: forecasts.map { values in
                    let size = values.count / wanted
                    return values[(window * size)..<(window * size + horizon)].map(Double.init)
                })
        }
        return ForecastFigure(name: "forecasts", titles: weights.map(\.name), panels: panels)
    }
}
