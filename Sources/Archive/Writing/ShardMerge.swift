/// The files of one run's shards, checked against each other, to be put together.
///
/// Cost: all numbers of all files in memory.
public struct ShardMerge: Sendable {
    private let records: [RunRecord]
    private let plan: RunPlan

    /// Reads and compares shards.
    ///
    /// Throws what ``RunReader/read(_:)`` throws; `notMergeable` where a file is no shard, belongs to another run or another
    /// number of shards, or repeats one; unless `partial`, `shardsMissing` and `shardPending`.
    ///
    /// - Parameter partial: whether shards may be missing or unfinished.
    public init(_ paths: [String], partial: Bool = false) throws(ArchiveError) {
        var records: [RunRecord] = []
        for path in paths { records.append(try RunReader.read(path)) }
        guard let first = records.first else {
            throw .invalidPlan(object: "the shards", expected: "at least one file", found: "none")
        }
        var plan = RunPlan(first)
        var holders: [Int: String] = [:]
        for record in records {
            guard let shard = record.shard else {
                throw .notMergeable(
                    path: record.path, other: record.path, object: "attributes shard and shards",
                    expected: "those of a file of `landscape probe --shard`", found: "none, a whole run")
            }
            let count = first.shard?.count ?? shard.count
            guard shard.count == count else {
                throw .notMergeable(
                    path: record.path, other: first.path, object: "attribute shards", expected: "\(count)",
                    found: "\(shard.count)")
            }
            plan.shard = shard
            try ShardMerge.compare(record, first, plan)
            if let holder = holders.updateValue(record.path, forKey: shard.index) {
                throw .notMergeable(
                    path: record.path, other: holder, object: "attribute shard", expected: "another shard",
                    found: "\(shard) in both")
            }
        }
        plan.shard = nil
        ShardMerge.settleCoordinates(&plan, records)
        self.records = records.sorted { ($0.shard?.index ?? 0) < ($1.shard?.index ?? 0) }
        self.plan = plan
        guard !partial else { return }
        let count = first.shard?.count ?? 0
        let missing = (1...max(1, count)).filter { holders[$0] == nil }
        guard missing.isEmpty else {
            throw .shardsMissing(given: paths.joined(separator: ", "), missing: missing, count: count)
        }
        for record in self.records where !record.isShardComplete {
            throw .shardPending(path: record.path, shard: record.shard?.description ?? "")
        }
    }

    /// Coordinates that every shard knows belong to the plan, whether the array is done or not.
    private static func settleCoordinates(_ plan: inout RunPlan, _ records: [RunRecord]) {
        for (v, variant) in plan.variants.enumerated() {
            for (a, array) in variant.arrays.enumerated() {
                for (d, dimension) in array.dimensions.enumerated() {
                    guard case .later = dimension.coordinate else { continue }
                    let found = records.map { $0.variant(variant.name)?.array(array.path)?.dimension(dimension.name) }
                    if let values = found[0], !values.contains(where: \.isNaN), found.allSatisfy({ $0 == values }) {
                        plan.variants[v].arrays[a].dimensions[d].coordinate = .values(values)
                    }
                }
            }
        }
    }

    /// The comparison of a resumed run, in the words of a merge.
    private static func compare(_ record: RunRecord, _ first: RunRecord, _ plan: RunPlan) throws(ArchiveError) {
        do throws(ArchiveError) {
            try PlanComparison(layout: RunLayout(plan), record: record).check()
        } catch {
            switch error {
            case .fingerprintMismatch(_, let expected, let found):
                throw .notMergeable(
                    path: record.path, other: first.path, object: "attribute fingerprint", expected: expected,
                    found: found)
            case .planMismatch(_, let object, let expected, let found):
                throw .notMergeable(
                    path: record.path, other: first.path, object: object, expected: expected, found: found)
            default: throw error
            }
        }
    }

    /// Writes everything that the shards hold into one file with the plan of the whole run, and leaves that open: what depends on
    /// whole slices is still to be written, and ``RunFile/complete(owning:)`` to be called.
    ///
    /// Throws what ``RunFile/create(at:plan:overwrite:)`` throws, and `notMergeable` where two shards hold one item.
    ///
    /// - Parameter command: what the file is to say made it.
    public func write(to path: String, command: String, overwrite: Bool) throws(ArchiveError) -> RunFile {
        var plan = plan
        plan.command = command
        // A plan's attribute holds at most 1000 texts.
        plan.attributes["merged_from"] = .strings(
            records.prefix(1000).map { "shard \($0.shard?.description ?? ""), \($0.created): \($0.command)" })
        // Before anything of an older file is lost.
        for variant in plan.variants { try check(variant) }
        let file = try RunFile.create(at: path, plan: plan, overwrite: overwrite)
        for variant in plan.variants { try write(variant, to: file) }
        return file
    }

    // MARK: - Items

    private func variants(_ name: String) -> [(path: String, variant: VariantRecord)] {
        records.compactMap { record in record.variant(name).map { (record.path, $0) } }
    }

    /// The only shard that holds an item; `nil` where it is pending in all.
    private func holder(
        _ shards: [(path: String, variant: VariantRecord)], _ object: String,
        _ status: (VariantRecord) -> ItemStatus?
    ) throws(ArchiveError) -> VariantRecord? {
        let holders = shards.filter { status($0.variant).map { $0 != .pending } ?? false }
        guard holders.count <= 1 else {
            throw .notMergeable(
                path: holders[1].path, other: holders[0].path, object: object, expected: "a value in one shard",
                found: "values in both")
        }
        return holders.first?.variant
    }

    private func check(_ plan: VariantPlan) throws(ArchiveError) {
        let shards = variants(plan.name)
        for scalar in plan.scalars {
            _ = try holder(shards, "\(plan.name): \(scalar.path)") { $0.scalar(scalar.path)?.status }
        }
        for array in plan.arrays {
            _ = try holder(shards, "\(plan.name): \(array.path)") { $0.array(array.path)?.status }
        }
        for grid in plan.grids {
            try check(shards, "\(plan.name): \(grid.kind) \(grid.name)") { $0.grid(grid.id)?.status }
        }
    }

    private func check(
        _ shards: [(path: String, variant: VariantRecord)], _ object: String,
        _ statuses: (VariantRecord) -> [ItemStatus]?
    ) throws(ArchiveError) {
        var holders: [Int: String] = [:]
        for (path, variant) in shards {
            for (index, status) in (statuses(variant) ?? []).enumerated() where status != .pending {
                guard let other = holders.updateValue(path, forKey: index) else { continue }
                throw .notMergeable(
                    path: path, other: other, object: "\(object), point \(index)", expected: "a value in one shard",
                    found: "values in both")
            }
        }
    }

    private func write(_ plan: VariantPlan, to file: RunFile) throws(ArchiveError) {
        let shards = variants(plan.name)
        for scalar in plan.scalars {
            let found = try holder(shards, scalar.path) { $0.scalar(scalar.path)?.status }
            guard let item = found?.scalar(scalar.path) else { continue }
            try file.setScalar(
                variant: plan.name, path: item.path, value: item.value, standardError: item.standardError,
                samples: item.samples, seconds: item.seconds,
                attributes: ShardMerge.numeric(item.attributes, planned: scalar.attributes), status: item.status)
        }
        for array in plan.arrays {
            let found = try holder(shards, array.path) { $0.array(array.path)?.status }
            guard let item = found?.array(array.path) else { continue }
            var coordinates: [String: [Double]] = [:]
            for dimension in array.dimensions {
                if case .later = dimension.coordinate { coordinates[dimension.name] = item.dimension(dimension.name) }
            }
            try file.setArray(
                variant: plan.name, path: item.path, values: item.values,
                companions: Dictionary(uniqueKeysWithValues: item.companions.map { ($0.name, $0.values) }),
                coordinates: coordinates, seconds: item.seconds,
                attributes: ShardMerge.numeric(item.attributes, planned: array.attributes), status: item.status)
        }
        for (_, shard) in shards {
            for grid in shard.grids {
                try file.setPoints(
                    variant: plan.name, of: grid.id,
                    grid.status.indices.filter { grid.status[$0] != .pending }.map { index in
                        GridPoint(
                            index: index, values: ShardMerge.values(grid.columns, index), status: grid.status[index])
                    })
            }
        }
    }

    private static func values(_ columns: [ColumnRecord], _ index: Int) -> [String: Double] {
        Dictionary(uniqueKeysWithValues: columns.map { ($0.name, $0.values[index]) })
    }

    /// The numbers that a measure may have written with its value.
    private static func numeric(
        _ found: [String: AttributeValue], planned: [String: AttributeValue]
    ) -> [String: AttributeValue] {
        found.filter { name, value in value.isNumeric && planned[name]?.shape == value.shape }
    }
}
