/// One point of a line, plane or volume.
public struct GridPoint: Sendable {
    /// Place in the order of the file: of x in a row, rows in a layer, layers.
    public var index: Int
    /// The value of each column; a column left out becomes NaN.
    public var values: [String: Double]
    /// Whether it was done or failed.
    public var status: ItemStatus

    /// Makes a point.
    public init(index: Int, values: [String: Double], status: ItemStatus = .done) {
        self.index = index
        self.values = values
        self.status = status
    }
}

/// One point of a plane.
public struct PlanePoint: Sendable {
    /// Position in `y`.
    public var row: Int
    /// Position in `x`.
    public var column: Int
    /// The value of each column of results; one left out becomes NaN.
    public var values: [String: Double]
    /// Whether it was done or failed.
    public var status: ItemStatus

    /// Makes a point.
    public init(row: Int, column: Int, values: [String: Double], status: ItemStatus = .done) {
        self.row = row
        self.column = column
        self.values = values
        self.status = status
    }
}

extension RunFile {
    /// Writes points of a line, plane or volume with two flushes for all of them: where points are cheap, this saves time, and a
    /// killed run repeats at most these.
    public func setPoints(variant: String, of id: GridID, _ points: [GridPoint]) throws(ArchiveError) {
        let grid = try layout.variant(variant, file: path).grid(id, file: path)
        var checked: [OpenGrid.Point] = []
        for point in points {
            try checkIndex(point.index, below: grid.count, "\(variant): \(id.kind) \(id.name): index")
            checked.append(try self.point(point.index, point.values, point.status, of: grid))
        }
        try write(checked, to: grid)
    }

    /// The status of each point of a line, plane or volume, in the order of the file.
    public func statuses(variant: String, of id: GridID) throws(ArchiveError) -> [ItemStatus] {
        try statuses(of: layout.variant(variant, file: path).grid(id, file: path))
    }

    // MARK: - Lines

    /// Writes one point of a line: value, flush, status, flush.
    public func setLinePoint(
        variant: String, line: String, index: Int, loss: Double, standardError: Double = .nan,
        status: ItemStatus = .done
    ) throws(ArchiveError) {
        let values = lossAndError(loss, standardError)
        try setPoints(variant: variant, of: .line(line), [GridPoint(index: index, values: values, status: status)])
    }

    /// The status of each point of a line.
    public func lineStatuses(variant: String, line: String) throws(ArchiveError) -> [ItemStatus] {
        try statuses(variant: variant, of: .line(line))
    }

    // MARK: - Planes

    /// Writes one point of a plane (row = y, column = x): value, flush, status, flush.
    public func setPlanePoint(
        variant: String, plane: String, row: Int, column: Int, loss: Double, standardError: Double = .nan,
        status: ItemStatus = .done
    ) throws(ArchiveError) {
        let values = lossAndError(loss, standardError)
        let point = PlanePoint(row: row, column: column, values: values, status: status)
        try setPlanePoints(variant: variant, plane: plane, [point])
    }

    /// Writes points of a plane with two flushes for all of them.
    public func setPlanePoints(variant: String, plane: String, _ points: [PlanePoint]) throws(ArchiveError) {
        let grid = try layout.variant(variant, file: path).grid(.plane(plane), file: path)
        var flat: [GridPoint] = []
        for point in points {
            try checkIndex(point.row, below: grid.shape[0], "\(variant): plane \(plane): row")
            try checkIndex(point.column, below: grid.shape[1], "\(variant): plane \(plane): column")
            flat.append(
                GridPoint(
                    index: point.row * grid.shape[1] + point.column, values: point.values, status: point.status))
        }
        try setPoints(variant: variant, of: .plane(plane), flat)
    }

    /// The status of each point of a plane, row by row.
    public func planeStatuses(variant: String, plane: String) throws(ArchiveError) -> [ItemStatus] {
        try statuses(variant: variant, of: .plane(plane))
    }

    // MARK: - All

    private func lossAndError(_ loss: Double, _ standardError: Double) -> [String: Double] {
        standardError.isNaN ? ["loss": loss] : ["loss": loss, "standard_error": standardError]
    }

    private func checkIndex(_ index: Int, below count: Int, _ object: String) throws(ArchiveError) {
        guard index >= 0, index < count else {
            throw .invalidValue(path: path, object: object, expected: "0 to \(count - 1)", found: "\(index)")
        }
    }

    private func point(
        _ index: Int, _ values: [String: Double], _ status: ItemStatus, of grid: GridLayout
    ) throws(ArchiveError) -> OpenGrid.Point {
        let names = grid.columns.map(\.name)
        if let unknown = values.keys.filter({ !names.contains($0) }).min() {
            throw .unknownObject(path: path, object: "column \(unknown) in \(grid.group)", available: names)
        }
        return OpenGrid.Point(index: index, values: names.map { values[$0] ?? .nan }, status: status)
    }

    private func write(_ points: [OpenGrid.Point], to layout: GridLayout) throws(ArchiveError) {
        guard !points.isEmpty else { return }
        try writing { (run: inout OpenRun) throws(ArchiveError) in
            var grid = try run.grid(layout)
            run.grids[layout.group] = nil
            defer { run.grids[layout.group] = grid }
            let file = run.file
            try grid.write(points) { () throws(ArchiveError) in try file.flush() }
        }
    }

    private func statuses(of layout: GridLayout) throws(ArchiveError) -> [ItemStatus] {
        try synchronized { (run: inout OpenRun) throws(ArchiveError) in try run.grid(layout).statuses }
    }
}

extension RunFile.OpenRun {
    /// The open datasets of a grid. A few stay open, because opening them costs more than writing a point;
    /// many would slow down every flush.
    mutating func grid(_ layout: GridLayout) throws(ArchiveError) -> OpenGrid {
        if let grid = grids[layout.group] { return grid }
        if grids.count >= 8 { grids.removeAll() }
        let grid = try OpenGrid(layout, in: root)
        grids[layout.group] = grid
        return grid
    }
}
