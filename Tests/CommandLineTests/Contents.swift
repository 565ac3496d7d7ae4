import Archive
import Foundation

/// All numbers of a file as bit patterns, and what is said of them, but for times and the command.
func contents(_ path: String) throws -> [String: String] {
    let record = try RunReader.read(path)
    var found: [String: String] = [:]
    func put(_ key: String, _ values: [Double]) {
        found[key] = values.map { String($0.bitPattern, radix: 16) }.joined(separator: " ")
    }
    func put(_ key: String, _ attributes: [String: AttributeValue]) {
        let times: Set = ["seconds", "created", "history", "command", "merged_from"]
        for (name, value) in attributes where !times.contains(name) { found["\(key)@\(name)"] = "\(value)" }
    }
    put("", record.attributes)
    found["manifest"] = record.manifestJSON
    for variant in record.variants {
        let name = variant.name
        put(name, variant.attributes)
        for scalar in variant.scalars {
            put("\(name) \(scalar.path)", [scalar.value])
            put("\(name) \(scalar.path)", scalar.attributes)
        }
        for array in variant.arrays {
            put("\(name) \(array.path)", array.values)
            put("\(name) \(array.path)", array.attributes)
            for column in array.companions + array.dimensions {
                put("\(name) \(array.path) \(column.name) \(column.element)", column.values)
            }
        }
        for line in variant.lines {
            put("\(name) \(line.name)", line.attributes)
            put("\(name) \(line.name) t", line.t)
            for column in line.columns { put("\(name) \(line.name) \(column.name)", column.values) }
            found["\(name) \(line.name) status"] = "\(line.status)"
        }
        for plane in variant.planes {
            put("\(name) \(plane.name)", plane.attributes)
            put("\(name) \(plane.name) x", plane.x)
            put("\(name) \(plane.name) y", plane.y)
            for column in plane.columns { put("\(name) \(plane.name) \(column.name)", column.values) }
            found["\(name) \(plane.name) status"] = "\(plane.status)"
        }
    }
    return found
}
