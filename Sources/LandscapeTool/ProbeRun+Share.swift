import Archive
import ArgumentParser
import Networks

/// `--shard i/n`.
extension RunShard: ExpressibleByArgument {
    /// Two numbers such as 2/4.
    public init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let index = parts[0], let count = parts[1], count <= 100_000 else { return nil }
        self.init(index: index, count: count)
    }
}

/// Which items belong to this process when `--shard` splits the run: what is computed together stays together, and neighbours on a
/// slice, which cost the same, go to different shards.
extension ProbeRun {
    /// The number of the unit that each path belongs to. A unit is computed in one go at each set of weights; they are counted in
    /// the order of ``VariantAnalysis``.
    static func units(
        _ settings: ProbeSettings, _ targets: [CurvatureTarget], _ layout: ParameterLayout,
        _ sharpness: SharpnessMeasures
    ) -> [String: Int] {
        var units: [[String]] = [["loss"], ["gradient_norm"]]
        if settings.selfCheck { units.append(SelfCheckMeasure(settings: settings).scalars.map(\.path)) }
        for target in targets {
            let density = DensityMeasure(target: target, settings: settings)
            units.append(EigenMeasure(target: target, settings: settings).arrays.map(\.path))
            units.append(TraceMeasure(target: target, settings: settings).scalars.map(\.path))
            units.append(
                DiagonalMeasure(target: target, settings: settings, layout: layout).arrays.map(\.path))
            units.append(density.scalars.map(\.path) + density.arrays.map(\.path))
        }
        units.append(PreconditionedMeasure(settings: settings).scalars.map(\.path))
        units += sharpness.units
        let numbered = units.enumerated().flatMap { index, paths in paths.map { ($0, index) } }
        return Dictionary(numbered, uniquingKeysWith: { first, _ in first })
    }

    /// Whether the number or array at `path` is this process's to compute.
    func owns(_ path: String, of variant: String) -> Bool {
        // From one variant to the next the units move on, so that the expensive ones of all variants meet different shards.
        owns(units[path] ?? 0, of: variant)
    }

    private func owns(_ ordinal: Int, of variant: String) -> Bool {
        guard let shard = settings.shard else { return true }
        let position = settings.variants.firstIndex { $0.name == variant } ?? 0
        return (ordinal + position) % shard.count == shard.index - 1
    }

    /// Whether an item is this process's to compute.
    func owns(_ item: RunItem) -> Bool {
        switch item {
        case .scalar(let variant, let path), .array(let variant, let path): owns(path, of: variant)
        case .point(_, _, let index): ownsPoint(index)
        }
    }

    /// Whether a point of a slice is this process's: the same one for all variants, which are compared point by point.
    private func ownsPoint(_ index: Int) -> Bool {
        settings.shard.map { index % $0.count == $0.index - 1 } ?? true
    }

    /// The points of a slice that are pending and this process's.
    func pending(_ statuses: [ItemStatus], of variant: String) -> [Int] {
        statuses.indices.filter { statuses[$0] == .pending && ownsPoint($0) }
    }

    /// Progress over the points of a slice that are this process's.
    func progress(_ title: String, _ statuses: [ItemStatus], of variant: String) -> Log.Progress {
        let own = statuses.indices.count { ownsPoint($0) }
        return Log.Progress(title, total: own, done: own - pending(statuses, of: variant).count)
    }
}
