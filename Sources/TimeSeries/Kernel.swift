/// A covariance function on evenly spaced time steps, and a way to draw sample paths of it.
///
/// Sums and products of simple kernels, as in the KernelSynth idea (Ansari et al. 2024). Paths are drawn by random
/// frequencies instead of a Cholesky factor: O(length) per frequency, for any length, without an n x n matrix.
/// In normal form a kernel is a sum of terms; a term is a weight times a power of the linear kernel times a
/// stationary kernel of unit variance, or white noise in its place.
struct Kernel: Sendable {
    /// A stationary kernel of unit variance.
    enum Stationary: Sendable {
        /// exp(-d² / 2ℓ²), ℓ in steps.
        case smooth(scale: Double)
        /// (1 + d² / 2aℓ²)^-a: a mixture of smooth kernels of many scales.
        case rough(scale: Double, shape: Double)
        /// exp(-2 sin²(πd/period) / ℓ²), ℓ without unit.
        case periodic(period: Double, scale: Double)
    }

    struct Term: Sendable {
        var weight = 1.0
        /// Factors x·x', with x running from -1 to 1 over the series.
        var linear = 0
        var isWhite = false
        /// Empty: constant.
        var stationary: [Stationary] = []
    }

    var terms: [Term]

    static func constant(_ variance: Double) -> Kernel { Kernel(terms: [Term(weight: variance)]) }
    static func white(_ variance: Double) -> Kernel { Kernel(terms: [Term(weight: variance, isWhite: true)]) }
    static func stationary(_ kernel: Stationary) -> Kernel { Kernel(terms: [Term(stationary: [kernel])]) }
    /// offset² + x·x'
    static func linear(offset: Double) -> Kernel {
        let slope = Kernel(terms: [Term(linear: 1)])
        return offset == 0 ? slope : slope + constant(offset * offset)
    }

    static func + (a: Kernel, b: Kernel) -> Kernel { Kernel(terms: a.terms + b.terms) }

    static func * (a: Kernel, b: Kernel) -> Kernel {
        Kernel(
            terms: a.terms.flatMap { s in
                b.terms.map { t in
                    Term(
                        weight: s.weight * t.weight, linear: s.linear + t.linear, isWhite: s.isWhite || t.isWhite,
                        stationary: s.stationary + t.stationary)
                }
            })
    }

    /// The covariance of steps `i` and `j` of a series of `length` steps.
    func covariance(_ i: Int, _ j: Int, length: Int) -> Double {
        let xx = Kernel.coordinate(i, length) * Kernel.coordinate(j, length)
        let distance = Double(i - j)
        return terms.reduce(0) { sum, term in
            if term.isWhite && i != j { return sum }
            let modulation = (0..<term.linear).reduce(term.weight) { product, _ in product * xx }
            return sum + term.stationary.reduce(modulation) { $0 * $1.correlation(distance) }
        }
    }

    /// Time from -1 to 1.
    static func coordinate(_ step: Int, _ length: Int) -> Double {
        length < 2 ? 0 : 2 * Double(step) / Double(length - 1) - 1
    }
}

extension Kernel.Stationary {
    func correlation(_ d: Double) -> Double {
        switch self {
        case .smooth(let scale): return StableMath.exp(-d * d / (2 * scale * scale))
        case .rough(let scale, let shape):
            return StableMath.exp(-shape * StableMath.log(1 + d * d / (2 * shape * scale * scale)))
        case .periodic(let period, let scale):
            let sine = StableMath.cosSin(turns: d / (2 * period)).sine
            return StableMath.exp(-2 * sine * sine / (scale * scale))
        }
    }
}
