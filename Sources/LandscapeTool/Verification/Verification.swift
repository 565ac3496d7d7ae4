import Archive
import Foundation
import Landscape
import Networks
import Smoothing
import Tensor
import TimeSeries

/// Recomputes numbers of a result file and compares them with what it holds.
struct Verification {
    /// One comparison.
    struct Number {
        /// What it is: variant and path, for points with coordinates.
        let object: String
        let stored: Double
        let recomputed: Double
        /// What the difference may be.
        let allowed: Double

        /// |recomputed − stored|, relative to the larger in magnitude; NaN where one of them has no magnitude.
        var difference: Double {
            if isIdentical { return 0 }
            let scale = max(abs(stored), abs(recomputed))
            return abs(recomputed - stored) / (scale > 0 ? scale : 1)
        }
        /// Whether all bits are the same; 0 and −0 are one number.
        var isIdentical: Bool { stored == recomputed || (stored.isNaN && recomputed.isNaN) }
        /// Infinite and undefined numbers agree with their like alone.
        var agrees: Bool {
            isIdentical || (stored.isFinite && recomputed.isFinite && abs(recomputed - stored) <= allowed)
        }
    }

    /// Weights of a variant by their SHA-256.
    struct Weights {
        let variant: String
        let stored: String
        let recomputed: String
        var agrees: Bool { stored == recomputed }
    }

    /// A point of a line, plane or volume.
    struct Point {
        let variant: Int
        let grid: Int
        let index: Int
    }

    let run: ProbeRun
    let record: RunRecord
    /// Relative, of a number whose sums may be ordered in another way.
    let tolerance: Double
    /// Whether the loss of a point has the same bits wherever it is computed in a run, as on processors.
    let isExact: Bool
    private(set) var weights: [Weights] = []
    private(set) var numbers: [Number] = []
    /// Points that could be drawn.
    let possible: Int
    /// Those that were.
    let points: [Point]
    /// Paths below the variants of which something was recomputed.
    private var touched: Set<String> = []

    /// - Parameters:
    ///   - samples: how many points to draw; all of them where there are fewer.
    ///   - seed: of the draw.
    init(
        _ run: ProbeRun, of stored: StoredRun, samples: Int, seed: UInt64, tolerance: Double
    ) {
        record = stored.record
        isExact = stored.configuration.device == "cpu"
        (self.run, self.tolerance) = (run, tolerance)
        let all = record.variants.enumerated().flatMap { number, variant in
            variant.grids.enumerated().flatMap { position, grid in
                grid.column("loss") == nil
                    ? []
                    : grid.status.indices.filter { grid.status[$0] == .done }.map {
                        Point(variant: number, grid: position, index: $0)
                    }
            }
        }
        possible = all.count
        var random = StableRandom(seed: seed)
        var left = Array(all.indices)
        // The first of a shuffled deck, then in the order of the file.
        for place in 0..<min(samples, left.count) { left.swapAt(place, place + random.below(left.count - place)) }
        points = left.prefix(samples).sorted().map { all[$0] }
    }

    /// Computes everything; one variant after the other, as the run did.
    mutating func perform(eigen: Bool) throws {
        let objective = try run.workspace.makeObjective(workers: run.workers)
        let axes = try makeAxes(objective)
        let progress = Log.Progress("verify, variants and points", total: record.variants.count + points.count)
        var done = 0
        for (index, stored) in record.variants.enumerated() {
            guard let variant = run.settings.variants.first(where: { $0.name == stored.name }) else {
                throw Exit.Failure(
                    .badData, "\(record.path): variant \(stored.name) is not among those of the manifest")
            }
            let θ = try run.weights.flat(variant)
            weights.append(Weights(variant: stored.name, stored: stored.weightsSHA256, recomputed: try run.hash(θ)))
            try scalars(stored, VariantPoint(objective, at: θ), eigen: eigen)
            compareCentres(stored)
            if let axes { try compareCosines(stored, axes) }
            done += 1
            progress.set(done)
            for point in points where point.variant == index {
                try compare(stored, stored.grids[point.grid], point.index, variant, axes, objective, around: θ)
                done += 1
                progress.set(done)
            }
            run.weights.releaseAuxiliary()
        }
    }

    /// The axes, where a point that was drawn lies on them: some take a search of eigenvectors.
    private func makeAxes(_ objective: Objective) throws -> SliceAxes? {
        let isNeeded = points.contains { point in
            let grid = record.variants[point.variant].grids[point.grid]
            return grid.name == run.settings.axes.name || grid.id == .plane(ConvexityMeasure.name)
        }
        guard isNeeded, run.settings.axisCount > 0 else { return nil }
        return try run.makeAxes(objective, count: run.settings.axisCount)
    }

    private mutating func put(
        _ object: String, _ stored: Double, _ recomputed: Double, allowed: Double? = nil
    ) {
        let allowed = allowed ?? tolerance * max(abs(stored), abs(recomputed))
        numbers.append(Number(object: object, stored: stored, recomputed: recomputed, allowed: allowed))
    }

    // MARK: Numbers of a variant

    private mutating func scalars(_ stored: VariantRecord, _ point: VariantPoint, eigen: Bool) throws {
        if let loss = stored.scalar("loss"), loss.status == .done {
            let value = try point.loss()
            put("\(stored.name) loss", loss.value, value.mean)
            put("\(stored.name) loss, standard error", loss.standardError, value.standardError)
            touched.insert("loss")
        }
        if let norm = stored.scalar("gradient_norm"), norm.status == .done {
            put("\(stored.name) gradient_norm", norm.value, try point.gradient().euclideanNorm())
            touched.insert("gradient_norm")
        }
        if eigen, let array = stored.largestEigenvalues, array.status == .done, array.isConverged.first == true,
            let value = array.values.first, let target = run.targets.first(where: { $0.group == "curvature" })
        {
            let progress = Log.Progress("\(stored.name) λ max, products", total: run.settings.maxProducts)
            let spectrum = try Curvature.eigenpairs(
                run.problem(point.objective, point.θ, target), gradient: point.gradient(), largest: 1, smallest: 0,
                tolerance: run.settings.tolerance, basisSize: run.basisSize(), checkBlock: run.checkBlock,
                maximumProducts: run.settings.maxProducts, explores: !run.settings.exactSearch,
                progress: { progress.set($0) })
            if let pair = spectrum.largest.first {
                // Each of both has an eigenvalue within its residual.
                let allowed = array.residuals[0] * abs(value) + pair.absoluteResidual + tolerance * abs(value)
                put("\(stored.name) curvature/eigenvalues[0]", value, pair.value, allowed: allowed)
                touched.insert("curvature/eigenvalues")
            }
        }
        point.releaseGradient()
    }

    /// The centre of a slice around the weights is their loss.
    private mutating func compareCentres(_ stored: VariantRecord) {
        guard let loss = stored.scalar("loss"), loss.status == .done else { return }
        if case .trajectory = run.settings.axes { return }
        for grid in stored.grids where isAlongAxes(grid) {
            guard let centre = grid.centre, grid.status[centre] == .done, let losses = grid.column("loss")
            else { continue }
            put(
                "\(stored.name) \(grid.id), centre beside the loss", losses[centre], loss.value,
                allowed: isExact ? 0 : nil)
        }
    }

    private func isAlongAxes(_ grid: GridRecord) -> Bool {
        grid.name == run.settings.axes.name || grid.id == .plane(ConvexityMeasure.name)
    }

    private mutating func compareCosines(_ stored: VariantRecord, _ axes: SliceAxes) throws {
        for grid in stored.grids where isAlongAxes(grid) {
            for (name, value) in try axes.attributes(grid.kind).sorted(by: { $0.key < $1.key }) {
                guard name.hasPrefix("cosine"), let found = value.number,
                    let known = grid.attributes[name]?.number
                else { continue }
                put("\(stored.name) \(grid.id), \(name)", known, found, allowed: tolerance)
            }
        }
    }

    // MARK: Points

    private mutating func compare(
        _ stored: VariantRecord, _ grid: GridRecord, _ index: Int, _ variant: Variant, _ axes: SliceAxes?,
        _ objective: Objective, around θ: Tensor
    ) throws {
        let coordinates = grid.position(index)
        let name = "\(stored.name) \(grid.id) at \(grid.placeText(index))"
        let place: Tensor
        if let line = TheoryMeasure.lines.first(where: { .line($0.name) == grid.id }) {
            place = try run.weights.flat(line.variant(coordinates[0]))
        } else if grid.id == ProbeRun.path {
            place = try run.pathGeometry().point(coordinates)
        } else if let axes, isAlongAxes(grid) {
            place = try axes.geometry(grid.kind, around: θ).point(coordinates)
        } else {
            throw Exit.Failure(.badData, "\(record.path): \(stored.name) \(grid.id) is no slice of this run's settings")
        }
        let value = try objective.loss(at: place)
        put(name, grid.column("loss")?[index] ?? .nan, value.mean)
        if let error = grid.column("standard_error")?[index] {
            put("\(name), standard error", error, value.standardError)
        }
    }

    // MARK: Verdict

    var total: Int { weights.count + numbers.count }
    var agreeing: Int { weights.count { $0.agrees } + numbers.count { $0.agrees } }
    var identical: Int { weights.count { $0.agrees } + numbers.count { $0.isIdentical } }

    /// Paths of numbers that the file holds and nothing here recomputed.
    var untouched: [String] {
        var paths: [String] = []
        for path in record.variants.flatMap({ $0.scalars.map(\.path) + $0.arrays.map(\.path) })
        where !touched.contains(path) && !paths.contains(path) { paths.append(path) }
        return paths
    }
}
