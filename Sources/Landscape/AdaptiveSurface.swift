import Foundation

/// Losses on a whole grid from evaluations at some of its points, the others interpolated, with an error that was measured at points
/// left out of the interpolation.
///
/// The interpolant is the tensor product of cubic splines through the losses, or through their logarithms, on chosen columns × rows of
/// the grid. Each round evaluates the points where these cross, then points that the interpolant does not use: one in the middle of
/// every gap between chosen columns and between chosen rows, where leaving out a neighbouring node changes the spline most; the
/// middles of the cells where it does so; the origin; and points spread evenly over the grid (the additive sequence of M. Roberts, 2018, "The
/// unreasonable effectiveness of quasirandom sequences", on the plastic number). The error is three times the largest
/// difference found there. While it is above the tolerance, the gaps that show it are halved; once it is not, the cells around the largest difference and
/// around the smallest loss are looked at as well. Beyond three quarters of the grid the rest is evaluated too.
///
/// Where the losses are positive and span two decades, differences of their logarithms over the range of these are held to the
/// tolerance as well: such a surface is read on a logarithmic scale.
///
/// The estimate is no bound. What falls between all the points evaluated is not seen: a spike narrower than a gap can be missed.
/// docs/decisions.md says how often it failed on random fields.
///
/// A deterministic function of the losses: an interrupted computation that is given the same losses again asks for the same points.
public struct AdaptiveSurface: Sendable {
    /// How the computation ended.
    public enum Outcome: Sendable, Equatable {
        /// The estimated error is within the tolerance.
        case converged
        /// The grid has too few points for a gain; all were evaluated.
        case tooSmall
        /// The tolerance was not reached with three quarters of the points; all were evaluated.
        case tooRough
        /// A loss is infinite or NaN; all points were evaluated.
        case notFinite
    }

    /// Row by row, `values[j * x.count + i]` at (x[i], y[j]).
    public let values: [Double]
    /// Which of them were evaluated.
    public let isEvaluated: [Bool]
    /// How it ended.
    public let outcome: Outcome
    /// The estimated largest error of an interpolated value, as a share of the range of the losses; 0 where all were evaluated.
    public let error: Double
    /// Evaluated points that the interpolant did not use, on which the error rests.
    public let checkCount: Int
    /// Whether logarithms of the losses were interpolated.
    public let isLogarithmic: Bool

    /// The number of points evaluated.
    public var evaluationCount: Int { isEvaluated.count { $0 } }

    /// Largest differences at points left out are multiplied by this.
    public static let safetyFactor = 3.0

    /// Finds the surface.
    ///
    /// Cost: at most one evaluation per grid point; on smooth surfaces 130 to 500, whatever the size of the grid.
    ///
    /// - Parameters:
    ///   - x, y: ascending coordinates.
    ///   - tolerance: the largest error allowed, as a share of the range of the losses, between 0 and 1.
    ///   - evaluate: the losses at some points, given by ascending positions in `values` that were not asked before.
    public init(x: [Double], y: [Double], tolerance: Double, evaluate: ([Int]) throws -> [Double]) throws {
        precondition(tolerance > 0 && tolerance < 1, "the tolerance is a share")
        precondition(!x.isEmpty && !y.isEmpty, "a grid has points")
        var work = AdaptiveRefinement(x: x, y: y, tolerance: tolerance)
        outcome = try work.run(evaluate)
        let accepted = outcome == .converged ? work.accepted : nil
        values = work.known.indices.map { index in work.known[index] ?? accepted?.values[index] ?? .nan }
        isEvaluated = work.known.map { $0 != nil }
        error = accepted?.error ?? 0
        checkCount = accepted?.checkCount ?? 0
        isLogarithmic = accepted?.isLogarithmic ?? false
    }
}

/// The state of ``AdaptiveSurface`` while it is found.
struct AdaptiveRefinement {
    /// An interpolant, and what its errors at points left out are.
    struct Candidate {
        let values: [Double]
        let isLogarithmic: Bool
        /// By position in the grid; shares of the range.
        var errors: [(index: Int, share: Double)] = []

        var checkCount: Int { errors.count }
        var largest: Double { errors.map(\.share).max() ?? 0 }
        var error: Double { AdaptiveSurface.safetyFactor * largest }
    }

    let x: [Double]
    let y: [Double]
    let tolerance: Double
    /// Losses by position; `nil` where none was evaluated.
    var known: [Double?]
    private var columns: GridNodes
    private var rows: GridNodes
    /// The interpolant of the last round.
    private(set) var accepted: Candidate?

    init(x: [Double], y: [Double], tolerance: Double) {
        self.x = x
        self.y = y
        self.tolerance = tolerance
        known = [Double?](repeating: nil, count: x.count * y.count)
        columns = GridNodes(x)
        rows = GridNodes(y)
    }

    private func index(_ row: Int, _ column: Int) -> Int { row * x.count + column }
    private var mostEvaluations: Int { known.count * 3 / 4 }
    /// Of one round, which ends all being well.
    private var leastEvaluations: Int {
        let nodes = columns.nodes.count * rows.nodes.count
        let cells = min(8, columns.gaps.count * rows.gaps.count)
        let around = 2 * min(3, columns.nodes.count) * min(3, rows.nodes.count)
        return nodes + columns.gaps.count + rows.gaps.count + cells + spreadCount + around
    }
    /// How many of the points left out are spread over the grid.
    private var spreadCount: Int {
        let nodes = columns.nodes.count * rows.nodes.count
        return max(nodes / 8, min(24, nodes / 2))
    }
    private var knownCount: Int { known.count { $0 != nil } }
    private var isFinite: Bool { known.allSatisfy { $0?.isFinite ?? true } }
    private var range: (low: Double, high: Double) {
        let losses = known.compactMap { $0 }
        return (losses.min() ?? 0, losses.max() ?? 0)
    }
    private var spansDecades: Bool { range.low > 0 && range.high / range.low > 100 }

    /// Rounds of evaluation, check and refinement.
    mutating func run(_ evaluate: ([Int]) throws -> [Double]) throws -> AdaptiveSurface.Outcome {
        func finish(_ outcome: AdaptiveSurface.Outcome) throws -> AdaptiveSurface.Outcome {
            try ask(Array(known.indices), evaluate)
            return isFinite ? outcome : .notFinite
        }
        guard leastEvaluations <= mostEvaluations else { return try finish(.tooSmall) }
        while true {
            try ask(rows.nodes.flatMap { row in columns.nodes.map { index(row, $0) } }, evaluate)
            guard isFinite else { return try finish(.notFinite) }
            guard knownCount <= mostEvaluations else { return try finish(.tooRough) }
            let nodeValues = rows.nodes.map { row in columns.nodes.map { known[index(row, $0)]! } }
            var surpluses = [Surplus(nodeValues, columns: columns, rows: rows)]
            if spansDecades {
                surpluses.append(Surplus(nodeValues.map { $0.map { log($0) } }, columns: columns, rows: rows))
            }
            try ask(surpluses.flatMap(checks), evaluate)
            guard isFinite, var best = candidate(nodeValues) else { return try finish(.notFinite) }
            if best.error <= tolerance {
                // Before it is believed, once more around the largest error found and around the smallest loss.
                try ask(furtherChecks(best), evaluate)
                guard isFinite, let again = candidate(nodeValues) else { return try finish(.notFinite) }
                best = again
            }
            guard knownCount <= mostEvaluations else { return try finish(.tooRough) }
            accepted = best
            if best.error <= tolerance { return .converged }
            refine(best, surpluses[surpluses.count - 1])
        }
    }

    private mutating func ask(_ wanted: [Int], _ evaluate: ([Int]) throws -> [Double]) throws {
        let missing = Set(wanted).filter { known[$0] == nil }.sorted()
        guard !missing.isEmpty else { return }
        let losses = try evaluate(missing)
        precondition(losses.count == missing.count, "one loss per point")
        for (index, loss) in zip(missing, losses) { known[index] = loss }
    }

    // MARK: Points left out

    /// Where the interpolant is to be checked.
    private func checks(_ surplus: Surplus) -> [Int] {
        var points: [Int] = []
        // The weights under study themselves.
        if let row = y.firstIndex(of: 0), let column = x.firstIndex(of: 0) { points.append(index(row, column)) }
        for gap in columns.gaps {
            points.append(index(rows.nodes[surplus.worstRow(columnGap: gap)], columns.middle(gap)))
        }
        for gap in rows.gaps {
            points.append(index(rows.middle(gap), columns.nodes[surplus.worstColumn(rowGap: gap)]))
        }
        let cells = rows.gaps.flatMap { row in columns.gaps.map { (row: row, column: $0) } }
        let worst = cells.map { (cell: $0, size: surplus.along(x: $0) + surplus.along(y: $0)) }
            .sorted { ($1.size, $0.cell.row, $0.cell.column) < ($0.size, $1.cell.row, $1.cell.column) }
        for (cell, _) in worst.prefix(8) { points.append(index(rows.middle(cell.row), columns.middle(cell.column))) }

        var wanted = spreadCount
        for k in 1...(4 * wanted) where wanted > 0 {
            let position = Double(k)
            let row = rows.offNode((position * 0.5698402909980532).fractionalPart)
            let column = columns.offNode((position * 0.7548776662466927).fractionalPart)
            guard !(rows.isNode(row) && columns.isNode(column)) else { continue }
            points.append(index(row, column))
            wanted -= 1
        }
        return points
    }

    /// The middles of the 3 × 3 cells around the largest error and around the smallest loss.
    private func furtherChecks(_ candidate: Candidate) -> [Int] {
        let worst = candidate.errors.max { $0.share < $1.share }?.index
        let lowest = known.indices.min { known[$0] ?? .infinity < known[$1] ?? .infinity }
        return [worst, lowest].compactMap { $0 }.flatMap { centre in
            rows.middles(around: centre / x.count).flatMap { row in
                columns.middles(around: centre % x.count).map { index(row, $0) }
            }
        }
    }

    /// The better of the interpolants of losses and of their logarithms; `nil` where neither is finite.
    private func candidate(_ nodeValues: [[Double]]) -> Candidate? {
        let (low, high) = range
        let spansDecades = spansDecades
        var candidates = [Candidate(values: interpolated(nodeValues), isLogarithmic: false)]
        if low > 0 {
            let logarithms = interpolated(nodeValues.map { $0.map { log($0) } })
            candidates.append(Candidate(values: logarithms.map { exp($0) }, isLogarithmic: true))
        }
        candidates = candidates.filter { candidate in
            candidate.values.allSatisfy { $0.isFinite && (!spansDecades || $0 > 0) }
        }
        for position in candidates.indices {
            for (index, loss) in known.enumerated() {
                guard let loss, !(rows.isNode(index / x.count) && columns.isNode(index % x.count)) else { continue }
                let value = candidates[position].values[index]
                var share = high > low ? abs(value - loss) / (high - low) : 0
                if spansDecades { share = max(share, abs(log(value / loss)) / log(high / low)) }
                candidates[position].errors.append((index, share))
            }
        }
        return candidates.min { $0.largest < $1.largest }
    }

    /// The tensor spline on all points of the grid.
    private func interpolated(_ nodeValues: [[Double]]) -> [Double] {
        let alongX = columns.weights
        let narrow = nodeValues.map { values in
            alongX.map { weights in zip(weights, values).reduce(0) { $0 + $1.0 * $1.1 } }
        }
        return rows.weights.flatMap { weights in
            x.indices.map { column in weights.indices.reduce(0) { $0 + weights[$1] * narrow[$1][column] } }
        }
    }

    // MARK: Refinement

    /// Halves the gaps in which errors were found. An error on a chosen row is the columns' fault, one on a chosen column the rows'; others are laid to
    /// the direction with the larger surplus, unless a gap beside them is halved anyway.
    private mutating func refine(_ candidate: Candidate, _ surplus: Surplus) {
        let allowed = tolerance / AdaptiveSurface.safetyFactor
        // Both directions add up to the error in the middle of a cell.
        let part = allowed / 2
        var (badColumns, badRows) = (Set<Int>(), Set<Int>())
        for (index, share) in candidate.errors where share > part {
            let (row, column) = (index / x.count, index % x.count)
            if rows.isNode(row) { badColumns.insert(columns.gap(of: column)) }
            if columns.isNode(column) { badRows.insert(rows.gap(of: row)) }
        }
        let seen = (columns: badColumns, rows: badRows)
        for (index, share) in candidate.errors where share > allowed {
            let (row, column) = (index / x.count, index % x.count)
            guard !rows.isNode(row), !columns.isNode(column) else { continue }
            let cell = (row: rows.gap(of: row), column: columns.gap(of: column))
            guard !seen.columns.contains(cell.column), !seen.rows.contains(cell.row) else { continue }
            if surplus.along(x: cell) >= surplus.along(y: cell) {
                badColumns.insert(cell.column)
            } else {
                badRows.insert(cell.row)
            }
        }
        columns.halve(badColumns)
        rows.halve(badRows)
    }
}

extension Double {
    fileprivate var fractionalPart: Double { self - rounded(.down) }
}
