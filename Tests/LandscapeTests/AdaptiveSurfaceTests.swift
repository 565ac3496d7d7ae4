import Foundation
import Testing

@testable import Landscape

@Suite struct AdaptiveSurfaceTests {
    typealias Function = @Sendable (Double, Double) -> Double

    /// A surface, the full grid beside it, and what was asked.
    struct Trial {
        let surface: AdaptiveSurface
        let full: [Double]
        let asked: [[Int]]

        init(
            _ f: Function, columns: Int = 51, rows: Int = 51, tolerance: Double = 0.01,
            x: ClosedRange<Double> = -1...1, y: ClosedRange<Double> = -1...1
        ) throws {
            let xs = Slices.coordinates(from: x.lowerBound, to: x.upperBound, count: columns)
            let ys = Slices.coordinates(from: y.lowerBound, to: y.upperBound, count: rows)
            let full = ys.flatMap { y in xs.map { f($0, y) } }
            var asked: [[Int]] = []
            surface = try AdaptiveSurface(x: xs, y: ys, tolerance: tolerance) { points in
                asked.append(points)
                return points.map { full[$0] }
            }
            self.full = full
            self.asked = asked
            let flat = asked.flatMap { $0 }
            #expect(Set(flat).count == flat.count, "no point is asked twice")
            #expect(asked.allSatisfy { $0 == $0.sorted() })
            #expect(Set(flat) == Set(surface.isEvaluated.indices.filter { surface.isEvaluated[$0] }))
            for index in flat { #expect(surface.values[index] == full[index] || full[index].isNaN) }
        }

        var evaluations: Int { surface.evaluationCount }
        /// The true largest error as a share of the true range.
        var error: Double {
            let range = full.max()! - full.min()!
            return zip(surface.values, full).map { abs($0 - $1) }.max()! / range
        }
        /// The same between logarithms.
        var logarithmicError: Double {
            let range = log(full.max()! / full.min()!)
            return zip(surface.values, full).map { abs(log($0 / $1)) }.max()! / range
        }
    }

    static let smooth: [(name: String, f: Function, most: Int)] = [
        ("quadratic", { 1 + $0 * $0 + 3 * $1 * $1 + 0.5 * $0 * $1 }, 170),
        ("quartic", { $0 * $0 * $0 * $0 + 2 * $1 * $1 * $1 * $1 + $0 * $0 * $1 * $1 + 0.3 * $0 }, 170),
        ("growth", { 1 + exp(4 * ($0 + 0.5 * $1)) }, 260),
        ("narrow valley", { ($0 - 0.3) * ($0 - 0.3) + 100 * $1 * $1 }, 170),
        ("rotated valley", { ($0 + $1) * ($0 + $1) + 100 * ($0 - $1 - 0.2) * ($0 - $1 - 0.2) }, 170),
        ("bent valley", { 1 + pow(1 - 2 * $0, 2) + 100 * pow(2 * $1 - 4 * $0 * $0, 2) }, 500),
        ("minimum off the grid", { (0.01 + pow($0 - 0.33, 2) + pow($1 + 0.41, 2)).squareRoot() }, 390),
        ("blunt fold", { (0.003 + 0.01 * pow($0 + $1, 2) + pow($0 - $1, 2)).squareRoot() }, 390),
    ]

    /// Every point, evaluated or not, is within the stated error, and that within the tolerance.
    @Test(arguments: smooth.indices) func smoothSurfacesAreCheap(_ index: Int) throws {
        let (name, f, most) = Self.smooth[index]
        let trial = try Trial(f)
        #expect(trial.surface.outcome == .converged, "\(name)")
        #expect(trial.surface.error <= 0.01 && trial.surface.checkCount >= 48)
        #expect(
            trial.error <= max(trial.surface.error, 1e-12), "\(name): \(trial.error) against \(trial.surface.error)")
        #expect(trial.evaluations <= most, "\(name): \(trial.evaluations)")
    }

    /// A cubic spline is exact for cubic polynomials, so that nothing but rounding is left.
    @Test func polynomialsAreExact() throws {
        let trial = try Trial({ 2 + $0 * $0 * $0 - $1 * $1 * $0 + 4 * $1 * $1 * $1 }, x: -2...3, y: 10...14)
        #expect(trial.surface.outcome == .converged && trial.error < 1e-13 && trial.surface.error < 1e-12)
        let constant = try Trial { _, _ in 0.1 }
        #expect(constant.surface.outcome == .converged && constant.surface.error == 0)
        #expect(constant.surface.values.allSatisfy { abs($0 - 0.1) < 1e-15 })
    }

    @Test(arguments: [0.001, 0.01, 0.05]) func tolerancesCostWhatTheyAreWorth(_ tolerance: Double) throws {
        let f: Function = { 2 + sin(3 * $0 + 1) * cos(2 * $1) + 0.3 * $0 * $1 }
        let trial = try Trial(f, tolerance: tolerance)
        #expect(trial.surface.outcome == .converged && trial.surface.error <= tolerance)
        #expect(trial.error <= trial.surface.error)
        #expect(trial.evaluations < (tolerance < 0.005 ? 900 : 390), "\(trial.evaluations)")
    }

    /// The logarithm of exp(quadratic) is a quadratic, which its spline has exactly; on three decades the valley counts as well.
    @Test func logarithmsWhereTheyAreSmoother() throws {
        let trial = try Trial { exp(1 + 3 * $0 * $0 + 4 * $1 * $1 - $0 * $1) }
        #expect(trial.surface.isLogarithmic && trial.surface.outcome == .converged)
        #expect(trial.error < 1e-12 && trial.logarithmicError < 1e-12)
        let decades = try Trial { 1e-3 + pow($0 - 0.1, 2) + 30 * pow($1, 4) }
        #expect(decades.logarithmicError <= 0.01 && decades.error <= 0.01)
        #expect(try !Trial { $0 * $0 - $1 }.surface.isLogarithmic)
    }

    /// Noise, ripples finer than the gaps and slanted edges are no splines: everything is evaluated, and said to be.
    @Test func roughSurfacesAreEvaluatedWhole() throws {
        let rough: [Function] = [
            { x, y in sin(1e4 * (x + 2) * (y + 3.7)) }, { $0 * $0 + $1 * $1 + 0.1 * sin(40 * $0) * sin(37 * $1) },
            { $0 + $1 > 0.13 ? 1 : 0 }, { abs($0 + $1 - 0.13) },
        ]
        for f in rough {
            let trial = try Trial(f)
            #expect(trial.surface.outcome == .tooRough && trial.evaluations == 2601)
            #expect(trial.surface.values == trial.full && trial.surface.error == 0 && trial.surface.checkCount == 0)
        }
    }

    @Test func lossesThatAreNotFiniteEndIt() throws {
        for hole in [Double.infinity, .nan] {
            let trial = try Trial { $0 > 0.9 && $1 > 0.9 ? hole : $0 * $0 + $1 }
            #expect(trial.surface.outcome == .notFinite && trial.evaluations == 2601)
        }
        // Seen at the one point where it lies, only when everything is evaluated.
        let late = try Trial { $0 == -0.96 && $1 == -0.96 ? .nan : sin(40 * $0 * $1 + 30 * $0) }
        #expect(late.surface.outcome == .notFinite && late.evaluations == 2601)
    }

    @Test(arguments: [
        (1, 51), (51, 1), (51, 20), (20, 51), (21, 21), (101, 101), (33, 4), (3, 200), (1, 400),
    ]) func gridsOfAllShapes(_ columns: Int, _ rows: Int) throws {
        let f: Function = { 1 + ($0 - 0.2) * ($0 - 0.2) + exp($1) * (1.5 + sin(2 * $0)) }
        let trial = try Trial(f, columns: columns, rows: rows, x: -1...2, y: -0.5...1.5)
        #expect(trial.surface.outcome == .converged)
        #expect(trial.error <= trial.surface.error && trial.surface.error <= 0.01)
        #expect(trial.evaluations <= min(columns * rows * 3 / 4, 300), "\(trial.evaluations)")
    }

    @Test(arguments: [(1, 1), (1, 2), (3, 3), (7, 7), (11, 11), (9, 12), (1, 13), (13, 13)])
    func smallGridsAreEvaluatedWhole(_ columns: Int, _ rows: Int) throws {
        let trial = try Trial({ 3 * $0 + $1 * $1 }, columns: columns, rows: rows)
        #expect(trial.surface.outcome == .tooSmall && trial.evaluations == columns * rows && trial.surface.error == 0)
        #expect(trial.asked.count == 1 && trial.surface.values == trial.full)
    }

    /// The grid turned over costs the same kind of work, so that rows and columns are not mixed up.
    @Test func rowsAreYAndColumnsAreX() throws {
        let f: Function = { exp(2.5 * $0) + 0.2 * $1 }
        let (wide, high) = (
            try Trial(f, columns: 81, rows: 31), try Trial({ f($1, $0) }, columns: 31, rows: 81)
        )
        #expect(wide.error <= 0.01 && high.error <= 0.01)
        #expect(wide.surface.outcome == .converged && high.surface.outcome == .converged)
    }

    /// Losses known from an interrupted computation lead to the same points, values and estimates to the last bit.
    @Test func theSameLossesGiveTheSameSurface() throws {
        let f: Function = { 1 + exp(2 * $0 * $0) + sin(4 * $1 + $0) }
        let (first, second) = (try Trial(f), try Trial(f))
        #expect(first.asked == second.asked && first.asked.count > 2)
        #expect(first.surface.values.map(\.bitPattern) == second.surface.values.map(\.bitPattern))
        #expect(first.surface.error == second.surface.error)
        #expect(throws: LandscapeError.self) {
            try AdaptiveSurface(x: [0], y: [0], tolerance: 0.1) { _ in throw LandscapeError.interrupted }
        }
    }

    /// The origin is evaluated wherever the grid holds it: it is the loss of the weights under study.
    @Test func theOriginIsEvaluated() throws {
        let trial = try Trial({ $0 * $0 + $1 }, columns: 41, rows: 61, x: -0.5...1.5, y: -0.5...1.5)
        let row = Slices.coordinates(from: -0.5, to: 1.5, count: 61).firstIndex(of: 0)!
        let column = Slices.coordinates(from: -0.5, to: 1.5, count: 41).firstIndex(of: 0)!
        #expect(trial.surface.isEvaluated[row * 41 + column])
    }

    /// Random fields of several length scales and shapes: the tolerance holds on every one that is filled, and the stated error as well
    /// but for single near misses.
    @Test func statedErrorsHoldOnRandomFields() throws {
        var (filled, above, worst) = (0, 0, 0.0)
        for seed in 0..<60 {
            let trial = try Trial(RandomField(seed).value)
            guard trial.surface.outcome == .converged else { continue }
            filled += 1
            if trial.error > trial.surface.error { above += 1 }
            worst = max(worst, trial.error / trial.surface.error)
            #expect(trial.error <= 0.01, "field \(seed): \(trial.error)")
        }
        // Some are too rough, and are evaluated whole.
        #expect(filled >= 40 && filled < 60 && above <= 1 && worst < 1.2, "\(filled) filled, \(above) above, \(worst)")
    }
}

/// Sums of waves with random wave vectors, alone, exponentiated, on a bowl, softened and on a cone.
private struct RandomField: Sendable {
    private let waves: [(kx: Double, ky: Double, phase: Double)]
    private let shape: Int
    private let centre: (x: Double, y: Double)
    private let stretch: (x: Double, y: Double)

    init(_ seed: Int) {
        var state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
        func uniform() -> Double {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Double(state >> 11) / 9_007_199_254_740_992
        }
        func normal() -> Double { (-2 * log(1 - uniform())).squareRoot() * cos(2 * .pi * uniform()) }
        for _ in 0..<20 { _ = uniform() }
        let length = [0.15, 0.25, 0.4, 0.9][seed % 4]
        let flat = uniform() < 0.3 ? 0.3 : 1
        let angle = .pi * uniform()
        waves = (0..<100).map { _ in
            // Student's t with 3 degrees of freedom for every other field: a Matérn covariance, twice differentiable at most.
            let chi = (0..<3).reduce(0) { sum, _ in sum + pow(normal(), 2) } / 3
            let scale = seed % 2 == 0 ? length : length * chi.squareRoot()
            let (u, v) = (normal() / scale, flat * normal() / scale)
            return (cos(angle) * u - sin(angle) * v, sin(angle) * u + cos(angle) * v, 2 * .pi * uniform())
        }
        shape = seed % 5
        centre = (0.2 * normal(), 0.2 * normal())
        stretch = (0.3 + 2.7 * uniform(), 0.3 + 2.7 * uniform())
    }

    @Sendable func value(_ x: Double, _ y: Double) -> Double {
        let field = waves.reduce(0) { $0 + cos($1.kx * x + $1.ky * y + $1.phase) } / 50.0.squareRoot()
        let bowl = stretch.x * pow(x - centre.x, 2) + stretch.y * pow(y - centre.y, 2)
        return switch shape {
        case 0: field
        case 1: exp(field)
        case 2: 5 + 3 * bowl + 0.3 * field
        case 3: log(1 + exp(2 * bowl + 0.3 * field))
        default: (1 + 10 * bowl).squareRoot() + 0.1 * field
        }
    }
}

@Suite struct CubicSplineTests {
    /// sin on uneven nodes: the error falls with the fourth power of the spacing; cubics are exact for any number of nodes from 4.
    @Test func convergesWithTheFourthPower() throws {
        func error(_ count: Int) -> Double {
            let nodes = (0..<count).map { 3 * pow(Double($0) / Double(count - 1), 1.2) }
            let spline = CubicSpline(nodes: nodes)
            return (0...500).map { Double($0) * 0.006 }.map { t in
                abs(zip(spline.weights(at: t), nodes).reduce(0) { $0 + $1.0 * sin($1.1) } - sin(t))
            }.max()!
        }
        let (coarse, fine) = (error(11), error(21))
        #expect(fine < 1e-4 && coarse / fine > 11 && coarse / fine < 24)
        for nodes in [[0, 1, 2.5, 3], [-1, 0, 0.1, 4, 9], [0, 2, 3, 4, 7, 8.5]] {
            let spline = CubicSpline(nodes: nodes)
            for t in [-0.5, 0, 0.7, 2.9, 3] {
                let value = zip(spline.weights(at: t), nodes).reduce(0) { $0 + $1.0 * ($1.1 * $1.1 * $1.1 - $1.1) }
                #expect(abs(value - (t * t * t - t)) < 1e-10)
            }
        }
    }

    @Test func fewNodesGiveTheirPolynomial() {
        #expect(CubicSpline(nodes: [3]).weights(at: 9) == [1])
        #expect(CubicSpline(nodes: [0, 2]).weights(at: 0.5) == [0.75, 0.25])
        let parabola = zip(CubicSpline(nodes: [0, 1, 3]).weights(at: 2), [0.0, 1, 9]).reduce(0) { $0 + $1.0 * $1.1 }
        #expect(abs(parabola - 4) < 1e-14)
    }
}
