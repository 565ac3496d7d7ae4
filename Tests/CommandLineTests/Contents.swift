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
        for grid in variant.grids {
            let place = "\(name) \(grid.id)"
            put(place, grid.attributes)
            for (axis, values) in zip(grid.kind.axes, grid.coordinates) { put("\(place) \(axis)", values) }
            for column in grid.columns { put("\(place) \(column.name)", column.values) }
            found["\(place) status"] = "\(grid.status)"
        }
    }
    return found
}

/// What a file, finished or not, says is done: values, errors and samples as bit patterns. Keys do not meet those of ``contents(_:)``.
func doneContents(_ path: String) throws -> [String: String] {
    let record = try RunReader.read(path)
    var found: [String: String] = [:]
    func put(_ key: String, _ values: [Double]) {
        found["done: " + key] = values.map { String($0.bitPattern, radix: 16) }.joined(separator: " ")
    }
    for variant in record.variants {
        let name = variant.name
        for scalar in variant.scalars where scalar.status == .done {
            put("\(name) \(scalar.path)", [scalar.value, scalar.standardError, Double(scalar.samples)])
        }
        for array in variant.arrays where array.status == .done {
            put("\(name) \(array.path)", array.values)
            for column in array.companions + array.dimensions {
                put("\(name) \(array.path) \(column.name)", column.values)
            }
        }
        for grid in variant.grids {
            for (index, status) in grid.status.enumerated() where status == .done {
                put("\(name) \(grid.id) \(index)", grid.columns.map { $0.values[index] })
            }
        }
    }
    return found
}
