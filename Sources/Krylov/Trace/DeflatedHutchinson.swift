/// The trace and the Frobenius norm of a symmetric operator: exactly on a Krylov subspace, by random probes outside it.
///
/// With an orthonormal basis Q of a Krylov space of dimension k, P = I − QQᵀ and probes z with E[zzᵀ] = I,
///
///     Tr H   = Tr(QᵀHQ) + E[(Pz)ᵀH(Pz)],
///     ‖H‖_F² = ‖HQ‖_F²  + E[‖H P z‖²].
///
/// Lanczos gives QᵀHQ = T and ‖HQ‖_F² = ‖T‖_F² + β² without a further product, where Hutch++ (Meyer, Musco, Musco & Woodruff
/// 2021) pays two products for every dimension of its sketch, and a Krylov space holds the outlying eigenvectors sooner
/// than a sketch does. What is left to chance has the variance 2‖PHP‖_F² instead of 2‖H‖_F². Given Q the samples are
/// independent, so the standard error is an ordinary one (Chen & Hallman, *SIAM J. Matrix Anal. Appl.* 44, 2023, with f(x) = x).
///
/// **How far to deflate.** A few pilot probes estimate ‖PHP‖_F as k grows, at no further products. The basis grows while that
/// lowers the predicted number of products for the target (or the predicted error for the budget). Where the spectrum has no
/// outliers it stays empty and this is plain ``Hutchinson``.
///
/// Costs one product for every dimension of the basis and every probe; `maximumBasis` + 2 · pilots + blockSize vectors.
public struct DeflatedHutchinson: Sendable {
    /// When to stop.
    public var budget: TraceBudget
    /// The largest dimension of the Krylov space, which bounds the memory; 0 is plain Hutchinson.
    public var maximumBasis: Int
    /// See ``Lanczos/noiseFloor``.
    public var noiseFloor: Double

    /// Probes that are taken first and decide on the basis.
    static let pilots = 4
    /// How many steps without a better prediction end the growth; Ritz values converge in spurts.
    static let patience = 6

    /// Describes an estimate; nothing is checked before it runs.
    public init(budget: TraceBudget, maximumBasis: Int = 128, noiseFloor: Double = 1e-12) {
        self.budget = budget
        self.maximumBasis = maximumBasis
        self.noiseFloor = noiseFloor
    }

    /// Estimates by products with a Krylov space from `start` and with the probes `probe(0)`, `probe(1)`, …
    ///
    /// - Parameters:
    ///   - symmetric: The operator.
    ///   - blockSize: How many probes the operator is given at once.
    ///   - start: Where the Krylov space starts; it must not depend on the probes, or the estimate is biased. It is overwritten.
    ///   - probe: Gives the i-th random probe: independent entries of mean 0 and variance 1. It is overwritten.
    ///   - progress: Called with the number of products; throw from it to cancel.
    /// - Throws: ``KrylovError``, and whatever the operator, the vectors and the closures throw.
    public func run<Operator: SymmetricOperator>(
        _ symmetric: Operator, blockSize: Int = 1, start: () throws -> Operator.Vector,
        probe: (Int) throws -> Operator.Vector, progress: ((Int) throws -> Void)? = nil
    ) throws -> TraceEstimate {
        try budget.validate(atLeast: 2)
        guard blockSize >= 1 else {
            throw KrylovError.invalidParameter(name: "blockSize", value: "\(blockSize)", requirement: "1 or more")
        }
        var products = 0
        var sample = DeflatedSample<Operator.Vector>(dimension: symmetric.dimension, noiseFloor: noiseFloor)
        let pilots = min(Self.pilots, budget.maximumProducts)
        for first in stride(from: 0, to: pilots, by: blockSize) {
            let block = first..<min(pilots, first + blockSize)
            let given = try block.map { try checkedProbe($0, probe) }
            let results = try symmetric.checkedProducts(given, before: products)
            for (z, y) in zip(given, results) { try sample.addPilot(z, y) }
            products += block.count
            try progress?(products)
        }
        try grow(&sample, symmetric, products: &products, start: start, progress: progress)
        sample.dropPilots()
        var count = pilots
        while true {
            var estimate = sample.estimate
            estimate.products = products
            if let estimate = finished(&estimate, count, sample) { return estimate }
            let block = count..<(count + min(blockSize, budget.maximumProducts - products))
            var given = try block.map { try checkedProbe($0, probe) }
            for index in given.indices { try sample.project(&given[index]) }
            let results = try symmetric.checkedProducts(given, before: products)
            for (z, y) in zip(given, results) { try sample.add(projected: z, y) }
            products += block.count
            count += block.count
            try progress?(products)
        }
    }

    private func finished<Vector>(
        _ estimate: inout TraceEstimate, _ count: Int, _ sample: DeflatedSample<Vector>
    ) -> TraceEstimate? {
        estimate.converged = budget.isReached(estimate.trace, estimate.standardError, samples: count)
        // Nothing is left outside an invariant subspace that is the whole space.
        if sample.isWholeSpace { estimate.converged = true }
        let spent = estimate.products >= budget.maximumProducts || sample.isWholeSpace
        return spent || budget.stopsEarly(estimate.trace, estimate.standardError, samples: count) ? estimate : nil
    }

    /// Extends the Krylov space while that is predicted to pay.
    private func grow<Operator: SymmetricOperator>(
        _ sample: inout DeflatedSample<Operator.Vector>, _ symmetric: Operator, products: inout Int,
        start: () throws -> Operator.Vector, progress: ((Int) throws -> Void)?
    ) throws {
        let limit = min(
            maximumBasis, symmetric.dimension,
            budget.maximumProducts - products - max(0, budget.minimumSamples - sample.count))
        guard limit > 0, try sample.factorization.append(start(), index: 0) else { return }
        var best = (merit: merit(sample, products), size: 0)
        while sample.size < limit, sample.factorization.activeCount > 0 {
            try sample.factorization.expand(symmetric, count: 1)
            products += 1
            try sample.update()
            try progress?(products)
            let merit = merit(sample, products)
            if merit < best.merit { best = (merit, sample.size) }
            if sample.size - best.size >= Self.patience { return }
        }
    }

    /// What the basis so far predicts: the products to the target, or the variance at the end of the budget. Less is better.
    private func merit<Vector>(_ sample: DeflatedSample<Vector>, _ products: Int) -> Double {
        let variance = 2 * sample.remainingSquaredNorm
        let estimate = sample.estimate
        let spent = Double(products - sample.count)
        if let target = budget.relativeStandardError {
            let tolerance = target * abs(estimate.trace)
            let needed = tolerance > 0 ? variance / (tolerance * tolerance) : .infinity
            if spent + needed <= Double(budget.maximumProducts) {
                return spent + max(needed, Double(budget.minimumSamples))
            }
        }
        // Out of reach, or no target: the error when all is spent, as a number of products beyond the budget.
        return Double(budget.maximumProducts) + variance / max(1, Double(budget.maximumProducts) - spent)
    }
}

/// The samples of a run, and the Krylov space they are projected against.
struct DeflatedSample<Vector: KrylovVector> {
    var factorization: LanczosFactorization<Vector>
    private var pilots: [Pilot] = []
    private var forms: [Double] = []
    private var squares: [Double] = []

    /// A probe with its product. Its components along the basis vectors follow the growth of the basis.
    private struct Pilot {
        var z: Vector?
        var y: Vector?
        let form: Double
        let square: Double
        /// ⟨qᵢ, z⟩ for the basis.
        var c: [Double] = []
        /// ⟨qᵢ, y⟩ for the basis, the active vector included.
        var d: [Double] = []
    }

    init(dimension: Int, noiseFloor: Double) {
        factorization = LanczosFactorization(dimension: dimension, noiseFloor: noiseFloor)
    }

    /// The dimension of the Krylov space.
    var size: Int { factorization.columns }
    /// How many samples there are.
    var count: Int { pilots.count + forms.count }
    var isWholeSpace: Bool { factorization.columns == factorization.dimension }

    mutating func addPilot(_ z: Vector, _ y: Vector) throws {
        pilots.append(Pilot(z: z, y: y, form: try z.dot(y), square: try y.dot(y)))
    }

    /// Takes up the basis vectors that are new.
    mutating func update() throws {
        for index in pilots.indices {
            guard let z = pilots[index].z, let y = pilots[index].y else { continue }
            for vector in factorization.basis[pilots[index].c.count...] {
                pilots[index].c.append(try vector.dot(z))
                pilots[index].d.append(try vector.dot(y))
            }
        }
    }

    mutating func dropPilots() {
        for index in pilots.indices { (pilots[index].z, pilots[index].y) = (nil, nil) }
    }

    mutating func project(_ vector: inout Vector) throws {
        let basis = Array(factorization.basis[..<size])
        guard !basis.isEmpty else { return }
        _ = try Orthogonalization(&vector, against: basis)
    }

    mutating func add(projected z: Vector, _ y: Vector) throws {
        forms.append(try z.dot(y))
        squares.append(try y.dot(y))
    }

    /// Tc, one number for each basis vector, the active one included: the components of HQc.
    private func image(_ c: [Double]) -> [Double] {
        factorization.projection.map { row in zip(row, c).reduce(0) { $0 + $1.0 * $1.1 } }
    }

    /// (Pz)ᵀH(Pz), ‖HPz‖² and ‖PHPz‖² of a pilot.
    private func remaining(_ pilot: Pilot) -> (form: Double, square: Double, outside: Double) {
        guard size > 0 else { return (pilot.form, pilot.square, pilot.square) }
        let c = Array(pilot.c.prefix(size))
        let image = image(c)
        var (form, square) = (pilot.form, pilot.square)
        for i in 0..<size { form += c[i] * (image[i] - 2 * pilot.d[i]) }
        var inside = 0.0
        for (i, component) in image.enumerated() {
            square += component * (component - 2 * pilot.d[i])
            if i < size { inside += (pilot.d[i] - component) * (pilot.d[i] - component) }
        }
        square = max(0, square)
        return (form, square, max(0, square - inside))
    }

    /// The pilots' estimate of ‖PHP‖_F².
    var remainingSquaredNorm: Double {
        pilots.reduce(0) { $0 + remaining($1).outside } / Double(max(1, pilots.count))
    }

    var estimate: TraceEstimate {
        var (trace, square) = (0.0, 0.0)
        for column in 0..<size { trace += factorization.projection[column][column] }
        for row in factorization.projection { for entry in row.prefix(size) { square += entry * entry } }
        let known = pilots.map(remaining)
        if isWholeSpace {
            return TraceEstimate(quadraticForms: [trace, trace], squaredNorms: [square, square])
        }
        return TraceEstimate(
            quadraticForms: (known.map(\.form) + forms).map { trace + $0 },
            squaredNorms: (known.map(\.square) + squares).map { square + $0 })
    }
}
