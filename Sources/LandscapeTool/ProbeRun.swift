import Archive
import Checkpoints
import Forecasters
import Foundation
import Krylov
import Landscape
import Networks
import Reports
import Smoothing
import Tensor

/// One probe: plans the file, fills in what is pending.
struct ProbeRun {
    let workspace: Workspace
    var settings: ProbeSettings
    let workers: Int
    /// The processes that share the work; `nil` alone.
    let ranks: RankGroup?
    let command: [String]
    let weights: VariantWeights
    /// The matrices of --operators, over all parameters and over --blocks.
    let targets: [CurvatureTarget]
    /// The measures of --sharpness.
    let sharpness: SharpnessMeasures
    /// Losses that further variants are compared with.
    let pairs = PairedDifferences()
    /// For a run in bfloat16: the same run in float32.
    var precisionCheck: PrecisionCheck?
    /// What is computed together; empty unless a shard needs to know.
    let units: [String: Int]
    /// SHA-256 of the weights of --auxiliary.
    let auxiliaryHash: String?
    /// SHA-256 of the files among the variants and the axes, by path.
    let fileHashes: [String: String]
    /// Of those files, before they were read.
    private let stamps: InputStamps

    init(
        _ workspace: Workspace, _ settings: ProbeSettings, workers: Int, ranks: RankGroup? = nil, command: [String]
    ) throws {
        self.ranks = ranks
        self.workspace = workspace
        self.settings = settings
        self.workers = workers
        self.command = command
        let unmatched = settings.exclude.unmatched(in: workspace.model.layout)
        guard unmatched.isEmpty else {
            throw Exit.Failure(.usage, "--exclude: no parameter matches \(unmatched.joined(separator: ", "))")
        }
        sharpness = try SharpnessMeasures(
            settings.sharpness, layer: settings.flatnessLayer, workspace: workspace)
        targets = try CurvatureTarget.all(
            matrices: settings.matrices, blocks: settings.blocks, layout: workspace.model.layout)
        units = settings.shard == nil ? [:] : ProbeRun.units(settings, targets, workspace.model.layout, sharpness)
        var paths = settings.variants.compactMap { variant in
            if case .file(let path) = variant { path } else { nil }
        }
        paths += settings.axes.paths
        stamps = InputStamps(paths + [settings.auxiliary].compactMap(\.self))
        let auxiliary = try settings.auxiliary.map {
            try AuxiliaryWeights($0, for: workspace.model, dtype: workspace.dtype)
        }
        auxiliaryHash = auxiliary?.hash
        var hashes: [String: String] = [:]
        for path in paths {
            hashes[path] = try Checkpoint(URL(fileURLWithPath: path)).sha256()
        }
        fileHashes = hashes
        weights = try VariantWeights(
            model: workspace.model, pretrained: workspace.pretrained, auxiliary: auxiliary?.flat,
            excluded: settings.exclude,
            seed: settings.seed)
    }

    // MARK: Plan

    /// The variant that carries the path θ₂ → θ₁, which belongs to all.
    var pathHolder: Variant { settings.variants.contains(.pretrained) ? .pretrained : settings.variants[0] }

    /// The line of the path.
    static let path = GridID.line("path")

    /// Its points, from θ₂ at 0 to θ₁ at 1.
    func pathGeometry() throws -> SliceGeometry {
        try .path(first: workspace.pretrained.flat, second: weights.auxiliary)
    }

    var pathCoordinates: [Double] { Slices.coordinates(from: 0, to: 1, count: settings.points) }

    func plan(_ axes: SliceAxes?) throws -> RunPlan {
        let variants = try settings.variants.map { variant -> VariantPlan in
            VariantPlan(
                name: variant.name, kind: variant.kind, alpha: variant.parameter,
                weightsSHA256: try hash(weights.flat(variant)),
                parameters: workspace.model.layout.count,
                attributes: variant.positionOnPath.map { ["position_on_path": .double($0)] } ?? [:], scalars: scalars(),
                arrays: arrays(), lines: try lines(for: variant, axes), planes: try planes(for: variant, axes),
                volumes: try slices(.volume, variant, axes))
        }
        return RunPlan(
            title: "Loss landscape of \(workspace.model.architecture)",
            command: command.map(\.quotedForShell).joined(separator: " "),
            seed: settings.seed, software: Version.software,
            manifestJSON: try manifestJSON(), fingerprint: try fingerprint(),
            attributes: [
                "source": .string(workspace.dataPath), "model": .string(workspace.model.family),
                "architecture": .string(workspace.model.architecture), "parameters": .int(workspace.model.layout.count),
                "windows": .int(workspace.windows.count), "task": .string(workspace.task.rawValue),
                "target_variance": .double(try workspace.targetVariance()),
                "loss": .string(workspace.loss.rawValue), "precision": .string(workspace.dtype.description),
            ], variants: variants, shard: settings.shard)
    }

    private func arrays() -> [ArrayPlan] {
        targets.flatMap { target in
            (settings.has(.eigen) ? EigenMeasure(target: target, settings: settings).arrays : [])
                + (settings.has(.diagonal) ? diagonal(target).arrays : [])
                + (settings.has(.density) ? DensityMeasure(target: target, settings: settings).arrays : [])
        } + (settings.has(.sharpness) ? sharpness.arrays : [])
    }

    /// The measure of a target's diagonal.
    func diagonal(_ target: CurvatureTarget) -> DiagonalMeasure {
        DiagonalMeasure(target: target, settings: settings, layout: workspace.model.layout)
    }

    /// SHA-256 of a flat parameter vector's bytes in the precision of the run.
    func hash(_ θ: Tensor) throws -> String {
        var hash = SHA256()
        let piece = 1 << 20
        let width = workspace.dtype.byteWidth
        var bytes = [UInt8](repeating: 0, count: piece * width)
        for start in stride(from: 0, to: θ.count, by: piece) {
            let count = min(piece, θ.count - start)
            try bytes.withUnsafeMutableBytes { buffer in
                let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(count * width)])
                try θ.narrowed(0, from: start, count: count).copyBytes(into: part)
                hash.update(UnsafeRawBufferPointer(part))
            }
        }
        return hash.finalized()
    }

    private func scalars() -> [ScalarPlan] {
        var plans: [ScalarPlan] = []
        if settings.has(.loss) {
            plans.append(
                ScalarPlan(
                    path: "loss", longName: "mean loss over the windows", units: "loss",
                    attributes: ["windows": .int(workspace.windows.count)]))
        }
        if settings.has(.gradient) {
            plans.append(ScalarPlan(path: "gradient_norm", longName: "Euclidean norm of the gradient", units: "loss"))
        }
        for target in targets {
            if settings.has(.trace) { plans += TraceMeasure(target: target, settings: settings).scalars }
            if settings.has(.density) { plans += DensityMeasure(target: target, settings: settings).scalars }
        }
        if settings.has(.preconditioned) { plans += PreconditionedMeasure(settings: settings).scalars }
        if settings.selfCheck { plans += SelfCheckMeasure(settings: settings).scalars }
        if settings.has(.sharpness) { plans += sharpness.scalars }
        return plans
    }

    /// What is measured at each point of a line.
    private var lineColumns: [ColumnPlan] {
        let derivatives = [
            ColumnPlan(name: "gradient_norm", longName: "Euclidean norm of the gradient", units: "loss"),
            ColumnPlan(name: "slope", longName: "derivative of the loss along the line", units: "loss"),
            ColumnPlan(name: "curvature", longName: "second derivative of the loss along the line", units: "loss"),
        ]
        return ColumnPlan.lossAndError(units: "loss") + (settings.derivatives ? derivatives : [])
    }

    /// What several random directions show beside the first.
    private var seedColumns: [ColumnPlan] {
        guard settings.drawsSeveralDirections else { return [] }
        return [
            ColumnPlan(name: "directions_mean", longName: "mean loss over the random directions", units: "loss"),
            ColumnPlan(name: "directions_deviation", longName: "its standard deviation over them", units: "loss"),
            ColumnPlan(name: "directions_min", longName: "smallest loss of a direction", units: "loss"),
            ColumnPlan(name: "directions_max", longName: "largest loss of a direction", units: "loss"),
        ]
    }

    private func pairColumns(_ variant: Variant, points: Int) -> [ColumnPlan] {
        variant != settings.variants[0] && isPaired(points: points) ? PairedDifferences.columns : []
    }

    /// Whether further variants' slices along the axes are compared with the first one's.
    func isPaired(points: Int) -> Bool {
        PairedDifferences.apply(settings, points: points, windows: workspace.windows.count)
    }

    private var precisionAttributes: [String: AttributeValue] {
        workspace.dtype == .bfloat16 ? PrecisionCheck.attributes : [:]
    }

    /// The slice of a kind along the axes, where there is one around a variant.
    private func slices(_ kind: GridKind, _ variant: Variant, _ axes: SliceAxes?) throws -> [GridPlan] {
        guard let counts = settings.slices.first(where: { $0.kind == kind })?.counts, let axes, carries(variant, axes)
        else { return [] }
        let points = counts.reduce(1, *)
        var columns = (kind == .line ? lineColumns : ColumnPlan.lossAndError(units: "loss")) + seedColumns
        let isAdaptive = kind == .plane && settings.adaptiveTolerance != nil
        if !isAdaptive { columns += pairColumns(variant, points: points) }
        var attributes = try axes.attributes(kind)
        attributes["seed"] = .unsigned(settings.seed)
        attributes["directions"] = .int(settings.drawsSeveralDirections ? settings.directionSeeds : 1)
        for more in [
            marks(axes, along: kind.rawValue), precisionAttributes,
            SliceShapes.attributes(kind, joinsWeights: axes.centre != nil && axes.trajectory == nil),
            isAdaptive ? settings.adaptiveTolerance.map(AdaptivePlane.attributes) ?? [:] : [:],
        ] {
            attributes.merge(more) { $1 }
        }
        let coordinates = counts.map {
            Slices.coordinates(from: settings.range.low, to: settings.range.high, count: $0)
        }
        return [GridPlan(name: axes.name, coordinates: coordinates, columns: columns, attributes: attributes)]
    }

    private func lines(for variant: Variant, _ axes: SliceAxes?) throws -> [GridPlan] {
        var plans = try slices(.line, variant, axes)
        if settings.has(.path) && variant == pathHolder {
            plans.append(
                GridPlan(
                    name: ProbeRun.path.name, t: pathCoordinates, columns: lineColumns,
                    attributes: ["axis": "alpha theta1 + (1 - alpha) theta2", "seed": .unsigned(settings.seed)]
                        .merging(SliceShapes.attributes(.line, joinsWeights: true)) { $1 }
                        .merging(precisionAttributes) { $1 }))
        }
        if settings.has(.theory) && variant == pathHolder { plans += TheoryMeasure(settings: settings).plans }
        return plans
    }

    private func planes(for variant: Variant, _ axes: SliceAxes?) throws -> [GridPlan] {
        var plans = try slices(.plane, variant, axes)
        if settings.has(.convexity), let axes, carries(variant, axes) {
            plans.append(ConvexityMeasure(settings: settings).plan(try axes.attributes(.plane)))
        }
        return plans
    }

    /// A slice through given weights is one for all variants and stands under the first; other slices surround each.
    func carries(_ variant: Variant, _ axes: SliceAxes) -> Bool {
        axes.centre == nil || variant == settings.variants[0]
    }

    /// The other weights that lie on a slice, or the trajectory it was made for: names and coordinates.
    private func marks(_ axes: SliceAxes, along dimensions: Int) -> [String: AttributeValue] {
        if let trajectory = axes.trajectory { return TrajectoryAttributes.of(trajectory, along: dimensions) }
        let found = axes.marks.filter { mark in mark.coordinates.dropFirst(dimensions).allSatisfy { abs($0) < 1e-6 } }
        guard !found.isEmpty else { return [:] }
        var result: [String: AttributeValue] = [
            "marks": .strings(found.map(\.name))
        ]
        for (index, name) in ["x", "y", "z"].prefix(dimensions).enumerated() {
            result["marks_\(name)"] = .doubles(found.map { $0.coordinates[index] })
        }
        return result
    }

    // MARK: Execution

    func execute(output: URL, resume: Bool, overwrite: Bool) throws {
        let objective = try workspace.makeObjective(workers: workers, ranks: ranks)
        try objective.verifyDeterminism(at: workspace.pretrained.flat)
        var resolved = self
        var axes: SliceAxes?
        do {
            if settings.axisCount > 0 { axes = try makeAxes(objective, count: settings.axisCount) }
            if let factor = settings.automaticFactor, let axes {
                resolved.settings.range = try automaticRange(objective, axes, factor)
            }
        } catch LandscapeError.interrupted {
            throw Exit.Failure(.resumable, "stopped before anything was written; give the same command again")
        } catch LandscapeError.rankLost(let what) {
            throw Exit.Failure(.resumable, "\(what); nothing was written yet, give the same command again")
        }
        try resolved.execute(objective, axes, output: output, resume: resume, overwrite: overwrite)
    }

    /// The same range for all variants, found around the pre-trained weights.
    private func automaticRange(
        _ objective: Objective, _ axes: SliceAxes, _ factor: Double
    ) throws -> (low: Double, high: Double) {
        let found = try AutomaticRange(
            objective, at: workspace.pretrained.flat, along: axes.vectors, factor: factor)
        if found.isReached {
            Log.info(
                "the loss has risen by a factor of \(Number.text(factor)) at ±\(Number.text(found.radius)); that is the range"
            )
        } else {
            Log.warning(
                "no distance was found at which the loss has risen by a factor of \(Number.text(factor)); the range is ±\(Number.text(found.radius))"
            )
        }
        return (-found.radius, found.radius)
    }

    private func execute(
        _ objective: Objective, _ axes: SliceAxes?, output: URL, resume: Bool, overwrite: Bool
    ) throws {
        let plan = try plan(axes)
        // By now all of them have been read.
        try stamps.requireUnchanged()
        let file = try openFile(plan, axes, output: output, resume: resume, overwrite: overwrite)
        do {
            for (variant, planned) in zip(settings.variants, plan.variants) {
                let analysis = VariantAnalysis(
                    run: self, objective: objective, file: file, variant: variant, plan: planned, axes: axes)
                try analysis.execute()
            }
        } catch LandscapeError.interrupted {
            throw Exit.Failure(
                .resumable, "stopped; what is done is in \(output.path), go on with the same command and --resume")
        } catch LandscapeError.rankLost(let what) {
            throw Exit.Failure(
                .resumable,
                "\(what); what is done is in \(output.path), go on with the same command and --resume")
        }
        if let ranks, !ranks.isWriter { return }
        // A shard holds no whole slice and not all variants: shapes and differences come with the merge.
        if settings.shard == nil {
            try SliceShapes.store(in: file)
            try SharpnessMeasures.storeDifferences(in: file)
        }
        try file.complete(owning: owns)
        try file.close()
    }
}
