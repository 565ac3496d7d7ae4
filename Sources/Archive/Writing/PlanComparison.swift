/// Finds out whether a file holds exactly what a plan asks for.
struct PlanComparison {
    let layout: RunLayout
    let record: RunRecord

    /// Throws `fingerprintMismatch` or `planMismatch`, naming the first difference.
    func check() throws(ArchiveError) {
        guard record.fingerprint == layout.plan.fingerprint else {
            throw .fingerprintMismatch(
                path: record.path, expected: layout.plan.fingerprint, found: record.fingerprint)
        }
        try equal(
            "attributes shard and shards", layout.plan.shard?.description ?? "none, the whole run",
            record.shard?.description ?? "none, the whole run")
        try equal("variants", layout.variants.map(\.plan.name), record.variants.map(\.name))
        for (variant, found) in zip(layout.variants, record.variants) {
            try check(variant, found)
        }
    }

    private func check(_ variant: VariantLayout, _ found: VariantRecord) throws(ArchiveError) {
        let plan = variant.plan
        let name = plan.name
        try equal("\(name): group", variant.group, "variants/" + found.groupName)
        try equal("\(name): kind", plan.kind, found.kind)
        try equal("\(name): weights_sha256", plan.weightsSHA256, found.weightsSHA256)
        try equal("\(name): parameters", plan.parameters, found.parameters)
        try equal("\(name): scalars", plan.scalars.map(\.path).sorted(), found.scalars.map(\.path).sorted())
        try equal("\(name): arrays", plan.arrays.map(\.path).sorted(), found.arrays.map(\.path).sorted())
        for array in plan.arrays {
            guard let other = found.array(array.path) else { continue }
            let object = "\(name): \(array.path)"
            try equal("\(object): shape", array.dimensions.map(\.count), other.shape)
            try equal("\(object): dimensions", array.dimensions.map(\.name), other.dimensions.map(\.name))
            try equal("\(object): companions", array.companions.map(\.name), other.companions.map(\.name))
            for dimension in array.dimensions {
                if case .values(let values) = dimension.coordinate {
                    try equal("\(object): \(dimension.name)", values, other.dimension(dimension.name) ?? [])
                }
            }
        }
        for kind in GridKind.allCases {
            let (expected, others) = (variant.grids.filter { $0.kind == kind }, found.grids.filter { $0.kind == kind })
            try equal("\(name): \(kind.folder)", expected.map(\.name), others.map(\.name))
            for (grid, other) in zip(expected, others) {
                let object = "\(name): \(kind) \(grid.name)"
                for (axis, values) in zip(kind.axes, zip(grid.coordinates, other.coordinates)).reversed() {
                    try equal("\(object): \(axis)", values.0, values.1)
                }
                try equal("\(object): columns", grid.columns.map(\.name), other.columns.map(\.name))
            }
        }
    }

    private func equal<Value: Equatable>(
        _ object: String, _ expected: Value, _ found: Value
    ) throws(ArchiveError) {
        guard expected == found else {
            throw .planMismatch(
                path: record.path, object: object, expected: brief(expected), found: brief(found))
        }
    }

    private func brief(_ value: some Equatable) -> String {
        if let numbers = value as? [Double] {
            let ends = numbers.count > 1 ? " from \(numbers[0]) to \(numbers[numbers.count - 1])" : " \(numbers)"
            return "\(numbers.count) values\(ends)"
        }
        let text = "\(value)"
        return text.count <= 200 ? text : text.prefix(200) + "..."
    }
}
