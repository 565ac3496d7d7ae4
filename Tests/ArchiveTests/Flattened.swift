import Archive

/// Everything a record holds, number by number as bit patterns, so that NaN equals NaN and -0 differs from 0.
func flattened(_ record: RunRecord) -> [String: String] {
    var lines: [String: String] = [:]
    func put(_ key: String, _ values: [Double]) {
        lines[key] = values.map { String($0.bitPattern, radix: 16) }.joined(separator: " ")
    }
    func put(_ key: String, _ attributes: [String: AttributeValue]) {
        for (name, value) in attributes { lines["\(key)@\(name)"] = "\(value)" }
    }
    func put(_ key: String, _ columns: [ColumnRecord]) {
        for column in columns {
            put("\(key)/\(column.name)", column.values)
            lines["\(key)/\(column.name)@"] = "\(column.longName) [\(column.units)]"
        }
    }
    put("", record.attributes)
    lines["manifest"] = record.manifestJSON
    for variant in record.variants {
        let key = variant.groupName
        put(key, variant.attributes)
        for scalar in variant.scalars {
            put("\(key)/\(scalar.path)", [scalar.value])
            put("\(key)/\(scalar.path)", scalar.attributes)
        }
        for array in variant.arrays {
            put("\(key)/\(array.path)", array.values)
            put("\(key)/\(array.path)", array.attributes)
            put("\(key)/\(array.path)", array.companions + array.dimensions)
        }
        for grid in variant.grids {
            let place = "\(key)/\(grid.kind.folder)/\(grid.groupName)"
            for (axis, values) in zip(grid.kind.axes, grid.coordinates) { put("\(place)/\(axis)", values) }
            put(place, grid.columns)
            put(place, grid.attributes)
            lines["\(place)/status"] = "\(grid.status)"
        }
    }
    return lines
}
