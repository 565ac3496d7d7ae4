/// The pre-training regime: smooth and periodic structure with moderate noise.
enum PretrainingFamily {
    /// Cycles of hourly, quarter-hourly, daily and weekly data, in steps.
    static let periods = [6, 7, 12, 24, 48, 96, 168]

    /// One to five kernels of the bank, joined from the left by random additions and multiplications.
    static func kernel(length: Int, random: inout StableRandom) -> Kernel {
        var kernel = simpleKernel(length: length, random: &random)
        for _ in 0..<random.below(5) {
            let next = simpleKernel(length: length, random: &random)
            kernel = random.uniform() < 0.5 ? kernel + next : kernel * next
        }
        return kernel
    }

    private static func simpleKernel(length: Int, random: inout StableRandom) -> Kernel {
        let n = Double(length)
        let scale = n / (random.pick([4, 12, 40, 120]) ?? 12)
        switch random.below(10) {
        case 0: return .linear(offset: random.pick([0, 1]) ?? 0)
        case 1: return .constant(1)
        case 2: return .white(random.pick([0.02, 0.1, 0.4]) ?? 0.1)
        case 3, 4: return .stationary(.smooth(scale: scale))
        case 5: return .stationary(.rough(scale: scale, shape: random.pick([0.3, 1, 10]) ?? 1))
        default:
            // At least two cycles must fit.
            let fitting = periods.filter { $0 * 2 <= length }
            return .stationary(
                .periodic(period: Double(random.pick(fitting) ?? 6), scale: random.pick([0.6, 1, 2]) ?? 1))
        }
    }

    /// Piecewise linear trend, one or two seasons with harmonics, small white noise.
    static func seasonalPath(length: Int, random: inout StableRandom) -> [Double] {
        let fitting = periods.filter { $0 * 2 <= length }
        var seasons = [Season(period: random.pick(fitting) ?? 6, harmonics: 3, random: &random)]
        if random.uniform() < 0.5 {
            seasons.append(Season(period: random.pick(fitting) ?? 6, harmonics: 2, random: &random))
        }
        let slopes = (random.uniform(-1.5, 1.5), random.uniform(-1.5, 1.5))
        let bend = random.uniform(-0.7, 0.7)
        let noise = random.uniform(0.02, 0.3)
        let isMultiplicative = random.uniform() < 0.3
        return (0..<length).map { step in
            let x = Kernel.coordinate(step, length)
            let trend = slopes.0 * min(x, bend) + slopes.1 * max(0, x - bend)
            let season = seasons.reduce(0) { $0 + $1.value(at: step) }
            return trend + season * (isMultiplicative ? 1 + 0.5 * x : 1) + noise * random.normal()
        }
    }
}

/// The downstream regime: what the pre-training regime has not shown.
enum DownstreamFamily {
    /// Cycles that no pre-training series has.
    static let periods = [10, 18, 30, 42, 64, 126]

    /// Drifting seasons + level shifts + slow wandering + autoregressive noise with Student's t (4) innovations.
    static func path(length: Int, random: inout StableRandom) -> [Double] {
        let n = Double(length)
        let fitting = periods.filter { $0 * 2 <= length }
        let seasons = (0..<1 + random.below(2)).map { _ in
            Season(period: random.pick(fitting) ?? 7, harmonics: 4, random: &random)
        }
        let drift = Kernel.stationary(.smooth(scale: n / 6)).path(length: length, frequencies: 32, random: &random)
        let wander = Kernel.stationary(.rough(scale: n / 10, shape: 0.5))
            .path(length: length, frequencies: 64, random: &random)
        let shifts = (0..<1 + random.below(4)).map { _ in
            (row: random.below(length), height: random.uniform(0.5, 1.5) * (random.uniform() < 0.5 ? -1 : 1))
        }
        let noise = random.uniform(0.2, 0.4)
        let memory = random.uniform(0.3, 0.8)
        var disturbance = 0.0
        return (0..<length).map { step in
            disturbance = memory * disturbance + noise * heavyTailed(&random)
            let season = seasons.reduce(0) { $0 + $1.value(at: step) }
            let level = shifts.reduce(0) { $0 + (step >= $1.row ? $1.height : 0) }
            return season * StableMath.exp(0.6 * drift[step]) + level + 0.5 * wander[step] + disturbance
        }
    }

    /// Student's t with 4 degrees of freedom, scaled to unit variance.
    private static func heavyTailed(_ random: inout StableRandom) -> Double {
        let chiSquared = -2 * (StableMath.log(1 - random.uniform()) + StableMath.log(1 - random.uniform()))
        return random.normal() / (chiSquared / 4).squareRoot() * 0.5.squareRoot()
    }
}

/// A fixed periodic shape: a few harmonics with falling random amplitudes.
struct Season {
    private let cycle: [Double]

    init(period: Int, harmonics: Int, random: inout StableRandom) {
        let parts = (1...harmonics).map { k in (k, random.normal() / Double(k), random.normal() / Double(k)) }
        cycle = (0..<period).map { step in
            parts.reduce(0) { sum, part in
                let (cosine, sine) = StableMath.cosSin(turns: Double(part.0 * step) / Double(period))
                return sum + part.1 * cosine + part.2 * sine
            }
        }
    }

    func value(at step: Int) -> Double { cycle[step % cycle.count] }
}
