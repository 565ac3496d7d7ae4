import Krylov

/// A vector with nothing but the three operations the protocol demands. A reference, so that an algorithm that shares or
/// overwrites what is not its own gives wrong results.
final class MinimalVector: KrylovVector {
    private(set) var elements: [Double]

    init(_ elements: [Double]) {
        self.elements = elements
    }

    func dot(_ other: MinimalVector) -> Double {
        elements.dot(other.elements)
    }

    func add(_ factor: Double, times other: MinimalVector) {
        precondition(other !== self, "a vector was added to itself")
        elements.add(factor, times: other.elements)
    }

    func scale(by factor: Double) {
        elements.scale(by: factor)
    }
}

extension Array: KrylovVector where Element == Double {
    /// The inner product.
    public func dot(_ other: [Double]) -> Double {
        withUnsafeBufferPointer { a in
            other.withUnsafeBufferPointer { b in
                var sum = 0.0
                for i in 0..<a.count { sum += a[i] * b[i] }
                return sum
            }
        }
    }

    /// Adds a multiple.
    public mutating func add(_ factor: Double, times other: [Double]) {
        withUnsafeMutableBufferPointer { a in
            other.withUnsafeBufferPointer { b in
                for i in 0..<a.count { a[i] += factor * b[i] }
            }
        }
    }

    /// Multiplies by a number.
    public mutating func scale(by factor: Double) {
        withUnsafeMutableBufferPointer { a in
            for i in 0..<a.count { a[i] *= factor }
        }
    }
}

/// SplitMix64 (Steele, Lea & Flood 2014).
struct TestGenerator: RandomNumberGenerator {
    var state: UInt64

    init(_ seed: Int, _ stream: Int = 0) {
        state = UInt64(bitPattern: Int64(seed)) &* 0xD134_2543_DE82_EF95 &+ UInt64(bitPattern: Int64(stream))
        _ = next()
        _ = next()
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// Nearly normal: the sum of twelve uniform numbers, less its mean (variance 1).
    mutating func normal() -> Double {
        (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<1, using: &self) }
    }

    mutating func normals(_ count: Int) -> [Double] {
        (0..<count).map { _ in normal() }
    }

    mutating func signs(_ count: Int) -> [Double] {
        (0..<count).map { _ in next() >> 63 == 0 ? 1 : -1 }
    }
}

/// The i-th start vector of a seed.
func startVector(_ dimension: Int, seed: Int = 1) -> (Int) -> [Double] {
    { index in
        var generator = TestGenerator(seed, index)
        return generator.normals(dimension)
    }
}
