/// Nodes and weights of one probe; the weights add up to 1.
public struct Quadrature: Sendable, Equatable {
    /// Ascending.
    public var nodes: [Double]
    /// Not negative.
    public var weights: [Double]

    /// Nodes with their weights.
    public init(nodes: [Double], weights: [Double]) {
        self.nodes = nodes
        self.weights = weights
    }

    /// Σ weight · f(node).
    public func mean(_ f: (Double) -> Double) -> Double {
        zip(nodes, weights).reduce(0) { $0 + $1.1 * f($1.0) }
    }
}

/// A value with its standard error.
public struct Estimated: Sendable, Equatable {
    /// The estimate.
    public var value: Double
    /// Its standard error; NaN from one probe.
    public var standardError: Double

    /// An estimate and its error.
    public init(value: Double, standardError: Double) {
        self.value = value
        self.standardError = standardError
    }
}

/// The distribution of a spectrum as several probes saw it.
///
/// With m_p(f) = Σₖ wₖ f(θₖ) for probe p, the mean over the probes estimates (1/n) Σᵢ f(λᵢ). For polynomials up to degree 2m − 1 each
/// m_p is what the probe itself gives, without any further error.
public struct SpectralMeasure: Sendable, Equatable {
    /// n.
    public var dimension: Int
    /// One for each probe.
    public var quadratures: [Quadrature]
    /// The products taken.
    public var products: Int

    /// A distribution from quadratures.
    public init(dimension: Int, quadratures: [Quadrature], products: Int) {
        self.dimension = dimension
        self.quadratures = quadratures
        self.products = products
    }

    /// The smallest and the largest node.
    public var range: ClosedRange<Double> {
        let nodes = quadratures.flatMap { [$0.nodes.first, $0.nodes.last].compactMap { $0 } }
        return (nodes.min() ?? 0)...(nodes.max() ?? 0)
    }

    /// (1/n) Σᵢ f(λᵢ) with the standard error over the probes.
    public func mean(_ f: @escaping (Double) -> Double) -> Estimated {
        statistic([f]) { $0[0] }
    }

    /// A function of several means, with a jackknife standard error over the probes.
    ///
    /// - Parameter combine: gets the means of `functions`, in order.
    public func statistic(_ functions: [(Double) -> Double], _ combine: ([Double]) -> Double) -> Estimated {
        let table = quadratures.map { quadrature in functions.map { quadrature.mean($0) } }
        let count = Double(table.count)
        let sums = functions.indices.map { f in table.reduce(0) { $0 + $1[f] } }
        let value = combine(sums.map { $0 / count })
        guard table.count > 1 else { return Estimated(value: value, standardError: .nan) }
        let left = table.map { row in combine(zip(sums, row).map { ($0 - $1) / (count - 1) }) }
        let centre = left.reduce(0, +) / count
        let squares = left.reduce(0) { $0 + ($1 - centre) * ($1 - centre) }
        return Estimated(value: value, standardError: (squares * (count - 1) / count).squareRoot())
    }

    // MARK: Distribution

    /// The cumulative distribution at ascending positions: the share of eigenvalues up to each.
    public func cumulative(at positions: [Double]) -> [Estimated] {
        positions.map { t in mean { $0 <= t ? 1 : 0 } }
    }

    /// The share of eigenvalues above each magnitude, or below its negative.
    public func tail(beyond magnitudes: [Double], negative: Bool) -> [Estimated] {
        magnitudes.map { magnitude in mean { (negative ? -$0 : $0) > magnitude ? 1 : 0 } }
    }

    // MARK: Numbers

    /// Σ λ.
    public var trace: Estimated { scaled(mean { $0 }) }
    /// The sum of the positive eigenvalues.
    public var positiveTrace: Estimated { scaled(mean { max(0, $0) }) }
    /// The sum of the negative eigenvalues.
    public var negativeTrace: Estimated { scaled(mean { min(0, $0) }) }
    /// The share of negative eigenvalues; values nearer to 0 than `threshold` count as 0.
    public func negativeShare(threshold: Double = 0) -> Estimated { mean { $0 < -threshold ? 1 : 0 } }
    /// Σ over negative λ of |λ|, as a share of Σ |λ|.
    public var negativeMass: Estimated {
        statistic([{ min(0, $0) }, { abs($0) }]) { $0[1] > 0 ? abs($0[0]) / $0[1] : 0 }
    }
    /// ‖H‖_F.
    public var frobeniusNorm: Estimated {
        let n = Double(dimension)
        return statistic([{ $0 * $0 }]) { (n * $0[0]).squareRoot() }
    }
    /// (Σ|λ|)² / Σλ²: how many eigenvalues of equal magnitude would have the same sums.
    public var effectiveRank: Estimated {
        let n = Double(dimension)
        return statistic([{ abs($0) }, { $0 * $0 }]) { $0[1] > 0 ? n * $0[0] * $0[0] / $0[1] : 0 }
    }
    /// ‖H‖_F² / ‖H‖₂², with the node largest in magnitude for the norm.
    public var stableRank: Estimated {
        let norm = max(abs(range.lowerBound), abs(range.upperBound))
        let n = Double(dimension)
        return statistic([{ $0 * $0 }]) { norm > 0 ? n * $0[0] / (norm * norm) : 0 }
    }

    private func scaled(_ mean: Estimated) -> Estimated {
        Estimated(value: mean.value * Double(dimension), standardError: mean.standardError * Double(dimension))
    }
}
