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
    let lines: [GridLayout]
    let planes: [GridLayout]

    static let attributes: Set<String> = ["name", "kind", "alpha", "weights_sha256", "parameters"]

    init(_ plan: VariantPlan, group: String) throws(ArchiveError) {
        self.plan = plan
        self.group = group
        for text in [plan.name, plan.kind, plan.weightsSHA256] { try PlanCheck.text(text, "variant \(plan.name)") }
        _ = try PlanCheck.attributes(plan.attributes, of: "variant \(plan.name)", reserved: VariantLayout.attributes)

        var lines: [GridLayout] = []
        for (line, name) in zip(plan.lines, ObjectName.safe(plan.lines.map(\.name))) {
            lines.append(
                try GridLayout(
                    name: line.name, group: "\(group)/lines/\(name)", axes: [("t", line.t)], columns: line.columns,
                    attributes: line.attributes))
        }
        self.lines = lines
        var planes: [GridLayout] = []
        for (plane, name) in zip(plan.planes, ObjectName.safe(plan.planes.map(\.name))) {
            planes.append(
                try GridLayout(
                    name: plane.name, group: "\(group)/planes/\(name)", axes: [("y", plane.y), ("x", plane.x)],
                    columns: plane.columns, attributes: plane.attributes))
        }
        self.planes = planes
        for (kind, names) in [("line", plan.lines.map(\.name)), ("plane", plan.planes.map(\.name))] {
            guard Set(names).count == names.count else {
                throw .invalidPlan(object: "\(kind)s of \(plan.name)", expected: "different names", found: "\(names)")
            }
        }
        try checkPaths()
    }

    /// No two objects share a path, none lies inside another, and arrays that share a dimension agree on it.
    private func checkPaths() throws(ArchiveError) {
        var datasets: Set<String> = []
        var groups: Set<String> = ["lines", "planes"]
        var dimensions: [String: DimensionPlan] = [:]

        func add(_ path: String) throws(ArchiveError) {
            let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            for part in parts { try PlanCheck.datasetName(part, "\(plan.name): path \(path)") }
            guard parts.count == 1 || (parts[0] != "lines" && parts[0] != "planes") else {
                throw .invalidPlan(
                    object: "\(plan.name): \(path)", expected: "a path outside lines and planes", found: path)
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

    func line(_ name: String, file: String) throws(ArchiveError) -> GridLayout {
        if let line = lines.first(where: { $0.name == name }) { return line }
        throw .unknownObject(path: file, object: "line \(name) in \(plan.name)", available: lines.map(\.name))
    }

    func plane(_ name: String, file: String) throws(ArchiveError) -> GridLayout {
        if let plane = planes.first(where: { $0.name == name }) { return plane }
        throw .unknownObject(path: file, object: "plane \(name) in \(plan.name)", available: planes.map(\.name))
    }
}

/// Where the datasets of one line or plane lie.
struct GridLayout: Sendable {
    /// The raw name.
    let name: String
    /// Path of the group, without a leading "/".
    let group: String
    /// The coordinates, outermost first: t, or y and x.
    let axes: [(name: String, values: [Double])]
    let columns: [ColumnPlan]
    let attributes: [String: AttributeValue]

    var shape: [Int] { axes.map(\.values.count) }
    var count: Int { shape.reduce(1, *) }

    init(
        name: String, group: String, axes: [(name: String, values: [Double])], columns: [ColumnPlan],
        attributes: [String: AttributeValue]
    ) throws(ArchiveError) {
        self.name = name
        self.group = group
        self.axes = axes
        self.columns = columns
        self.attributes = attributes
        try PlanCheck.text(name, group)
        try PlanCheck.size(axes.map(\.values.count), group)
        _ = try PlanCheck.attributes(attributes, of: group, reserved: ["name"])
        guard !columns.isEmpty else {
            throw .invalidPlan(object: group, expected: "at least one column", found: "none")
        }
        var taken = Set(axes.map(\.name)).union(["status"])
        for column in columns {
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
