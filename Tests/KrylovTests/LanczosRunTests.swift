import Krylov
import Testing

/// Counts products and what is done with them.
private final class Counter {
    var products = 0
    var calls = 0
}

private struct Cancelled: Error {}

@Suite("Lanczos: budget, evidence, errors")
struct LanczosRunTests {
    let matrix = TestMatrix.gaussian(80)

    private func counted(_ counter: Counter, noise: Double = 0) -> ClosureOperator<[Double]> {
        ClosureOperator(
            dimension: matrix.order,
            apply: { [matrix] block in
                counter.calls += 1
                return block.map { vector in
                    counter.products += 1
                    var product = matrix.times(vector)
                    var generator = TestGenerator(counter.products, 1234)
                    product.add(noise, times: generator.normals(vector.count))
                    return product
                }
            })
    }

    @Test(
        "the budget is never passed, and what was found by then is returned", arguments: [10, 11, 19, 20, 30, 47],
        [1, 2, 4])
    func budget(limit: Int, blockSize: Int) throws {
        let counter = Counter()
        let lanczos = Lanczos(
            largest: 3, smallest: 2, tolerance: 1e-10, basisSize: 14, blockSize: blockSize, maximumApplications: limit)
        let spectrum = try lanczos.run(counted(counter), start: startVector(80))
        #expect(counter.products == spectrum.applications)
        #expect(spectrum.applications <= limit)
        #expect(spectrum.applications > limit - 5)
        #expect(spectrum.largest.count == 3 && spectrum.smallest.count == 2)
        #expect(!spectrum.converged)
        #expect(spectrum.largest.contains { !$0.converged && $0.residual > 1e-10 })
    }

    @Test("the check takes one product per wanted pair, in one block")
    func check() throws {
        let counter = Counter()
        let spectrum = try Lanczos(largest: 4, smallest: 3).run(counted(counter), start: startVector(80))
        #expect(spectrum.converged)
        #expect(counter.products - counter.calls == 6)
    }

    @Test("noise in the products is not mistaken for convergence")
    func noisyProducts() throws {
        let counter = Counter()
        let lanczos = Lanczos(largest: 2, smallest: 0, tolerance: 1e-6, maximumApplications: 200)
        let spectrum = try lanczos.run(counted(counter, noise: 1e-3), start: startVector(80))
        #expect(!spectrum.converged)
        #expect(spectrum.largest.allSatisfy { $0.residual > 1e-6 })
        #expect(spectrum.asymmetry > 1e-6)
        // Each check is one block of two; a failed one is followed by stricter searching and another.
        #expect(counter.products - counter.calls >= 2)
        #expect(spectrum.applications <= 200)
        // A tolerance that the noise allows is reached.
        let coarse = try Lanczos(largest: 2, smallest: 0, tolerance: 1e-2).run(
            counted(Counter(), noise: 1e-3), start: startVector(80))
        #expect(coarse.converged)
    }

    @Test("single-precision products converge with a noise floor to match")
    func singlePrecision() throws {
        let low = TestMatrix.rotated([5, 4, 3, 2, 1] + [Double](repeating: 0, count: 45))
        let single = ClosureOperator<[Double]>.each(dimension: 50) { v in low.times(v).map { Double(Float($0)) } }
        let lanczos = Lanczos(largest: 6, smallest: 1, noiseFloor: 1e-6)
        let spectrum = try lanczos.run(single, start: startVector(50))
        #expect(spectrum.converged)
        #expect(distance(spectrum.largest.map(\.value), [5, 4, 3, 2, 1, 0]) < 1e-6)
        #expect(abs(spectrum.smallest[0].value) < 1e-6)
    }

    @Test("vectors stored in single precision, through restarts")
    func singlePrecisionVectors() throws {
        let exact = try matrix.eigenvalues()
        let single = ClosureOperator<SingleVector>.each(dimension: 80) { [matrix] vector in
            SingleVector(matrix.times(vector.elements.map(Double.init)))
        }
        let lanczos = Lanczos(largest: 3, smallest: 3, tolerance: 1e-5, basisSize: 20, noiseFloor: 1e-6)
        let spectrum = try lanczos.run(single) { SingleVector(startVector(80)($0)) }
        #expect(spectrum.converged && spectrum.restarts > 1)
        #expect(distance(spectrum.largest.map(\.value), exact.reversed().prefix(3).map { $0 }) < 1e-6 * spectrum.scale)
        #expect(distance(spectrum.smallest.map(\.value), Array(exact.prefix(3))) < 1e-6 * spectrum.scale)
        #expect(spectrum.asymmetry < 1e-5)
        // Beyond what the storage can express, nothing is claimed.
        let strict = Lanczos(largest: 2, smallest: 0, tolerance: 1e-10, noiseFloor: 1e-12)
        let refused = try strict.run(single) { SingleVector(startVector(80)($0)) }
        #expect(!refused.converged && refused.largest.allSatisfy { $0.residual > 1e-10 && $0.residual < 1e-5 })
    }

    @Test("a product that is not finite is named", arguments: [Double.nan, .infinity, -.infinity, 1e200], [1, 4, 25])
    func notFinite(value: Double, application: Int) throws {
        let counter = Counter()
        let symmetric = ClosureOperator<[Double]>.each(dimension: 80) { [matrix] vector in
            counter.products += 1
            var product = matrix.times(vector)
            if counter.products == application { product[3] = value }
            return product
        }
        #expect(throws: KrylovError.nonFiniteProduct(application: application)) {
            try Lanczos(largest: 2, smallest: 2, tolerance: 1e-9).run(symmetric, start: startVector(80))
        }
    }

    @Test("start vectors: not finite, and always the same")
    func starts() throws {
        #expect(throws: KrylovError.nonFiniteStart(index: 0)) {
            try Lanczos(largest: 1, smallest: 0).run(matrix.symmetric) { _ in [Double](repeating: .nan, count: 80) }
        }
        let identity = ClosureOperator<[Double]>.each(dimension: 80) { $0 }
        let spectrum = try Lanczos(largest: 3, smallest: 0).run(identity) { _ in [Double](repeating: 1, count: 80) }
        #expect(spectrum.largest.count == 1 && spectrum.krylovDimensionExhausted)
        #expect(!spectrum.converged)
    }

    @Test("wrong parameters are refused with what would do")
    func parameters() throws {
        func run(_ lanczos: Lanczos) throws {
            _ = try lanczos.run(matrix.symmetric, start: startVector(80))
        }
        #expect(throws: KrylovError.invalidParameter(name: "largest", value: "-1", requirement: "0 or more")) {
            try run(Lanczos(largest: -1, smallest: 0))
        }
        #expect(throws: KrylovError.self) { try run(Lanczos(largest: 1, smallest: 0, tolerance: .nan)) }
        #expect(throws: KrylovError.self) { try run(Lanczos(largest: 1, smallest: 0, tolerance: -1)) }
        #expect(throws: KrylovError.self) { try run(Lanczos(largest: 1, smallest: 0, blockSize: 0)) }
        #expect(throws: KrylovError.self) { try run(Lanczos(largest: 1, smallest: 0, noiseFloor: 0)) }
        #expect(throws: KrylovError.basisTooSmall(required: 8, given: 7)) {
            try run(Lanczos(largest: 4, smallest: 2, basisSize: 7))
        }
        #expect(throws: Never.self) { try run(Lanczos(largest: 4, smallest: 2, basisSize: 8)) }
        #expect(throws: KrylovError.budgetTooSmall(required: 12, given: 11)) {
            try run(Lanczos(largest: 4, smallest: 2, maximumApplications: 11))
        }
        let silent = ClosureOperator<[Double]>(dimension: 80, apply: { _ in [] })
        #expect(throws: KrylovError.productCount(expected: 1, found: 0)) {
            try Lanczos(largest: 1, smallest: 0).run(silent, start: startVector(80))
        }
        #expect("\(KrylovError.budgetTooSmall(required: 12, given: 11))".contains("raise maximumApplications"))
    }

    @Test("progress grows, agrees with the end, and can cancel")
    func progress() throws {
        var seen: [Lanczos.Progress] = []
        let spectrum = try Lanczos(largest: 3, smallest: 1, tolerance: 1e-5).run(
            matrix.symmetric, start: startVector(80), progress: { seen.append($0) })
        #expect(seen.map(\.applications) == Array(1...seen.count))
        #expect(seen.first?.largest.count == 1)
        let last = try #require(seen.last)
        #expect(last.applications == spectrum.applications - 4)
        #expect(last.restarts == spectrum.restarts)
        #expect(distance(last.largest.map(\.value), spectrum.largest.map(\.value)) < 1e-8)
        #expect(distance(last.smallest.map(\.value), spectrum.smallest.map(\.value)) < 1e-8)
        #expect((last.largest + last.smallest).allSatisfy { $0.converged })
        // The top Ritz value never falls, restarts included.
        let tops = seen.compactMap(\.largest.first?.value)
        #expect(zip(tops, tops.dropFirst()).allSatisfy { $1 >= $0 - 1e-12 })
        #expect(throws: Cancelled.self) {
            try Lanczos(largest: 3, smallest: 1).run(
                matrix.symmetric, start: startVector(80), progress: { if $0.applications == 5 { throw Cancelled() } })
        }
    }

    @Test(
        "no more vectors are alive than promised", arguments: [1, 3],
        [(3, 2, 14), (1, 0, 20), (6, 6, 15), (40, 40, 80)])
    func memory(blockSize: Int, sizes: (Int, Int, Int)) throws {
        let census = Census()
        let symmetric = ClosureOperator<CountedVector>.each(dimension: 80) { [matrix] in
            CountedVector(matrix.times($0.elements), census)
        }
        let lanczos = Lanczos(
            largest: sizes.0, smallest: sizes.1, tolerance: 1e-6, basisSize: sizes.2, blockSize: blockSize)
        _ = try lanczos.run(symmetric) { CountedVector(startVector(80)($0), census) }
        let promised = try lanczos.peakVectorCount(dimension: 80)
        #expect(census.peak <= promised)
        // Room for the residuals of all pairs, which only an exploration needs.
        #expect(census.peak >= promised - max(blockSize, min(80, sizes.0 + sizes.1)))
    }
}

private final class Census {
    var alive = 0
    var peak = 0
}

/// A vector that counts how many of its kind are alive.
private final class CountedVector: KrylovVector {
    private(set) var elements: [Double]
    private let census: Census

    init(_ elements: [Double], _ census: Census) {
        self.elements = elements
        self.census = census
        census.alive += 1
        census.peak = max(census.peak, census.alive)
    }

    deinit { census.alive -= 1 }

    func dot(_ other: CountedVector) -> Double { elements.dot(other.elements) }
    func add(_ factor: Double, times other: CountedVector) { elements.add(factor, times: other.elements) }
    func scale(by factor: Double) { elements.scale(by: factor) }
}

/// A vector stored in single precision with inner products in double precision, as a tensor may be.
private struct SingleVector: KrylovVector {
    private(set) var elements: [Float]

    init(_ elements: [Double]) {
        self.elements = elements.map { Float($0) }
    }

    func dot(_ other: SingleVector) -> Double {
        zip(elements, other.elements).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }

    mutating func add(_ factor: Double, times other: SingleVector) {
        for i in elements.indices { elements[i] += Float(factor) * other.elements[i] }
    }

    mutating func scale(by factor: Double) {
        for i in elements.indices { elements[i] *= Float(factor) }
    }
}
