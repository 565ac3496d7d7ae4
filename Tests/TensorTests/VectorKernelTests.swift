import Foundation
import Tensor
import Testing

/// Kernels on long vectors against sums written out.
@Suite struct VectorKernelTests {
    static let length = 3 * 65_536 + 1037

    static func vectors(_ count: Int, _ dtype: DType) throws -> [Tensor] {
        try (0..<count).map { try RandomStream(seed: 1, "kernels", $0).normal([length]).to(dtype) }
    }

    static func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }

    @Test(arguments: [DType.float32, .float64])
    func dotsEqualSums(_ dtype: DType) throws {
        let all = try Self.vectors(4, dtype)
        let values = try all.map { try $0.doubles }
        let found = try VectorKernels.dots(Array(all[..<3]), with: all[3])
        for (index, value) in found.enumerated() {
            #expect(abs(value - Self.dot(values[index], values[3])) < 1e-9)
        }
        #expect(try abs(all[0].dot(all[1]) - Self.dot(values[0], values[1])) < 1e-9)
        #expect(try VectorKernels.dots([], with: all[3]).isEmpty)
    }

    @Test(arguments: [DType.float32, .float64])
    func subtractionGivesTheNextProducts(_ dtype: DType) throws {
        let all = try Self.vectors(3, dtype)
        let values = try all.map { try $0.doubles }
        let target = all[2]
        let coefficients = [0.25, -1.5]
        let found = try VectorKernels.subtractInPlace(coefficients, of: [all[0], all[1]], from: target)
        let result = try target.doubles
        let rounding = dtype == .float64 ? 1e-14 : 1e-6
        for i in stride(from: 0, to: Self.length, by: 997) {
            let expected = values[2][i] - 0.25 * values[0][i] + 1.5 * values[1][i]
            #expect(abs(result[i] - expected) <= rounding * max(1, abs(expected)))
        }
        #expect(abs(found.dots[0] - Self.dot(values[0], result)) < 1e-8)
        #expect(abs(found.dots[1] - Self.dot(values[1], result)) < 1e-8)
        #expect(abs(found.square / Self.dot(result, result) - 1) < 1e-12)
    }

    /// Vectors are taken four at a time; every remainder, and lengths that no block divides.
    @Test(arguments: 1...9, [DType.float32, .float64])
    func anyNumberOfVectors(count: Int, _ dtype: DType) throws {
        let length = 1000 + 37
        let all = try (0...count).map { try RandomStream(seed: 2, "any", $0).normal([length]).to(dtype) }
        let values = try all.map { try $0.doubles }
        let (basis, target) = (Array(all[..<count]), all[count])
        for (index, dot) in try VectorKernels.dots(basis, with: target).enumerated() {
            #expect(abs(dot - Self.dot(values[index], values[count])) < 1e-9)
        }
        let coefficients = (0..<count).map { 0.3 * Double($0) - 1 }
        let found = try VectorKernels.subtractInPlace(coefficients, of: basis, from: target)
        let result = try target.doubles
        for i in 0..<length {
            let expected = (0..<count).reduce(values[count][i]) { $0 - coefficients[$1] * values[$1][i] }
            #expect(abs(result[i] - expected) <= (dtype == .float64 ? 1e-13 : 1e-6) * max(1, abs(expected)))
        }
        for (index, dot) in found.dots.enumerated() { #expect(abs(dot - Self.dot(values[index], result)) < 1e-9) }
        #expect(abs(found.square / Self.dot(result, result) - 1) < 1e-12)
    }

    @Test(arguments: [DType.float32, .float64])
    func combinationsReplaceTheFirstVectors(_ dtype: DType) throws {
        let all = try Self.vectors(3, dtype)
        let values = try all.map { try $0.doubles }
        let coefficients = [[0.5, 2, -1], [1, 0, 0.125]]
        try VectorKernels.combineInPlace(all, coefficients: coefficients)
        let results = try all[..<2].map { try $0.doubles }
        for i in stride(from: 0, to: Self.length, by: 991) {
            for (column, factors) in coefficients.enumerated() {
                let expected = (0..<3).reduce(0.0) { $0 + factors[$1] * values[$1][i] }
                #expect(
                    abs(results[column][i] - expected) <= (dtype == .float64 ? 1e-14 : 2e-6) * max(1, abs(expected)))
            }
        }
    }

    @Test func threadsDoNotChangeABit() throws {
        let before = Runtime.threadsOfVectors
        defer { Runtime.threadsOfVectors = before }
        let all = try Self.vectors(5, .float32)
        let results = try [1, 2, 3].map { threads in
            Runtime.threadsOfVectors = threads
            let target = try all[4].copy()
            let found = try VectorKernels.subtractInPlace([1, 2, 3, 4], of: Array(all[..<4]), from: target)
            return (found.dots, found.square, try target.doubles)
        }
        #expect(results.allSatisfy { $0 == results[0] })
    }

    /// A float32 sum of a million equal numbers loses four digits when they are added one by one.
    @Test func longSumsOfOneSignKeepTheirDigits() throws {
        let ones = try Tensor.full([1 << 20], 0.1)
        let exact = 0.1 * 0.1 * Double(1 << 20)
        #expect(try abs(ones.dot(ones) / exact - 1) < 1e-7)
    }

    @Test func strangersAreNotAccepted() throws {
        let a = try Tensor.zeros([4, 4])
        #expect(VectorKernels.accept([a], a))
        #expect(!VectorKernels.accept([try a.transposed(0, 1)], try a.transposed(0, 1)))
        #expect(!VectorKernels.accept([try a.to(.float64)], a))
        #expect(!VectorKernels.accept([try Tensor.zeros([3])], try Tensor.zeros([4])))
    }
}

@Suite struct NarrowDotTests {
    /// The sum has more digits than the elements.
    @Test func bfloat16IsSummedInFloat32() throws {
        let values = try Tensor.full([1000], 1.0, dtype: .bfloat16)
        #expect(try values.dot(values) == 1000)
        let many = try Tensor.full([4099], 1.0, dtype: .bfloat16)
        #expect(try many.dot(many) == 4099)
    }
}
