/// A plan that has been checked, with the place of each object in the file.
struct RunLayout: Sendable {
    /// Schema of the files this module writes and reads. The number changes when the meaning of something changes; new
    /// groups, datasets or attributes do not change it.
    static let schema = "landscape/1"

    let plan: RunPlan
    let variants: [VariantLayout]
    private let positions: [String: Int]

    /// Checks a plan: names, paths, sizes, texts.
    init(_ plan: RunPlan) throws(ArchiveError) {
        self.plan = plan
        let groups = ObjectName.safe(plan.variants.map(\.name))
        var variants: [VariantLayout] = []
        var positions: [String: Int] = [:]
        for (variant, group) in zip(plan.variants, groups) {
            guard positions.updateValue(variants.count, forKey: variant.name) == nil else {
                throw .invalidPlan(object: "variants", expected: "different names", found: "\(variant.name) twice")
            }
            variants.append(try VariantLayout(variant, group: "variants/" + group))
        }
        self.variants = variants
        self.positions = positions
        let root = try PlanCheck.attributes(
            plan.attributes, of: "/", reserved: RunLayout.rootAttributes.union(RunShard.attributes))
        guard !root.contains(where: { $0.hasPrefix("software_") }) else {
            throw .invalidPlan(object: "attribute software_...", expected: "the plan's software", found: "an attribute")
        }
        for name in plan.software.keys {
            try PlanCheck.name("software_" + name, "attribute software_\(name)")
        }
        for text in [plan.title, plan.command, plan.manifestJSON, plan.fingerprint] + plan.software.values {
            try PlanCheck.text(text, "the text of the plan")
        }
    }

    /// The variant with this raw name.
    func variant(_ name: String, file: String) throws(ArchiveError) -> VariantLayout {
        guard let position = positions[name] else {
            throw .unknownObject(path: file, object: "variant \(name)", available: variants.map(\.plan.name))
        }
        return variants[position]
    }

    static let rootAttributes: Set<String> = [
        "complete", "schema", "Conventions", "title", "history", "created", "command", "seed", "fingerprint",
    ]
}

/// Where the objects of one variant lie.
struct VariantLayout: Sendable {
    let plan: VariantPlan
    /// Path of the group, without a leading "/".
    let group: String
    /// Lines, planes, volumes.
    let grids: [GridLayout]

    static let attributes: Set<String> = ["name", "kind", "alpha", "weights_sha256", "parameters"]

    init(_ plan: VariantPlan, group: String) throws(ArchiveError) {
        self.plan = plan
        self.group = group
        for text in [plan.name, plan.kind, plan.weightsSHA256] { try PlanCheck.text(text, "variant \(plan.name)") }
        _ = try PlanCheck.attributes(plan.attributes, of: "variant \(plan.name)", reserved: VariantLayout.attributes)

        var grids: [GridLayout] = []
        for (kind, plans) in plan.gridsByKind {
            for (grid, name) in zip(plans, ObjectName.safe(plans.map(\.name))) {
                guard grid.coordinates.count == kind.axes.count else {
                    throw .invalidPlan(
                        object: "\(kind.folder) of \(plan.name)", expected: "\(kind.axes.count) coordinate(s)",
                        found: "\(grid.name) with \(grid.coordinates.count)")
                }
                grids.append(try GridLayout(grid, group: "\(group)/\(kind.folder)/\(name)"))
            }
            let names = plans.map(\.name)
            guard Set(names).count == names.count else {
                throw .invalidPlan(
                    object: "\(kind.folder) of \(plan.name)", expected: "different names", found: "\(names)")
            }
        }
        self.grids = grids
        try checkPaths()
    }

    /// No two objects share a path, none lies inside another, and arrays that share a dimension agree on it.
    private func checkPaths() throws(ArchiveError) {
        var datasets: Set<String> = []
        let folders = GridKind.allCases.map(\.folder)
        var groups = Set(folders)
        var dimensions: [String: DimensionPlan] = [:]

        func add(_ path: String) throws(ArchiveError) {
            let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            for part in parts { try PlanCheck.datasetName(part, "\(plan.name): path \(path)") }
            guard parts.count == 1 || !folders.contains(parts[0]) else {
                throw .invalidPlan(
                    object: "\(plan.name): \(path)", expected: "a path outside \(folders.joined(separator: ", "))",
                    found: path)
            }
            guard datasets.insert(path).inserted else {
                throw .invalidPlan(object: "\(plan.name): \(path)", expected: "one object of that path", found: "two")
            }
            for length in 1..<max(1, parts.count) { groups.insert(parts.prefix(length).joined(separator: "/")) }
        }

        for scalar in plan.scalars {
            try add(scalar.path)
            let object = "\(plan.name): scalar \(scalar.path)"
            for text in [scalar.longName, scalar.units] { try PlanCheck.text(text, object) }
            _ = try PlanCheck.attributes(scalar.attributes, of: object, reserved: PlanCheck.datasetAttributes)
        }
        for array in plan.arrays {
            try add(array.path)
            let object = "\(plan.name): array \(array.path)"
            for text in [array.longName, array.units] { try PlanCheck.text(text, object) }
            _ = try PlanCheck.attributes(array.attributes, of: object, reserved: PlanCheck.datasetAttributes)
            for companion in array.companions {
                try add(array.sibling(companion.name))
                try PlanCheck.text(companion.longName, object)
            }
            guard !array.dimensions.isEmpty else {
                throw .invalidPlan(object: object, expected: "at least one dimension", found: "none")
            }
            guard Set(array.dimensions.map(\.name)).count == array.dimensions.count else {
                throw .invalidPlan(object: object, expected: "different dimensions", found: "one name twice")
            }
            try PlanCheck.size(array.dimensions.map(\.count), object)
            for dimension in array.dimensions {
                let path = array.sibling(dimension.name)
                if case .values(let values) = dimension.coordinate, values.count != dimension.count {
                    throw .invalidPlan(
                        object: "\(object), dimension \(dimension.name)", expected: "\(dimension.count) coordinates",
                        found: "\(values.count)")
                }
                if let known = dimensions[path] {
                    guard known.agrees(with: dimension) else {
                        throw .invalidPlan(
                            object: "\(object), dimension \(dimension.name)", expected: "one length and coordinate",
                            found: "\(known.count) and \(dimension.count)")
                    }
                } else {
                    try add(path)
                    dimensions[path] = dimension
                }
            }
        }
        if let clash = datasets.intersection(groups).min() {
            throw .invalidPlan(object: "\(plan.name): \(clash)", expected: "a dataset or a group", found: "both")
        }
    }

    func scalar(_ path: String, file: String) throws(ArchiveError) -> ScalarPlan {
        if let scalar = plan.scalars.first(where: { $0.path == path }) { return scalar }
        throw .unknownObject(path: file, object: "scalar \(path) in \(plan.name)", available: plan.scalars.map(\.path))
    }

    func array(_ path: String, file: String) throws(ArchiveError) -> ArrayPlan {
        if let array = plan.arrays.first(where: { $0.path == path }) { return array }
        throw .unknownObject(path: file, object: "array \(path) in \(plan.name)", available: plan.arrays.map(\.path))
    }

    func grid(_ id: GridID, file: String) throws(ArchiveError) -> GridLayout {
        if let grid = grids.first(where: { $0.id == id }) { return grid }
        throw .unknownObject(
            path: file, object: "\(id.kind) \(id.name) in \(plan.name)",
            available: grids.filter { $0.kind == id.kind }.map(\.name))
    }
}

/// Where the datasets of one line, plane or volume lie.
struct GridLayout: Grid, Sendable {
    let plan: GridPlan
    /// Path of the group, without a leading "/".
    let group: String

    /// The raw name.
    var name: String { plan.name }
    var coordinates: [[Double]] { plan.coordinates }
    var columns: [ColumnPlan] { plan.columns }
    var attributes: [String: AttributeValue] { plan.attributes }

    init(_ plan: GridPlan, group: String) throws(ArchiveError) {
        self.plan = plan
        self.group = group
        try PlanCheck.text(plan.name, group)
        try PlanCheck.size(plan.coordinates.map(\.count), group)
        _ = try PlanCheck.attributes(plan.attributes, of: group, reserved: ["name"])
        guard !plan.columns.isEmpty else {
            throw .invalidPlan(object: group, expected: "at least one column", found: "none")
        }
        var taken = Set(plan.kind.axes).union(["status"])
        for column in plan.columns {
            try PlanCheck.datasetName(column.name, "\(group): column \(column.name)")
            for text in [column.longName, column.units] { try PlanCheck.text(text, group) }
            guard taken.insert(column.name).inserted else {
                throw .invalidPlan(object: group, expected: "different columns", found: "\(column.name) twice")
            }
        }
    }
}

extension ArrayPlan {
    /// Path of a dataset beside the array.
    func sibling(_ name: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return name }
        return path[...slash] + name
    }

    /// Path of the group the array lies in, below the variant; empty for the variant itself.
    var parent: String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "" }
    /// Name of the dataset.
    var base: String { path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path }
}

extension DimensionPlan {
    func agrees(with other: DimensionPlan) -> Bool {
        guard count == other.count else { return false }
        switch (coordinate, other.coordinate) {
        case (.index, .index), (.later, .later): return true
        case (.values(let left), .values(let right)): return left == right
        default: return false
        }
    }
}
