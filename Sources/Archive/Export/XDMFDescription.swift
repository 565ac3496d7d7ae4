import Foundation

/// Writes a text that tells ParaView, VisIt and VTK where in a result file the planes and volumes lie, so that nothing is copied: points that are
/// computed later show when the file is opened again.
///
/// Every plane is a 2DRectMesh over `x` and `y`, every volume a 3DRectMesh over `x`, `y` and `z`, with every column and `status` at the nodes; dimensions
/// stand as in the HDF5 file, the slowest first. XDMF takes what follows the last colon for the path inside the HDF5 file, and has no way to
/// write `/variants/sff:0.7/…`. The text therefore points into a small HDF5 file beside it, which holds nothing but a link `/g0`, `/g1`, … into the result
/// file for each group. Source: *XDMF Model and Format*, version 2, which the readers in VTK understand.
public enum XDMFDescription {
    /// What stands in the place of the name's extension in the file of links.
    public static let linksExtension = "links.h5"

    /// Writes the text, and the file of links beside it, each by a temporary file that is moved when it is complete.
    ///
    /// - Parameters:
    ///   - record: read from the file that the text will point into.
    ///   - path: of the text, such as `run.xmf`; existing files are an error unless they may be overwritten.
    /// - Returns: the path of the file of links, and how many planes and volumes there are.
    /// - Throws: ``ArchiveError/notExportable(path:reason:)`` where there are neither, and for a name that XDMF cannot write.
    @discardableResult
    public static func write(
        _ record: RunRecord, to path: String, overwrite: Bool
    ) throws(ArchiveError) -> (links: String, count: Int) {
        var meshes: [(title: String, target: String, grid: GridRecord)] = []
        for variant in record.variants {
            for grid in variant.grids where grid.kind != .line {
                let target = "/variants/\(variant.groupName)/\(grid.kind.folder)/\(grid.groupName)"
                meshes.append(("\(variant.name) \(grid.id)", target, grid))
            }
        }
        guard !meshes.isEmpty else {
            throw .notExportable(path: path, reason: "\(record.path) holds no planes and no volumes; export csv or npz")
        }
        let links = (path as NSString).deletingPathExtension + "." + linksExtension
        let name = (links as NSString).lastPathComponent
        guard !name.contains(":") else {
            throw .notExportable(path: path, reason: "readers end a file's name at a colon; choose a name without")
        }
        for place in [OutputPlace(path), OutputPlace(links)] {
            try place.checkFolder()
            if try place.fileExists(), !overwrite { throw .outputExists(path: place.path) }
        }
        try writeLinks(meshes.map(\.target), into: record.path, to: links)
        let text = document(meshes.map { ($0.title, $0.grid) }, links: name, title: record.title)
        try OutputPlace(path).write(Data(text.utf8), overwrite: overwrite)
        return (links, meshes.count)
    }

    private static func writeLinks(_ targets: [String], into file: String, to path: String) throws(ArchiveError) {
        let place = OutputPlace(path)
        let relative = RelativePath.from(folderOf: place.path, to: OutputPlace(file).path)
        let temporary = "\(place.path).\(getpid()).tmp"
        var isMoved = false
        defer { if !isMoved { unlink(temporary) } }
        try HDF5Library.synchronized { () throws(ArchiveError) in
            let made = try HDF5File.create(at: temporary, finalPath: path)
            let root = try made.root()
            for (index, target) in targets.enumerated() {
                try root.linkOutside("g\(index)", file: relative, path: target)
            }
            try made.synchronizeToDisk()
        }
        try place.moveHere(temporary)
        isMoved = true
    }

    // MARK: Text

    /// The text, for links called g0, g1, … in this order.
    static func document(_ meshes: [(title: String, grid: GridRecord)], links: String, title: String) -> String {
        let grids = meshes.enumerated().map { index, mesh in
            XDMFDescription.mesh(mesh.grid, title: mesh.title, place: "\(links):/g\(index)")
        }
        return """
            <?xml version="1.0" encoding="utf-8"?>
            <!DOCTYPE Xdmf SYSTEM "Xdmf.dtd" []>
            <Xdmf Version="2.0">
              <Domain Name="\(escaped(title))">
            \(grids.joined(separator: "\n"))
              </Domain>
            </Xdmf>

            """
    }

    private static func mesh(_ grid: GridRecord, title: String, place: String) -> String {
        func item(_ name: String, _ shape: [Int], _ element: ColumnRecord.Element) -> String {
            let kind =
                switch element {
                case .float: #"NumberType="Float" Precision="8""#
                case .integer: #"NumberType="Int" Precision="8""#
                case .byte: #"NumberType="UChar" Precision="1""#
                }
            return
                "<DataItem Dimensions=\"\(dimensions(shape))\" \(kind) Format=\"HDF\">\(escaped("\(place)/\(name)"))</DataItem>"
        }
        let isPlane = grid.kind == .plane
        var lines = [
            "<Grid Name=\"\(escaped(title))\" GridType=\"Uniform\">",
            "  <Topology TopologyType=\"\(isPlane ? "2DRectMesh" : "3DRectMesh")\" Dimensions=\"\(dimensions(grid.shape))\"/>",
            "  <Geometry GeometryType=\"\(isPlane ? "VXVY" : "VXVYVZ")\">",
        ]
        for (axis, values) in zip(grid.kind.axes, grid.coordinates) {
            lines.append("    " + item(axis, [values.count], .float))
        }
        lines.append("  </Geometry>")
        for (name, element) in grid.columns.map({ ($0.name, $0.element) }) + [("status", .byte)] {
            lines += [
                "  <Attribute Name=\"\(escaped(name))\" AttributeType=\"Scalar\" Center=\"Node\">",
                "    " + item(name, grid.shape, element), "  </Attribute>",
            ]
        }
        lines.append("</Grid>")
        return lines.map { "    " + $0 }.joined(separator: "\n")
    }

    private static func dimensions(_ shape: [Int]) -> String { shape.map(String.init).joined(separator: " ") }

    private static func escaped(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar {
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            case "\"": "&quot;"
            case "'": "&apos;"
            // XML cannot hold control characters at all.
            case _ where scalar.value < 0x20: " "
            default: String(scalar)
            }
        }.joined()
    }
}
