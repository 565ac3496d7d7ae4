/// The rules every part of a plan obeys.
enum PlanCheck {
    /// Attributes of scalars and arrays that this module writes itself.
    static let datasetAttributes: Set<String> = [
        "long_name", "units", "_FillValue", "standard_error", "samples", "seconds", "status", "ancillary_variables",
    ]

    /// Attributes that HDF5's dimension scales and netCDF-4 keep for themselves.
    static let foreignAttributes: Set<String> = [
        "CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "_Netcdf4Dimid", "_Netcdf4Coordinates", "_NCProperties",
        "_nc3_strict",
    ]

    /// A name that HDF5 and netCDF-4 accept.
    static func name(_ name: String, _ object: String) throws(ArchiveError) {
        guard ObjectName.isSafe(name) else {
            throw .invalidPlan(
                object: object, expected: "a name of printable characters without /, such as \(ObjectName.safe(name))",
                found: "\"\(name)\"")
        }
    }

    /// A name for a dataset: no spaces either, because lists of names are written with spaces between them.
    static func datasetName(_ name: String, _ object: String) throws(ArchiveError) {
        try PlanCheck.name(name, object)
        guard !name.contains(where: \.isWhitespace) else {
            throw .invalidPlan(object: object, expected: "a name without spaces", found: "\"\(name)\"")
        }
    }

    /// A text that can be stored: HDF5 ends it at the first NUL.
    static func text(_ text: String, _ object: String) throws(ArchiveError) {
        guard !text.utf8.contains(0) else {
            throw .invalidPlan(object: object, expected: "text without NUL characters", found: "a NUL character")
        }
    }

    /// Lengths of at least 1, and a product that one file can hold.
    static func size(_ lengths: [Int], _ object: String) throws(ArchiveError) {
        var total = 1
        for length in lengths {
            let (product, overflow) = total.multipliedReportingOverflow(by: length)
            guard length >= 1, !overflow, product <= 1 << 32 else {
                throw .invalidPlan(object: object, expected: "1 to 2^32 elements", found: "the shape \(lengths)")
            }
            total = product
        }
    }

    /// Attributes with usable names and values; returns the names.
    static func attributes(
        _ attributes: [String: AttributeValue], of object: String, reserved: Set<String>
    ) throws(ArchiveError) -> Set<String> {
        for (name, value) in attributes {
            try PlanCheck.name(name, "\(object): attribute \(name)")
            guard !reserved.contains(name), !foreignAttributes.contains(name) else {
                throw .invalidPlan(object: object, expected: "another name than \(name)", found: "a reserved name")
            }
            for text in value.texts { try PlanCheck.text(text, "\(object): attribute \(name)") }
            let count: Int
            switch value {
            case .strings(let values): count = values.count
            case .doubles(let values): count = values.count
            case .ints(let values): count = values.count
            case .string, .double, .int, .unsigned: count = 1
            }
            guard (1...1000).contains(count) else {
                throw .invalidPlan(
                    object: "\(object): attribute \(name)", expected: "1 to 1000 elements", found: "\(count)")
            }
        }
        return Set(attributes.keys)
    }
}
