import Foundation

/// Writes a plane or a volume as a legacy VTK file of structured points, which ParaView, VisIt, PyVista and VTK open.
///
/// Binary, as the format wants it big-endian: every column as 64-bit floats under its name, and `status` as bytes (0 pending, 1 done, 2 failed,
/// 3 interpolated). x runs fastest, then y, then z, as in the result file; a plane is one layer at z = 0. Pending points are NaN, which ParaView
/// shows in a colour of its own. Source: *VTK File Formats*, simple legacy formats, version 3.0 of the header.
public enum VTKImage {
    /// Writes a new file, by a temporary one that is moved when it is complete.
    ///
    /// - Parameters:
    ///   - title: one line for people; what does not fit into the format's 255 bytes is left out.
    ///   - path: an existing file is an error unless it may be overwritten.
    /// - Throws: ``ArchiveError/notExportable(path:reason:)`` for a line, and for coordinates that do not ascend in equal steps, since the format
    ///   stores only where they begin and how far apart they are.
    public static func write(_ grid: GridRecord, title: String, to path: String, overwrite: Bool) throws(ArchiveError) {
        guard grid.kind != .line else {
            throw .notExportable(path: path, reason: "\(grid.id) is a line; this format is for planes and volumes")
        }
        var spacing: [Double] = []
        for (axis, values) in zip(grid.kind.axes, grid.coordinates) {
            guard let step = VTKImage.step(values) else {
                throw .notExportable(
                    path: path, reason: "the coordinates \(axis) of \(grid.id) do not ascend in equal steps; export csv"
                )
            }
            spacing.append(step)
        }
        try OutputPlace(path).write(data(grid, title: title, spacing: spacing), overwrite: overwrite)
    }

    /// The distance between neighbours, 1 for a single value; `nil` where distances differ by more than rounding or do not ascend.
    private static func step(_ values: [Double]) -> Double? {
        guard values.count > 1, let first = values.first, let last = values.last else { return 1 }
        let step = (last - first) / Double(values.count - 1)
        let allowed = 1e-9 * max(abs(first), abs(last))
        let isEven = values.enumerated().allSatisfy { abs(first + Double($0) * step - $1) <= allowed }
        return step > 0 && isEven ? step : nil
    }

    private static func data(_ grid: GridRecord, title: String, spacing: [Double]) -> Data {
        func three<Value>(_ values: [Value], else filler: Value) -> String {
            (0..<3).map { "\($0 < values.count ? values[$0] : filler)" }.joined(separator: " ")
        }
        // The title ends at the first line end.
        var line = title.unicodeScalars.map { $0.value < 0x20 ? " " : String($0) }.joined()
        while line.utf8.count > 255 { line.removeLast() }
        var data = Data(
            """
            # vtk DataFile Version 3.0
            \(line)
            BINARY
            DATASET STRUCTURED_POINTS
            DIMENSIONS \(three(grid.coordinates.map(\.count), else: 1))
            ORIGIN \(three(grid.coordinates.map { $0[0] }, else: 0))
            SPACING \(three(spacing, else: 1))
            POINT_DATA \(grid.count)

            """.utf8)
        for column in grid.columns {
            data += Data("SCALARS \(column.name) double 1\nLOOKUP_TABLE default\n".utf8)
            var bytes = Data(capacity: 8 * column.values.count)
            for value in column.values {
                withUnsafeBytes(of: value.bitPattern.bigEndian) { bytes.append(contentsOf: $0) }
            }
            data += bytes + Data("\n".utf8)
        }
        data += Data("SCALARS status unsigned_char 1\nLOOKUP_TABLE default\n".utf8)
        data += Data(grid.status.map(\.rawValue)) + Data("\n".utf8)
        return data
    }
}
