import Archive

/// A difference between two variants with its 95 % interval.
struct PairedInterval {
    let difference: Double
    let low: Double
    let high: Double

    /// Whether 0 is outside.
    var isEvident: Bool { low > 0 || high < 0 }

    /// `nil` where there is no difference, or no error of it.
    init?(difference: Double, error: Double, samples: Int) {
        guard samples > 1, difference.isFinite, error.isFinite else { return nil }
        let width = PairedInterval.quantile(degreesOfFreedom: samples - 1) * error
        self.difference = difference
        (low, high) = (difference - width, difference + width)
    }

    /// Of a measure of sharpness.
    init?(_ scalar: ScalarRecord?) {
        guard let scalar else { return nil }
        self.init(
            difference: scalar.attributes["difference"]?.number ?? .nan,
            error: scalar.attributes["difference_error"]?.number ?? .nan, samples: scalar.samples)
    }

    /// The 97.5 % quantile of Student's distribution, since some measures have but a few draws: exact for 1 and 2, elsewhere by the
    /// Cornish-Fisher expansion (Abramowitz & Stegun 26.7.5), within 1 %.
    static func quantile(degreesOfFreedom ν: Int) -> Double {
        switch ν {
        case 1: return 12.706_204_736
        case 2: return 4.302_652_730
        default:
            let (z, n) = (1.959_963_985, Double(ν))
            let (z3, z5, z7) = (z * z * z, z * z * z * z * z, z * z * z * z * z * z * z)
            return z + (z3 + z) / (4 * n) + (5 * z5 + 16 * z3 + 3 * z) / (96 * n * n)
                + (3 * z7 + 19 * z5 + 17 * z3 - 15 * z) / (384 * n * n * n)
        }
    }
}
