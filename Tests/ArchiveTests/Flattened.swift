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
        for line in variant.lines {
            put("\(key)/\(line.groupName)/t", line.t)
            put("\(key)/\(line.groupName)", line.columns)
            put("\(key)/\(line.groupName)", line.attributes)
            lines["\(key)/\(line.groupName)/status"] = "\(line.status)"
        }
        for plane in variant.planes {
            put("\(key)/\(plane.groupName)/x", plane.x)
            put("\(key)/\(plane.groupName)/y", plane.y)
            put("\(key)/\(plane.groupName)", plane.columns)
            put("\(key)/\(plane.groupName)", plane.attributes)
            lines["\(key)/\(plane.groupName)/status"] = "\(plane.status)"
        }
    }
    return lines
}
