/// An object of a result file that has attributes of its own.
public enum RunObject: Hashable, Sendable {
    /// The root.
    case root
    /// A variant, by its name as planned.
    case variant(String)
    /// A scalar.
    case scalar(variant: String, path: String)
    /// An array.
    case array(variant: String, path: String)
    /// A line, plane or volume.
    case grid(variant: String, GridID)

    /// A line.
    public static func line(variant: String, name: String) -> RunObject { .grid(variant: variant, .line(name)) }
    /// A plane.
    public static func plane(variant: String, name: String) -> RunObject { .grid(variant: variant, .plane(name)) }
}

extension RunFile {
    // MARK: - Scalars

    /// Writes a scalar and its evidence, then its status.
    ///
    /// `attributes` overwrites numeric attributes that the plan gave the scalar.
    public func setScalar(
        variant: String, path scalarPath: String, value: Double, standardError: Double = .nan, samples: Int = 0,
        seconds: Double = .nan, attributes: [String: AttributeValue] = [:], status: ItemStatus = .done
    ) throws(ArchiveError) {
        let place = try layout.variant(variant, file: path)
        let plan = try place.scalar(scalarPath, file: path)
        try check(attributes, against: plan.attributes, "\(variant): \(scalarPath)")
        try writeItem("\(place.group)/\(scalarPath)", status: status) { dataset, _ throws(ArchiveError) in
            try dataset.write([value])
            try dataset.overwriteAttribute("standard_error", [standardError])
            try dataset.overwriteAttribute("samples", [samples])
            try dataset.overwriteAttribute("seconds", [seconds])
            try overwrite(attributes, on: dataset)
        }
    }

    /// The status of a scalar.
    public func scalarStatus(variant: String, path scalarPath: String) throws(ArchiveError) -> ItemStatus {
        let place = try layout.variant(variant, file: path)
        _ = try place.scalar(scalarPath, file: path)
        return try itemStatus("\(place.group)/\(scalarPath)")
    }

    // MARK: - Arrays

    /// Writes an array with its companions and those coordinates that were left for later, then its status.
    ///
    /// `values` and each companion are row-major and as long as planned; an array shorter than planned is padded by the
    /// caller with NaN. `attributes` overwrites numeric attributes that the plan gave the array.
    public func setArray(
        variant: String, path arrayPath: String, values: [Double], companions: [String: [Double]] = [:],
        coordinates: [String: [Double]] = [:], seconds: Double = .nan, attributes: [String: AttributeValue] = [:],
        status: ItemStatus = .done
    ) throws(ArchiveError) {
        let place = try layout.variant(variant, file: path)
        let plan = try place.array(arrayPath, file: path)
        let object = "\(variant): \(arrayPath)"
        try check(attributes, against: plan.attributes, object)
        let count = plan.dimensions.reduce(1) { $0 * $1.count }
        try checkCount(values, count, object)
        try checkNames(Set(companions.keys), Set(plan.companions.map(\.name)), "\(object): companions")
        for companion in plan.companions {
            let values = companions[companion.name] ?? []
            try checkCount(values, count, "\(object): \(companion.name)")
            if companion.element == .uint8, let odd = values.first(where: { UInt8(exactly: $0) == nil }) {
                throw .invalidValue(
                    path: path, object: "\(object): \(companion.name)", expected: "integers of 0 to 255",
                    found: "\(odd)")
            }
        }
        var later: Set<String> = []
        for dimension in plan.dimensions {
            guard case .later = dimension.coordinate else { continue }
            later.insert(dimension.name)
            if let values = coordinates[dimension.name] {
                try checkCount(values, dimension.count, "\(object): \(dimension.name)")
            }
        }
        try checkNames(Set(coordinates.keys), later, "\(object): coordinates")

        try writeItem("\(place.group)/\(arrayPath)", status: status) { dataset, root throws(ArchiveError) in
            let parent = plan.parent.isEmpty ? place.group : "\(place.group)/\(plan.parent)"
            for (name, values) in coordinates { try root.openDataset("\(parent)/\(name)").write(values) }
            for companion in plan.companions {
                let values = companions[companion.name] ?? []
                let open = try root.openDataset("\(parent)/\(companion.name)")
                switch companion.element {
                case .float64: try open.write(values)
                case .uint8: try open.write(values.map { UInt8(exactly: $0) ?? 0 })
                }
            }
            try dataset.write(values)
            try dataset.overwriteAttribute("seconds", [seconds])
            try overwrite(attributes, on: dataset)
        }
    }

    /// The status of an array.
    public func arrayStatus(variant: String, path arrayPath: String) throws(ArchiveError) -> ItemStatus {
        let place = try layout.variant(variant, file: path)
        _ = try place.array(arrayPath, file: path)
        return try itemStatus("\(place.group)/\(arrayPath)")
    }

    /// Sets the status of a scalar or array whose value stays as it is, for example `failed`.
    public func setStatus(_ status: ItemStatus, of object: RunObject) throws(ArchiveError) {
        let (place, _) = try locate(object)
        switch object {
        case .scalar, .array: try writeItem(place, status: status) { _, _ throws(ArchiveError) in }
        case .root, .variant, .grid:
            throw .invalidValue(path: path, object: place, expected: "a scalar or an array", found: "\(object)")
        }
    }

    // MARK: - Attributes

    /// Overwrites a numeric attribute that the plan gave an object by one of the same kind and length.
    public func setAttribute(
        _ name: String, of object: RunObject, to value: AttributeValue
    ) throws(ArchiveError) {
        let (place, planned) = try locate(object)
        try check([name: value], against: planned, "/" + place)
        try writing { (run: inout OpenRun) throws(ArchiveError) in
            switch object {
            case .root: try overwrite([name: value], on: run.root)
            case .scalar, .array: try overwrite([name: value], on: run.root.openDataset(place))
            case .variant, .grid: try overwrite([name: value], on: run.root.openGroup(place))
            }
            try run.file.flush()
        }
    }

    /// Path of an object in the file, and the attributes that the plan gave it.
    private func locate(_ object: RunObject) throws(ArchiveError) -> (String, [String: AttributeValue]) {
        switch object {
        case .root:
            return ("", layout.plan.attributes)
        case .variant(let name):
            let place = try layout.variant(name, file: path)
            return (place.group, place.plan.attributes)
        case .scalar(let variant, let scalarPath):
            let place = try layout.variant(variant, file: path)
            return ("\(place.group)/\(scalarPath)", try place.scalar(scalarPath, file: path).attributes)
        case .array(let variant, let arrayPath):
            let place = try layout.variant(variant, file: path)
            return ("\(place.group)/\(arrayPath)", try place.array(arrayPath, file: path).attributes)
        case .grid(let variant, let id):
            let grid = try layout.variant(variant, file: path).grid(id, file: path)
            return (grid.group, grid.attributes)
        }
    }

    // MARK: - Steps

    /// Value, flush, status, flush. An item that had a status already loses it first.
    private func writeItem(
        _ place: String, status: ItemStatus,
        _ writeValue: (HDF5Dataset, HDF5Group) throws(ArchiveError) -> Void
    ) throws(ArchiveError) {
        guard status != .interpolated else {
            throw .invalidValue(path: path, object: place, expected: "pending, done or failed", found: "interpolated")
        }
        try writing { (run: inout OpenRun) throws(ArchiveError) in
            let dataset = try run.root.openDataset(place)
            if try Attributes.status(of: dataset) != .pending {
                try dataset.overwriteAttribute("status", [ItemStatus.pending.rawValue])
                try run.file.flush()
            }
            try writeValue(dataset, run.root)
            try run.file.flush()
            try dataset.overwriteAttribute("status", [status.rawValue])
            try run.file.flush()
        }
    }

    private func itemStatus(_ place: String) throws(ArchiveError) -> ItemStatus {
        try synchronized { (run: inout OpenRun) throws(ArchiveError) in
            try Attributes.status(of: run.root.openDataset(place))
        }
    }

    private func overwrite(
        _ attributes: [String: AttributeValue], on node: some HDF5Node
    ) throws(ArchiveError) {
        for (name, value) in attributes {
            switch value {
            case .double(let number): try node.overwriteAttribute(name, [number])
            case .int(let number): try node.overwriteAttribute(name, [number])
            case .unsigned(let number): try node.overwriteAttribute(name, [number])
            case .doubles(let numbers): try node.overwriteAttribute(name, numbers)
            case .ints(let numbers): try node.overwriteAttribute(name, numbers)
            case .string, .strings: throw node.unwritable("@\(name)", "a text cannot be overwritten in place")
            }
        }
    }

    // MARK: - Checks

    private func check(
        _ attributes: [String: AttributeValue], against planned: [String: AttributeValue], _ object: String
    ) throws(ArchiveError) {
        for (name, value) in attributes {
            guard let known = planned[name] else {
                throw .unknownObject(
                    path: path, object: "attribute \(name) of \(object)", available: planned.keys.sorted())
            }
            guard known.isNumeric, known.shape == value.shape else {
                let expected = known.isNumeric ? known.shape : "a numeric attribute (a text is fixed by the plan)"
                throw .invalidValue(
                    path: path, object: "\(object): attribute \(name)", expected: expected, found: value.shape)
            }
        }
    }

    private func checkCount(_ values: [Double], _ count: Int, _ object: String) throws(ArchiveError) {
        guard values.count == count else {
            throw .invalidValue(
                path: path, object: object, expected: "\(count) values", found: "\(values.count)")
        }
    }

    private func checkNames(_ found: Set<String>, _ expected: Set<String>, _ object: String) throws(ArchiveError) {
        guard found == expected else {
            throw .invalidValue(
                path: path, object: object, expected: "\(expected.sorted())", found: "\(found.sorted())")
        }
    }
}
