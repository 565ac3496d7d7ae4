/// Elementary functions from IEEE additions, multiplications and divisions only.
///
/// The C library's differ in the last bit between platforms, which would make generated series differ too. These are
/// accurate to a few units in the last place.
enum StableMath {
    private static var ln2High: Double { 0x1.62e42fefa38p-1 }
    private static var ln2Low: Double { 0x1.ef35793c7673p-45 }

    /// Natural logarithm of a positive normal number.
    ///
    /// x = m·2^e with m in [√½, √2); log m = 2 artanh((m-1)/(m+1)) by its odd series.
    static func log(_ x: Double) -> Double {
        var m = x.significand
        var e = Double(x.exponent)
        if m > 1.4142135623730951 {
            m /= 2
            e += 1
        }
        let s = (m - 1) / (m + 1)
        let square = s * s
        var sum = 0.0
        for k in stride(from: 23, through: 3, by: -2) { sum = (sum + 1 / Double(k)) * square }
        return e * ln2High + (2 * s * (1 + sum) + e * ln2Low)
    }

    /// Exponential; 0 below -700, clamped above 700.
    ///
    /// x = k ln 2 + r with |r| <= ln 2 / 2; Taylor's series in r.
    static func exp(_ x: Double) -> Double {
        guard x > -700 else { return 0 }
        let clamped = min(x, 700)
        let k = (clamped * 1.4426950408889634).rounded()
        let r = (clamped - k * ln2High) - k * ln2Low
        var sum = 1.0
        for n in stride(from: 14, through: 1, by: -1) { sum = 1 + sum * r / Double(n) }
        return sum * Double(sign: .plus, exponent: Int(k), significand: 1)
    }

    /// Cosine and sine of `turns` full turns.
    ///
    /// Reduction to an eighth of a turn is exact; Taylor's series there.
    static func cosSin(turns: Double) -> (cosine: Double, sine: Double) {
        let fraction = turns - turns.rounded()
        let quarter = (4 * fraction).rounded()
        let angle = (fraction - quarter / 4) * (2 * Double.pi)
        let square = angle * angle
        var cosine = 1.0
        for n in stride(from: 18, through: 2, by: -2) { cosine = 1 - cosine * square / Double(n * (n - 1)) }
        var sine = 1.0
        for n in stride(from: 19, through: 3, by: -2) { sine = 1 - sine * square / Double(n * (n - 1)) }
        sine *= angle
        switch quarter {
        case 1: return (-sine, cosine)
        case -1: return (sine, -cosine)
        case 2, -2: return (-cosine, -sine)
        default: return (cosine, sine)
        }
    }
}
