/// A small deterministic generator whose draws are the same on every platform and in every release.
///
/// SplitMix64 (Steele, Lea, Flood 2014): a counter in steps of the golden ratio, mixed by two multiplications; passes
/// BigCrush, period 2^64. All derived draws are defined here, on integers and IEEE arithmetic alone, because neither
/// the standard library's nor the C library's are promised to stay the same. Not for cryptography.
public struct StableRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64
    private var spare: Double?

    /// A stream for a seed.
    public init(seed: UInt64) { state = seed }

    /// An independent stream for each key below one seed, such as a window or a series.
    public init(seed: UInt64, key: UInt64) {
        state = StableRandom.mix(StableRandom.mix(seed &+ 0x9E37_79B9_7F4A_7C15) ^ (key &* 0xD134_2543_DE82_EF95 &+ 1))
    }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return StableRandom.mix(state)
    }

    /// Uniform on the multiples of 2^-53 in [0, 1).
    public mutating func uniform() -> Double { Double(next() >> 11) * 0x1p-53 }

    /// Uniform on [low, high).
    public mutating func uniform(_ low: Double, _ high: Double) -> Double { low + (high - low) * uniform() }

    /// Uniform on `0..<bound`, without bias (multiply and reject); 0 when `bound` is not positive.
    public mutating func below(_ bound: Int) -> Int {
        guard bound > 0 else { return 0 }
        let limit = UInt64(bound)
        var (high, low) = next().multipliedFullWidth(by: limit)
        let threshold = (0 &- limit) % limit
        while low < threshold { (high, low) = next().multipliedFullWidth(by: limit) }
        return Int(high)
    }

    /// Standard normal, by Box and Muller's transform; pairs are used up in order.
    public mutating func normal() -> Double {
        if let value = spare {
            spare = nil
            return value
        }
        let radius = (-2 * StableMath.log(1 - uniform())).squareRoot()
        let (cosine, sine) = StableMath.cosSin(turns: uniform())
        spare = radius * sine
        return radius * cosine
    }

    /// One of the elements; nil when there is none.
    public mutating func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[below(elements.count)]
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
