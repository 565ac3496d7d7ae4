import Foundation

/// Student's t distribution.
enum StudentDistribution {
    /// P(|T| ≥ |t|) with ν degrees of freedom: I_x(ν/2, 1/2) at x = ν/(ν + t²), by the continued fraction of the incomplete beta
    /// function (Abramowitz & Stegun 26.5.8, Lentz's method).
    static func twoSided(_ t: Double, degreesOfFreedom ν: Int) -> Double {
        guard ν > 0, !t.isNaN else { return .nan }
        guard t.isFinite else { return 0 }
        let n = Double(ν)
        return incompleteBeta(n / (n + t * t), n / 2, 0.5)
    }

    /// I_x(a, b).
    static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
        guard x > 0 else { return 0 }
        guard x < 1 else { return 1 }
        let beta: Double = lgamma(a) + lgamma(b) - lgamma(a + b)
        let power: Double = a * log(x) + b * log(1 - x)
        let front = exp(power - beta)
        // The fraction converges quickly on this side of the mean alone.
        return x < (a + 1) / (a + b + 2)
            ? front * fraction(x, a, b) / a : 1 - front * fraction(1 - x, b, a) / b
    }

    private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
        let tiny = 1e-300
        func away(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
        var c = 1.0
        var d = 1 / away(1 - (a + b) * x / (a + 1))
        var h = d
        for m in 1...500 {
            let m = Double(m)
            let k: Double = a + 2 * m
            let even: Double = m * (b - m) * x / ((k - 1) * k)
            let odd: Double = -(a + m) * (a + b + m) * x / (k * (k + 1))
            for numerator in [even, odd] {
                d = 1 / away(1 + numerator * d)
                c = away(1 + numerator / c)
                h *= d * c
            }
            if abs(d * c - 1) < 1e-15 { break }
        }
        return h
    }
}
