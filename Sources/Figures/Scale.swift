import Foundation

/// Scales of axes and colours.
struct Scale {
    /// The least and greatest value that can be drawn.
    let low: Double
    let high: Double
    /// Whether the values are positive and span more than two decades.
    let isLogarithmic: Bool

    /// Whether there are values above `high`: a few so large that they would flatten all others, where there is no logarithm.
    let isClipped: Bool

    /// The scale of some values; infinities, NaN and what else cannot be drawn do not count.
    ///
    /// - Parameter clips: Whether values may lie above it: those more than 20 times as far above the smallest as 90 % of all are.
    init(_ values: [Double], clips: Bool = false) {
        let finite = values.compactMap(Gnuplot.drawable)
        var low = finite.min() ?? 0
        var high = finite.max() ?? 1
        isLogarithmic = low > 0 && high / low > 100
        let usual = clips && !isLogarithmic && finite.count > 1 ? finite.sorted()[finite.count * 9 / 10] : high
        isClipped = usual > low && high - low > 20 * (usual - low)
        if isClipped {
            let step = Scale.roundStep((usual - low) / 10)
            high = (usual / step).rounded(.up) * step
        }
        if high - low <= 1e-12 * max(abs(low), abs(high)) {
            let room = max(abs(low) * 0.05, 1e-12)
            low -= room
            high += room
        }
        self.low = low
        self.high = high
    }

    /// Where a value lies between `low` and `high`, from 0 to 1, by its logarithm on a logarithmic scale.
    func share(_ value: Double) -> Double {
        isLogarithmic ? log(value / low) / log(high / low) : (value - low) / (high - low)
    }

    /// What a quantity on this scale is called.
    func label(_ quantity: String) -> String {
        isLogarithmic
            ? "\(quantity) (log scale)"
            : isClipped ? "\(quantity) (clipped at \(Gnuplot.coordinate(high)))" : quantity
    }

    /// About `count` round values inside the scale.
    func levels(_ count: Int) -> [Double] {
        if isLogarithmic {
            var levels: [Double] = []
            for exponent in Int(floor(log10(low)))...Int(ceil(log10(high))) {
                for digit in [1.0, 2, 5] {
                    let value = digit * pow(10, Double(exponent))
                    if value > low && value < high { levels.append(value) }
                }
            }
            let step = max(1, (levels.count + count - 1) / count)
            return levels.enumerated().filter { $0.offset % step == 0 }.map(\.element)
        }
        let step = Scale.roundStep((high - low) / Double(count))
        return (Int(ceil(low / step))...max(Int(ceil(low / step)), Int(floor(high / step)))).map { Double($0) * step }
            .filter { $0 > low && $0 < high }
    }

    /// The round number 1, 2 or 5 times a power of ten not below `step`.
    static func roundStep(_ step: Double) -> Double {
        let magnitude = pow(10, floor(log10(step)))
        for digit in [1.0, 2, 5, 10] where digit * magnitude >= step * (1 - 1e-9) { return digit * magnitude }
        return 10 * magnitude
    }
}
