import Krylov
import Tensor

/// Curvature at points of the path αθ₁ + (1 − α)θ₂ and at its controls, and how far the Hessian is from affine on the path.
///
/// Smoothed Full Fine-tuning argues with ∇²L(θ₃) ≈ α∇²L(θ₁) + (1 − α)∇²L(θ₂). A quadratic loss would make both sides equal to one
/// constant matrix; for any other the statement is an assumption, with the defect
///
///     D(α) = ‖H₃ − αH₁ − (1 − α)H₂‖_F / ‖αH₁ + (1 − α)H₂‖_F,
///
/// estimated here by the same random signs at every point: E‖Az‖² = ‖A‖_F². Given a small D, λmax(H₃) is at most about
/// αλmax(H₁) + (1 − α)λmax(H₂), because λmax is convex.
public final class PathCurvature {
    /// What is computed at each point.
    public struct Settings: Sendable {
        /// Random signs for trace, Frobenius norm and defect; at least 2.
        public var probes: Int
        /// Relative residual of both extreme eigenvalues.
        public var tolerance: Double
        /// Limit of the products of their search.
        public var maximumProducts: Int
        /// See ``Lanczos/basisSize``.
        public var basisSize: Int?
        /// See ``CurvatureGraphs``.
        public var graphMemory: Int?
        /// Whether the products at the ends are kept, 2 · probes vectors, or taken again for every point.
        public var keepsProducts: Bool
        /// Whether eigenvectors are searched with differences of gradients first.
        public var explores: Bool
        /// Of all random vectors.
        public var seed: UInt64

        /// Settings of a path.
        public init(
            probes: Int, tolerance: Double, maximumProducts: Int, basisSize: Int? = nil, graphMemory: Int? = nil,
            keepsProducts: Bool = true, explores: Bool = true, seed: UInt64
        ) {
            self.probes = probes
            self.tolerance = tolerance
            self.maximumProducts = maximumProducts
            self.basisSize = basisSize
            self.graphMemory = graphMemory
            self.keepsProducts = keepsProducts
            self.explores = explores
            self.seed = seed
        }
    }

    /// An eigenvalue with its evidence.
    public struct Extreme: Sendable, Equatable {
        /// λ.
        public var value: Double
        /// ‖Hv − λv‖/|λ|.
        public var residual: Double
        /// Whether the residual is within the tolerance.
        public var converged: Bool
    }

    /// The curvature at a point.
    public struct Point: Sendable, Equatable {
        /// L.
        public var loss: LossValue
        /// ‖∇L‖.
        public var gradientNorm: Double
        /// λmax.
        public var largest: Extreme
        /// λmin.
        public var smallest: Extreme
        /// Tr H.
        public var trace: Estimated
        /// ‖H‖_F.
        public var frobeniusNorm: Estimated
        /// D(α), where the point is on the path.
        public var defect: Estimated?
        /// The products taken.
        public var products: Int
    }

    private let objective: Objective
    private let ends: (first: Tensor, second: Tensor)
    private let settings: Settings
    private var kept: [Int: [FlatVector]] = [:]
    private var endExtremes: (first: Extreme, second: Extreme)?

    /// Binds a path to an objective.
    ///
    /// - Parameters:
    ///   - first: θ₁, at α = 1.
    ///   - second: θ₂, at α = 0.
    public init(_ objective: Objective, first: Tensor, second: Tensor, _ settings: Settings) throws {
        guard settings.probes >= 2 else {
            throw KrylovError.invalidParameter(name: "probes", value: "\(settings.probes)", requirement: "2 or more")
        }
        self.objective = objective
        self.settings = settings
        ends = (first, second)
    }

    private func problem(_ θ: Tensor) -> Curvature.Problem {
        Curvature.Problem(objective, at: θ, graphMemory: settings.graphMemory, seed: settings.seed)
    }

    /// αλmax(H₁) + (1 − α)λmax(H₂). The first call searches both, at about 60 products.
    public func affineBound(_ α: Double) throws -> Double {
        let known = try endExtremes ?? (extreme(ends.first), extreme(ends.second))
        endExtremes = known
        return α * known.first.value + (1 - α) * known.second.value
    }

    private func extreme(_ θ: Tensor) throws -> Extreme {
        let spectrum = try Curvature.eigenpairs(
            problem(θ), gradient: objective.gradient(at: θ), largest: 1, smallest: 0, tolerance: settings.tolerance,
            basisSize: settings.basisSize, maximumProducts: settings.maximumProducts, explores: settings.explores)
        return PathCurvature.extreme(spectrum.largest)
    }

    private static func extreme(_ pairs: [Eigenpair<FlatVector>]) -> Extreme {
        pairs.first.map { Extreme(value: $0.value, residual: $0.residual, converged: $0.converged) }
            ?? Extreme(value: .nan, residual: .nan, converged: false)
    }

    /// The curvature at θ.
    ///
    /// - Parameter α: where θ lies on the path; `nil` for a control, which has no defect.
    ///
    /// Cost: one forward pass, one gradient, the search of both extreme eigenvalues (30 to 80 products), one product for each
    /// probe, and for a point on the path two more for each probe the first time (every time, where they are not kept).
    public func evaluate(at θ: Tensor, on α: Double?, progress: (@Sendable (Int) -> Void)? = nil) throws -> Point {
        let before = objective.work.product
        let loss = try objective.loss(at: θ)
        let gradient = try objective.gradient(at: θ)
        guard try gradient.isFinite else { throw LandscapeError.nonFiniteDerivative("the gradient") }
        let problem = problem(θ)
        // One operator for all products at this point, so that its graphs are built once.
        let symmetric = problem.symmetric
        let spectrum = try Curvature.eigenpairs(
            problem, of: symmetric, gradient: gradient, largest: 1, smallest: 1, tolerance: settings.tolerance,
            basisSize: settings.basisSize, maximumProducts: settings.maximumProducts, explores: settings.explores,
            progress: progress)
        var (forms, squares, errors, sizes): ([Double], [Double], [Double], [Double]) = ([], [], [], [])
        for first in stride(from: 0, to: settings.probes, by: 4) {
            let block = Array(first..<min(settings.probes, first + 4))
            let probes = try block.map { try problem.signs("path", $0) }
            let products = try symmetric.apply(probes)
            for (z, product) in zip(probes, products) {
                forms.append(try z.dot(product))
                squares.append(try product.dot(product))
            }
            guard let α else { continue }
            let (one, two) = (try endProducts(block, 0, ends.first), try endProducts(block, 1, ends.second))
            for (index, product) in products.enumerated() {
                let mix = try one[index].tensor * α
                try mix.addInPlace(two[index].tensor, times: 1 - α)
                sizes.append(try mix.dot(mix))
                let difference = try product.tensor - mix
                errors.append(try difference.dot(difference))
            }
        }
        let (trace, square) = (SampleStatistics(forms), SampleStatistics(squares))
        let norm = square.mean.squareRoot()
        return Point(
            loss: loss, gradientNorm: try gradient.euclideanNorm(), largest: PathCurvature.extreme(spectrum.largest),
            smallest: PathCurvature.extreme(spectrum.smallest),
            trace: Estimated(value: trace.mean, standardError: trace.standardError),
            frobeniusNorm: Estimated(value: norm, standardError: norm > 0 ? square.standardError / (2 * norm) : 0),
            defect: α == nil ? nil : PathCurvature.ratio(errors, sizes), products: objective.work.product - before)
    }

    /// H z at an end for some probes, kept or taken anew.
    private func endProducts(_ block: [Int], _ end: Int, _ θ: Tensor) throws -> [FlatVector] {
        let key = 2 * block[0] + end
        if let known = kept[key] { return known }
        let problem = problem(θ)
        let products = try objective.products(at: θ, with: block.map { try problem.signs("path", $0).tensor })
            .map(FlatVector.init)
        if settings.keepsProducts { kept[key] = products }
        return products
    }

    /// √(Σa/Σb) with a jackknife standard error.
    private static func ratio(_ a: [Double], _ b: [Double]) -> Estimated {
        let (sumA, sumB) = (a.reduce(0, +), b.reduce(0, +))
        guard sumB > 0 else { return Estimated(value: sumA > 0 ? .infinity : 0, standardError: .nan) }
        let count = Double(a.count)
        let left = zip(a, b).map { a, b in (max(0, sumA - a) / max(sumB - b, .leastNormalMagnitude)).squareRoot() }
        let centre = left.reduce(0, +) / count
        let squares = left.reduce(0) { $0 + ($1 - centre) * ($1 - centre) }
        return Estimated(
            value: (sumA / sumB).squareRoot(), standardError: (squares * (count - 1) / count).squareRoot())
    }
}
