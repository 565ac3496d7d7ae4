/// When an estimate of a trace ends: by its own standard error, or by a number of products.
public struct TraceBudget: Sendable, Equatable {
    /// The most products.
    public var maximumProducts: Int
    /// The fewest independent samples before the standard error is believed, at least 2.
    public var minimumSamples: Int
    /// Stops at a standard error of at most this times the magnitude of the trace; `nil` spends all products.
    ///
    /// A rule that looks at the data makes the reported error a little too small on average; with 10 samples or more this
    /// is minor. Where positive and negative curvature cancel the target may be out of reach.
    public var relativeStandardError: Double?

    /// Describes a budget; checked when an estimate runs.
    public init(maximumProducts: Int, minimumSamples: Int = 10, relativeStandardError: Double? = nil) {
        self.maximumProducts = maximumProducts
        self.minimumSamples = minimumSamples
        self.relativeStandardError = relativeStandardError
    }

    func validate(atLeast products: Int) throws(KrylovError) {
        guard minimumSamples >= 2 else {
            throw .invalidParameter(name: "minimumSamples", value: "\(minimumSamples)", requirement: "2 or more")
        }
        guard maximumProducts >= products else { throw .budgetTooSmall(required: products, given: maximumProducts) }
        if let target = relativeStandardError, !(target > 0 && target.isFinite) {
            throw .invalidParameter(
                name: "relativeStandardError", value: "\(target)", requirement: "above 0 and finite")
        }
    }

    /// Whether an estimate is as good as asked for; without a target every estimate is.
    func isReached(_ trace: Double, _ standardError: Double, samples: Int) -> Bool {
        samples >= minimumSamples && (relativeStandardError.map { standardError <= $0 * abs(trace) } ?? true)
    }

    /// Whether to stop before the products are spent.
    func stopsEarly(_ trace: Double, _ standardError: Double, samples: Int) -> Bool {
        relativeStandardError != nil && isReached(trace, standardError, samples: samples)
    }
}

/// A trace from samples that are exchangeable but not independent of each other, as ``XTrace`` has them.
public struct ExchangeableTrace: Sendable, Equatable {
    /// The estimate of the trace.
    public var trace: Double
    /// The sample deviation of `estimates` over √count: an estimate of the error itself (Epperly, Tropp & Webber 2024, 3.4).
    public var standardError: Double
    /// One estimate for each probe left out in turn; the trace is their mean.
    public var estimates: [Double]
    /// The products taken.
    public var products: Int
    /// Whether the target of the standard error was reached; true where none was set.
    public var converged: Bool

    init(_ estimates: [Double], products: Int) {
        self.estimates = estimates
        self.products = products
        converged = false
        let count = Double(estimates.count)
        let mean = estimates.reduce(0, +) / count
        trace = mean
        let squares = estimates.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        standardError = (squares / (count * (count - 1))).squareRoot()
    }

    init(exactly trace: Double, products: Int) {
        (self.trace, standardError, estimates, self.products, converged) = (trace, 0, [trace], products, true)
    }
}
