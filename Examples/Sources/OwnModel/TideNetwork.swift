import Landscape
import Networks
import Tensor

/// A network of one hidden layer that continues a series by one point, and its squared error on windows of it.
struct TideNetwork: WindowedLoss {
    static let context = 24

    let layout: ParameterLayout
    let batches: [Range<Int>]
    private let hidden: Linear
    private let output: Linear
    /// `[n, 24]` and `[n, 1]`.
    private let inputs: Tensor
    private let targets: Tensor

    init(series: [Double], width: Int = 16, batchSize: Int = 32) throws {
        var layout = ParameterLayout()
        hidden = Linear(&layout, "hidden", inputs: Self.context, outputs: width)
        output = Linear(&layout, "output", inputs: width, outputs: 1)
        self.layout = layout

        let starts = 0..<(series.count - Self.context)
        inputs = try Tensor(starts.flatMap { series[$0..<($0 + Self.context)] }, shape: [starts.count, Self.context])
        targets = try Tensor(starts.map { series[$0 + Self.context] }, shape: [starts.count, 1])
        batches = stride(from: 0, to: starts.count, by: batchSize).map { $0..<min($0 + batchSize, starts.count) }
    }

    var windowCount: Int { batches.last?.upperBound ?? 0 }

    func losses(batch: Int, _ θ: Parameters) throws -> Tensor {
        let range = batches[batch]
        let x = try inputs.narrowed(0, from: range.lowerBound, count: range.count)
        let y = try targets.narrowed(0, from: range.lowerBound, count: range.count)
        return try (output(hidden(x, θ).gelu(), θ) - y).squared().mean([1])
    }

    func describe(window: Int) -> String { "the window from row \(window)" }
}
