/// Hidden points filled in without a model, to be beaten before anything is claimed.
public enum ImputationBaseline: Sendable, Equatable {
    /// The last visible value before the point; before the first visible one, that one.
    case lastVisible
    /// The straight line between the visible neighbours; beyond the outermost visible values, those.
    case linear
    /// The visible value the fewest whole periods before the point, else after it, else as ``linear``.
    case seasonal(period: Int)

    /// The values with every hidden point filled in; zeros when nothing is visible.
    ///
    /// - Parameters:
    ///   - values: what is at hidden places is not read.
    ///   - isVisible: as many flags.
    /// - Throws: `invalidArgument` when the numbers differ or the period is not positive.
    public func filled(_ values: [Double], isVisible: [Bool]) throws(TimeSeriesError) -> [Double] {
        guard values.count == isVisible.count else {
            throw .invalidArgument(
                name: "visibility flags", found: "\(isVisible.count)", expected: "\(values.count), one per value")
        }
        switch self {
        case .lastVisible:
            return Self.between(values, isVisible) { before, _, _ in before }
        case .linear:
            return Self.between(values, isVisible) { before, after, share in before + share * (after - before) }
        case .seasonal(let period):
            guard period > 0 else {
                throw .invalidArgument(name: "period", found: "\(period)", expected: "at least 1 step")
            }
            var result = try ImputationBaseline.linear.filled(values, isVisible: isVisible)
            for t in values.indices where !isVisible[t] {
                let before = stride(from: t - period, through: 0, by: -period).first { isVisible[$0] }
                let after = stride(from: t + period, to: values.count, by: period).first { isVisible[$0] }
                if let source = before ?? after { result[t] = values[source] }
            }
            return result
        }
    }

    /// Fills every gap from the visible values at its ends and the share of the way between them.
    private static func between(
        _ values: [Double], _ isVisible: [Bool], _ value: (_ before: Double, _ after: Double, _ share: Double) -> Double
    ) -> [Double] {
        var result = [Double](repeating: 0, count: values.count)
        var previous: Int?
        var t = 0
        while t < values.count {
            if isVisible[t] {
                result[t] = values[t]
                previous = t
                t += 1
                continue
            }
            let next = isVisible[t...].firstIndex(of: true)
            let end = next ?? values.count
            for hidden in t..<end {
                switch (previous, next) {
                case (let left?, let right?):
                    let share = Double(hidden - left) / Double(right - left)
                    result[hidden] = value(values[left], values[right], share)
                case (let left?, nil): result[hidden] = values[left]
                case (nil, let right?): result[hidden] = values[right]
                case (nil, nil): break
                }
            }
            t = end
        }
        return result
    }
}

extension ImputationBaseline: CustomStringConvertible {
    /// `last visible`, `linear` or `seasonal (24)`.
    public var description: String {
        switch self {
        case .lastVisible: "last visible"
        case .linear: "linear"
        case .seasonal(let period): "seasonal (\(period))"
        }
    }
}
