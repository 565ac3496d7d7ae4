/// The open datasets of one line, plane or volume.
struct OpenGrid {
    let layout: GridLayout
    private let columns: [HDF5Dataset]
    private let statusDataset: HDF5Dataset
    /// The status of each point as it is in the file, row-major.
    private(set) var statuses: [ItemStatus]

    init(_ layout: GridLayout, in root: HDF5Group) throws(ArchiveError) {
        self.layout = layout
        let group = try root.openGroup(layout.group)
        var columns: [HDF5Dataset] = []
        for column in layout.columns { columns.append(try group.openDataset(column.name)) }
        self.columns = columns
        self.statusDataset = try group.openDataset("status")
        self.statuses = try RunReader.status(group, shape: layout.shape)
    }

    /// One point to be written: its row-major index, a value per column, its status.
    struct Point {
        let index: Int
        let values: [Double]
        let status: ItemStatus
    }

    /// Writes points: values, flush, statuses, flush. Points that had a status already lose it first.
    mutating func write(_ points: [Point], flush: () throws(ArchiveError) -> Void) throws(ArchiveError) {
        let redone = points.filter { statuses[$0.index] != .pending }
        if !redone.isEmpty {
            try writeStatus(redone.map { ($0.index, .pending) })
            try flush()
        }
        let coordinates = self.coordinates(points.map(\.index))
        for (position, column) in columns.enumerated() {
            try column.write(points.map { $0.values[position] }, at: coordinates)
        }
        try flush()
        try writeStatus(points.map { ($0.index, $0.status) })
        try flush()
    }

    private mutating func writeStatus(_ items: [(index: Int, status: ItemStatus)]) throws(ArchiveError) {
        try statusDataset.write(items.map(\.status.rawValue), at: coordinates(items.map(\.index)))
        for item in items { statuses[item.index] = item.status }
    }

    private func coordinates(_ indices: [Int]) -> [UInt64] {
        indices.flatMap { layout.places(of: $0).reversed().map { UInt64($0) } }
    }
}
