/// Spearman's rank correlation, ties with their mean rank.
struct RankCorrelation {
    /// ρ; NaN where all values of a side are equal.
    let value: Double
    /// Pairs.
    let count: Int
    /// P of a correlation as far from 0 if there were none, by t = ρ √((n − 2)/(1 − ρ²)) with n − 2 degrees of freedom.
    let probability: Double

    /// `nil` for fewer than three finite pairs.
    init?(_ pairs: [(Double, Double)]) {
        let finite = pairs.filter { $0.0.isFinite && $0.1.isFinite }
        guard finite.count > 2 else { return nil }
        let x = RankCorrelation.ranks(finite.map(\.0))
        let y = RankCorrelation.ranks(finite.map(\.1))
        let n = Double(finite.count)
        let mean = (n + 1) / 2
        var (xy, xx, yy) = (0.0, 0.0, 0.0)
        for (a, b) in zip(x, y) {
            xy += (a - mean) * (b - mean)
            xx += (a - mean) * (a - mean)
            yy += (b - mean) * (b - mean)
        }
        value = xy / (xx * yy).squareRoot()
        count = finite.count
        let t = value * ((n - 2) / max(0, 1 - value * value)).squareRoot()
        probability = StudentDistribution.twoSided(t, degreesOfFreedom: finite.count - 2)
    }

    /// Ranks from 1.
    static func ranks(_ values: [Double]) -> [Double] {
        let order = values.indices.sorted { values[$0] < values[$1] }
        var ranks = [Double](repeating: 0, count: values.count)
        var start = 0
        while start < order.count {
            var end = start
            while end + 1 < order.count, values[order[end + 1]] == values[order[start]] { end += 1 }
            for index in start...end { ranks[order[index]] = Double(start + end) / 2 + 1 }
            start = end + 1
        }
        return ranks
    }
}
