import Foundation

// Phase one of writing: every object, at its final size. Nothing here runs again once the first number is known.
extension RunFile {
    /// Creates all objects of a plan in an empty file.
    static func build(_ layout: RunLayout, in root: HDF5Group) throws(ArchiveError) {
        let plan = layout.plan
        let created = plan.created.formatted(.iso8601)
        // First, so that it lies in the first block of the root's header: see chdf5_create_file_creation.
        try root.createAttribute("complete", [UInt8(0)], scalar: true)
        if let shard = plan.shard {
            try root.createAttribute("shard_complete", [UInt8(0)], scalar: true)
            try root.createAttribute("shard", .int(shard.index))
            try root.createAttribute("shards", .int(shard.count))
        }
        try root.createAttribute("schema", .string(RunLayout.schema))
        try root.createAttribute("Conventions", "landscape-1")
        try root.createAttribute("title", .string(plan.title))
        try root.createAttribute("history", .string("\(created): \(plan.command)"))
        try root.createAttribute("created", .string(created))
        try root.createAttribute("command", .string(plan.command))
        try root.createAttribute("seed", .unsigned(plan.seed))
        try root.createAttribute("fingerprint", .string(plan.fingerprint))
        for (program, version) in plan.software.sorted(by: { $0.key < $1.key }) {
            try root.createAttribute("software_\(program)", .string(version))
        }
        try create(plan.attributes, on: root)
        try root.createText("manifest", plan.manifestJSON)
        _ = try root.createGroup("variants")
        for variant in layout.variants { try build(variant, in: root.openOrCreateGroup(variant.group)) }
    }

    private static func build(_ layout: VariantLayout, in group: HDF5Group) throws(ArchiveError) {
        let plan = layout.plan
        try group.createAttribute("name", .string(plan.name))
        try group.createAttribute("kind", .string(plan.kind))
        if let alpha = plan.alpha { try group.createAttribute("alpha", .double(alpha)) }
        try group.createAttribute("weights_sha256", .string(plan.weightsSHA256))
        try group.createAttribute("parameters", .int(plan.parameters))
        try create(plan.attributes, on: group)
        for scalar in plan.scalars { try build(scalar, in: group) }
        for array in plan.arrays { try build(array, in: group) }
        for grid in layout.grids { try build(grid, in: group, below: layout.group) }
    }

    private static func build(_ plan: ScalarPlan, in variant: HDF5Group) throws(ArchiveError) {
        var parts = plan.path.split(separator: "/").map(String.init)
        let base = parts.removeLast()
        let parent = try variant.openOrCreateGroup(parts.joined(separator: "/"))
        let dataset = try createFloats(base, shape: [], longName: plan.longName, units: plan.units, in: parent)
        // The small ones that are overwritten come first and share one block of the header.
        try dataset.createAttribute("status", [ItemStatus.pending.rawValue], scalar: true)
        try dataset.createAttribute("standard_error", .double(.nan))
        try dataset.createAttribute("samples", .int(0))
        try dataset.createAttribute("seconds", .double(.nan))
        try create(plan.attributes, on: dataset)
    }

    private static func build(_ plan: ArrayPlan, in variant: HDF5Group) throws(ArchiveError) {
        let parent = try variant.openOrCreateGroup(plan.parent)
        var scales: [HDF5Dataset] = []
        for dimension in plan.dimensions {
            if try parent.contains(dimension.name) {
                scales.append(try parent.openDataset(dimension.name))
                continue
            }
            let scale: HDF5Dataset
            switch dimension.coordinate {
            case .index:
                scale = try parent.createDataset(dimension.name, shape: [dimension.count], fill: Int?.none)
                try scale.write(Array(0..<dimension.count))
            case .values(let values):
                scale = try parent.createDataset(dimension.name, shape: [dimension.count], fill: Double?.none)
                try scale.write(values)
            case .later:
                scale = try parent.createDataset(dimension.name, shape: [dimension.count], fill: Double.nan)
            }
            try scale.makeScale()
            scales.append(scale)
        }
        let shape = plan.dimensions.map(\.count)
        let dataset = try createFloats(plan.base, shape: shape, longName: plan.longName, units: plan.units, in: parent)
        try dataset.createAttribute("status", [ItemStatus.pending.rawValue], scalar: true)
        try dataset.createAttribute("seconds", .double(.nan))
        if !plan.companions.isEmpty {
            let names = plan.companions.map(\.name).joined(separator: " ")
            try dataset.createAttribute("ancillary_variables", .string(names))
        }
        try create(plan.attributes, on: dataset)
        try dataset.attach(scales)
        for companion in plan.companions {
            let made: HDF5Dataset
            switch companion.element {
            case .float64:
                made = try createFloats(
                    companion.name, shape: shape, longName: companion.longName, units: "1", in: parent)
            case .uint8:
                made = try parent.createDataset(companion.name, shape: shape, fill: UInt8?.none)
                try made.createAttribute("long_name", .string(companion.longName))
                try made.createAttribute("units", "1")
            }
            try made.attach(scales)
        }
    }

    private static func build(
        _ grid: GridLayout, in variant: HDF5Group, below prefix: String
    ) throws(ArchiveError) {
        let group = try variant.openOrCreateGroup(String(grid.group.dropFirst(prefix.count)))
        try group.createAttribute("name", .string(grid.name))
        try create(grid.attributes, on: group)
        // The first axis is the outermost dimension, but readers list datasets in order of creation: x before y.
        var scales: [HDF5Dataset] = []
        for (axis, values) in zip(grid.kind.axes, grid.coordinates) {
            let scale = try group.createDataset(axis, shape: [values.count], fill: Double?.none)
            try scale.write(values)
            try scale.makeScale()
            try scale.createAttribute("long_name", .string("position along the direction \(axis)"))
            try scale.createAttribute("units", "1")
            scales.insert(scale, at: 0)
        }
        let names = grid.columns.map(\.name)
        for column in grid.columns {
            let dataset = try createFloats(
                column.name, shape: grid.shape, longName: column.longName, units: column.units, in: group)
            let companions =
                column.name == "loss" && names.contains("standard_error") ? "standard_error status" : "status"
            try dataset.createAttribute("ancillary_variables", .string(companions))
            try dataset.attach(scales)
        }
        let status = try group.createDataset("status", shape: grid.shape, fill: UInt8?.none)
        try status.createAttribute("long_name", "status of the point")
        try status.createAttribute("units", "1")
        try status.createAttribute("flag_values", ItemStatus.allCases.map(\.rawValue), scalar: false)
        try status.createAttribute("flag_meanings", "pending done failed interpolated")
        try status.attach(scales)
    }

    private static func createFloats(
        _ name: String, shape: [Int], longName: String, units: String, in group: HDF5Group
    ) throws(ArchiveError) -> HDF5Dataset {
        let dataset = try group.createDataset(name, shape: shape, fill: Double.nan)
        // netCDF-4 wants the fill value as an array of one.
        try dataset.createAttribute("_FillValue", [Double.nan], scalar: false)
        try dataset.createAttribute("long_name", .string(longName))
        try dataset.createAttribute("units", .string(units))
        return dataset
    }

    private static func create(
        _ attributes: [String: AttributeValue], on node: some HDF5Node
    ) throws(ArchiveError) {
        for (name, value) in attributes.sorted(by: { $0.key < $1.key }) { try node.createAttribute(name, value) }
    }
}
