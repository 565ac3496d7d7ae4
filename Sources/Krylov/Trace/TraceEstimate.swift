/// The results of ``Hutchinson`` and its kin, each with its standard error.
public struct TraceEstimate: Sendable, Equatable {
    /// The estimate of Tr H.
    public var trace: Double
    /// The standard error of `trace`.
    public var standardError: Double
    /// The estimate of ‖H‖_F = √(Σ λᵢ²).
    public var frobeniusNorm: Double
    /// The standard error of `frobeniusNorm`, by the delta method.
    public var frobeniusStandardError: Double
    /// The estimate of Tr H / ‖H‖_F, between −√n and √n, unchanged when H is scaled; 0 for the zero operator.
    public var traceToFrobenius: Double
    /// The standard error of `traceToFrobenius`, by the delta method with the covariance of both.
    public var traceToFrobeniusStandardError: Double
    /// Whether the target of the standard error was reached; true where none was set.
    public var converged: Bool
    /// zᵢᵀHzᵢ for each probe, the exact part included. Two operators given the same probes can be compared by the differences of these, which
    /// scatter less than the traces.
    public var quadraticForms: [Double]
    /// ‖Hzᵢ‖² for each probe, the exact part included.
    public var squaredNorms: [Double]

    /// The products taken, those that deflate included.
    public var products: Int

    /// The number of independent samples.
    public var samples: Int { quadraticForms.count }

    /// The estimates from two or more samples of each kind.
    init(quadraticForms: [Double], squaredNorms: [Double]) {
        self.quadraticForms = quadraticForms
        self.squaredNorms = squaredNorms
        products = quadraticForms.count
        converged = false
        let means = PairedMeans(quadraticForms, squaredNorms)
        trace = means.first
        standardError = means.firstVariance.squareRoot()
        let norm = means.second.squareRoot()
        frobeniusNorm = norm
        guard norm > 0 else {
            (frobeniusStandardError, traceToFrobenius, traceToFrobeniusStandardError) = (0, 0, 0)
            return
        }
        frobeniusStandardError = means.secondVariance.squareRoot() / (2 * norm)
        // With t = T/‖H‖ and the relative error of the norm y = Y/(2‖H‖²): Var r = Var(t) − 2 r Cov(t, y) + r² Var(y).
        let ratio = trace / norm
        let square = means.second
        let variance =
            means.firstVariance / square - ratio * (means.covariance / norm) / square
            + ratio * ratio * (means.secondVariance / square) / (4 * square)
        traceToFrobenius = ratio
        traceToFrobeniusStandardError = max(0, variance).squareRoot()
    }
}

/// The means of two paired samples, and the variances and covariance of those means (Welford's updates).
private struct PairedMeans {
    var first = 0.0
    var second = 0.0
    var firstVariance = 0.0
    var secondVariance = 0.0
    var covariance = 0.0

    init(_ a: [Double], _ b: [Double]) {
        var (aa, bb, ab) = (0.0, 0.0, 0.0)
        var count = 0.0
        for (x, y) in zip(a, b) {
            count += 1
            let (dx, dy) = (x - first, y - second)
            first += dx / count
            second += dy / count
            aa += dx * (x - first)
            bb += dy * (y - second)
            ab += dx * (y - second)
        }
        let divisor = count * (count - 1)
        (firstVariance, secondVariance, covariance) = (aa / divisor, bb / divisor, ab / divisor)
    }
}
