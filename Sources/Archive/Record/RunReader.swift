/// Reads result files back.
public enum RunReader {
    /// The whole content of a result file, finished or not.
    ///
    /// Throws `missingFile`, `notAFile`, `unreadable`, `notHDF5`, `damaged`, `foreign`, `unsupportedSchema` or
    /// `fileLockingFailed`. The file is read in a child process, which a damaged one may bring down: that is `damaged` too.
    ///
    /// - Parameter seconds: of the processor that reading may take, beside one for every 10 MB; 10, or LANDSCAPE_READ_SECONDS, when `nil`.
    public static func read(_ path: String, seconds: Int? = nil) throws(ArchiveError) -> RunRecord {
        try HDF5Library.synchronized { () throws(ArchiveError) in
            // libhdf5 keeps what this process has written and not yet flushed; and such a file is our own.
            if HDF5File.isOpenHere(path) { return try record(HDF5File.open(path, writable: false)) }
            return try IsolatedReader.read(path, seconds: seconds)
        }
    }

    /// The content of an open file.
    static func record(_ file: HDF5File) throws(ArchiveError) -> RunRecord {
        let root = try file.root()
        guard let schema = try root.attribute("schema")?.text, try root.hasAttribute("complete") else {
            throw .foreign(path: file.path, missing: "the attributes schema and complete")
        }
        guard schema == RunLayout.schema else {
            throw schema.hasPrefix("landscape/")
                ? .unsupportedSchema(path: file.path, found: schema, expected: RunLayout.schema)
                : .foreign(path: file.path, missing: "the attribute schema = \"\(RunLayout.schema)\"")
        }
        let attributes = try Attributes(root)
        var software: [String: String] = [:]
        for (name, value) in attributes.all where name.hasPrefix("software_") {
            software[String(name.dropFirst("software_".count))] = value.text
        }
        guard try root.contains("manifest"), try root.contains("variants") else {
            throw .foreign(path: file.path, missing: "/manifest or /variants")
        }
        var variants: [VariantRecord] = []
        for (name, child) in try root.openGroup("variants").children() {
            if case .group(let group) = child { variants.append(try variant(group, name: name)) }
        }
        return RunRecord(
            path: file.path, schema: schema, isComplete: try attributes.count("complete") == 1,
            title: try attributes.text("title"), command: try attributes.text("command"),
            created: try attributes.text("created"), history: try attributes.text("history"),
            seed: try attributes.count("seed"), fingerprint: try attributes.text("fingerprint"), software: software,
            attributes: attributes.all, manifestJSON: try root.openDataset("manifest").readText(), variants: variants)
    }

    // MARK: - Variants

    private static func variant(_ group: HDF5Group, name: String) throws(ArchiveError) -> VariantRecord {
        let attributes = try Attributes(group)
        var grids: [GridKind: [GridRecord]] = [:]
        var scalars: [ScalarRecord] = []
        var arrays: [ArrayRecord] = []
        for (childName, child) in try group.children() {
            if case .group(let folder) = child, let kind = GridKind.allCases.first(where: { $0.folder == childName }) {
                for (gridName, found) in try folder.children() {
                    guard case .group(let open) = found else { continue }
                    grids[kind, default: []].append(try grid(open, kind, name: gridName))
                }
            } else {
                try collect(child, in: group, path: childName, depth: 1, scalars: &scalars, arrays: &arrays)
            }
        }
        return VariantRecord(
            name: try attributes.text("name"), groupName: name, kind: try attributes.text("kind"),
            alpha: attributes.all["alpha"]?.number, weightsSHA256: try attributes.text("weights_sha256"),
            parameters: Int(clamping: try attributes.count("parameters")), attributes: attributes.all, scalars: scalars,
            arrays: arrays, lines: grids[.line] ?? [], planes: grids[.plane] ?? [], volumes: grids[.volume] ?? [])
    }

    /// Collects what is a scalar or an array of ours (it has a status) at and below one object.
    private static func collect(
        _ child: HDF5Group.Child, in parent: HDF5Group, path: String, depth: Int, scalars: inout [ScalarRecord],
        arrays: inout [ArrayRecord]
    ) throws(ArchiveError) {
        switch child {
        case .group(let group):
            guard depth < 8 else { throw group.damaged("", "groups are nested too deeply") }
            for (name, child) in try group.children() {
                try collect(
                    child, in: group, path: path + "/" + name, depth: depth + 1, scalars: &scalars, arrays: &arrays)
            }
        case .dataset(let dataset):
            guard try dataset.hasAttribute("status"), try dataset.isNumeric() else { return }
            if try dataset.shape().isEmpty {
                scalars.append(try scalar(dataset, path: path))
            } else {
                arrays.append(try array(dataset, in: parent, path: path))
            }
        }
    }

    private static func scalar(_ dataset: HDF5Dataset, path: String) throws(ArchiveError) -> ScalarRecord {
        let attributes = try Attributes(dataset)
        guard let value = try dataset.read(Double.self).first else { throw dataset.damaged("", "it is empty") }
        return ScalarRecord(
            path: path, value: value, standardError: try attributes.number("standard_error"),
            samples: Int(clamping: try attributes.count("samples")), seconds: try attributes.number("seconds"),
            status: try attributes.status(), longName: try attributes.text("long_name"),
            units: try attributes.text("units"), attributes: attributes.all)
    }

    private static func array(
        _ dataset: HDF5Dataset, in parent: HDF5Group, path: String
    ) throws(ArchiveError) -> ArrayRecord {
        let attributes = try Attributes(dataset)
        let shape = try dataset.shape()
        var dimensions: [ColumnRecord] = []
        for dimension in shape.indices {
            guard let scale = try dataset.scalePath(dimension: dimension) else {
                throw dataset.damaged("", "dimension \(dimension) has no coordinate")
            }
            let coordinate = try column(parent.openDataset(scale))
            guard coordinate.values.count == shape[dimension] else {
                throw dataset.damaged("", "coordinate \(scale) has another length than dimension \(dimension)")
            }
            dimensions.append(coordinate)
        }
        var companions: [ColumnRecord] = []
        for name in (attributes.all["ancillary_variables"]?.text ?? "").split(separator: " ") {
            let companion = try parent.openDataset(String(name))
            guard try companion.shape() == shape else { throw companion.damaged("", "shape differs from \(path)") }
            companions.append(try column(companion))
        }
        return ArrayRecord(
            path: path, shape: shape, dimensions: dimensions, values: try dataset.read(), companions: companions,
            seconds: try attributes.number("seconds"), status: try attributes.status(),
            longName: try attributes.text("long_name"), units: try attributes.text("units"), attributes: attributes.all)
    }

    // MARK: - Grids

    private static func grid(_ group: HDF5Group, _ kind: GridKind, name: String) throws(ArchiveError) -> GridRecord {
        var coordinates: [[Double]] = []
        for axis in kind.axes {
            let dataset = try group.openDataset(axis)
            let values = try dataset.read(Double.self)
            if let odd = values.first(where: { !$0.isFinite }) { throw dataset.damaged("", "a coordinate is \(odd)") }
            coordinates.append(values)
        }
        let attributes = try Attributes(group)
        let shape = Array(coordinates.reversed().map(\.count))
        return GridRecord(
            name: try attributes.text("name"), groupName: name, coordinates: coordinates,
            columns: try columns(group, shape: shape), status: try status(group, shape: shape),
            attributes: attributes.all)
    }

    /// The datasets whose companion is `status`; others were added by somebody else.
    private static func columns(_ group: HDF5Group, shape: [Int]) throws(ArchiveError) -> [ColumnRecord] {
        var columns: [ColumnRecord] = []
        for (_, child) in try group.children() {
            guard case .dataset(let dataset) = child,
                let companions = try dataset.attribute("ancillary_variables")?.text,
                companions.split(separator: " ").contains("status")
            else { continue }
            guard try dataset.shape() == shape else {
                throw dataset.damaged("", "expected the shape \(shape), found \(try dataset.shape())")
            }
            columns.append(try column(dataset))
        }
        return columns
    }

    /// The statuses of a line, plane or volume.
    static func status(_ group: HDF5Group, shape: [Int]) throws(ArchiveError) -> [ItemStatus] {
        let dataset = try group.openDataset("status")
        guard try dataset.shape() == shape, try dataset.isByte() else {
            throw dataset.damaged("", "expected uint8 of the shape \(shape)")
        }
        var statuses: [ItemStatus] = []
        for code in try dataset.read(UInt8.self) {
            guard let status = ItemStatus(rawValue: code) else { throw dataset.damaged("", "unknown status \(code)") }
            statuses.append(status)
        }
        return statuses
    }

    private static func column(_ dataset: HDF5Dataset) throws(ArchiveError) -> ColumnRecord {
        ColumnRecord(
            name: dataset.name.split(separator: "/").last.map(String.init) ?? dataset.name,
            values: try dataset.read(Double.self), longName: try dataset.attribute("long_name")?.text ?? "",
            units: try dataset.attribute("units")?.text ?? "1",
            element: try dataset.isByte() ? .byte : dataset.isFloat() ? .float : .integer)
    }
}
