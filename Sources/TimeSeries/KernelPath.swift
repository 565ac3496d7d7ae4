/// Sample paths of kernels.
///
/// By Bochner's theorem a stationary kernel of unit variance is the Fourier transform of a probability distribution of
/// frequencies, and a product of kernels that of the sum of their frequencies. With frequencies w drawn from it and
/// a, b standard normal, m^-½ Σ (a cos 2πwt + b sin 2πwt) has the kernel as its covariance and is Gaussian given w.
extension Kernel {
    /// One path of `length` steps with `frequencies` random frequencies per term.
    func path(length: Int, frequencies: Int = 64, random: inout StableRandom) -> [Double] {
        var path = [Double](repeating: 0, count: length)
        for term in terms {
            var values: [Double]
            if term.isWhite {
                values = (0..<length).map { _ in random.normal() }
            } else if term.stationary.isEmpty {
                values = [Double](repeating: random.normal(), count: length)
            } else {
                values = Self.stationaryPath(term.stationary, length, frequencies, &random)
            }
            let amplitude = term.weight.squareRoot()
            for step in 0..<length {
                var value = amplitude * values[step]
                for _ in 0..<term.linear { value *= Kernel.coordinate(step, length) }
                path[step] += value
            }
        }
        return path
    }

    private static func stationaryPath(
        _ factors: [Stationary], _ length: Int, _ frequencies: Int, _ random: inout StableRandom
    ) -> [Double] {
        let samplers = factors.map(FrequencySampler.init)
        var path = [Double](repeating: 0, count: length)
        let amplitude = 1 / Double(frequencies).squareRoot()
        path.withUnsafeMutableBufferPointer { buffer in
            guard let out = buffer.baseAddress else { return }
            for _ in 0..<frequencies {
                var frequency = 0.0
                for sampler in samplers { frequency += sampler.draw(&random) }
                var (a, b) = (amplitude * random.normal(), amplitude * random.normal())
                let (turn, quarter) = StableMath.cosSin(turns: frequency)
                // Turning (a, b) step by step replaces a cosine per step; its error stays near length · 1e-16.
                var step = 0
                while step < length {
                    out[step] += a
                    let next = a * turn + b * quarter
                    b = b * turn - a * quarter
                    a = next
                    step &+= 1
                }
            }
        }
        return path
    }
}

/// Draws from the frequency distribution of a stationary kernel, in turns per step.
private struct FrequencySampler {
    private let kernel: Kernel.Stationary
    /// Periodic kernels: cumulative probabilities of the harmonics 0, 1, 2, ...
    private var harmonics: [Double] = []

    init(_ kernel: Kernel.Stationary) {
        self.kernel = kernel
        if case .periodic(_, let scale) = kernel { harmonics = Self.harmonics(1 / (scale * scale)) }
    }

    func draw(_ random: inout StableRandom) -> Double {
        switch kernel {
        case .smooth(let scale): return random.normal() / (2 * Double.pi * scale)
        case .rough(let scale, let shape):
            // A smooth kernel whose squared inverse scale follows Gamma(shape, mean 1).
            let precision = Self.gamma(shape, &random) / shape
            return random.normal() * precision.squareRoot() / (2 * Double.pi * scale)
        case .periodic(let period, _):
            let level = random.uniform()
            let harmonic = harmonics.firstIndex { level < $0 } ?? harmonics.count - 1
            let sign = random.uniform() < 0.5 ? -1.0 : 1
            return sign * Double(harmonic) / period
        }
    }

    /// exp(-z) exp(z cos φ) = Σ c_k cos kφ with c_0 = exp(-z) I_0(z), c_k = 2 exp(-z) I_k(z): Bessel functions by
    /// their power series, summed to the probabilities' end.
    private static func harmonics(_ z: Double) -> [Double] {
        let z = min(max(z, 0), 100)
        var cumulative: [Double] = []
        var total = 0.0
        var leading = StableMath.exp(-z)
        for k in 0..<200 {
            if k > 0 { leading *= z / 2 / Double(k) }
            var term = leading
            var bessel = term
            for j in 1..<400 {
                term *= z * z / 4 / Double(j * (j + k))
                bessel += term
                if term < bessel * 1e-17 { break }
            }
            total += k == 0 ? bessel : 2 * bessel
            cumulative.append(total)
            if total > 1 - 1e-12 { break }
        }
        return cumulative
    }

    /// Gamma with mean `shape` (Marsaglia and Tsang 2000).
    private static func gamma(_ shape: Double, _ random: inout StableRandom) -> Double {
        if shape < 1 {
            let boost = StableMath.exp(StableMath.log(1 - random.uniform()) / shape)
            return gamma(shape + 1, &random) * boost
        }
        let d = shape - 1.0 / 3
        let c = 1 / (9 * d).squareRoot()
        while true {
            let x = random.normal()
            let root = 1 + c * x
            guard root > 0 else { continue }
            let v = root * root * root
            let u = 1 - random.uniform()
            if StableMath.log(u) < 0.5 * x * x + d - d * v + d * StableMath.log(v) { return d * v }
        }
    }
}
