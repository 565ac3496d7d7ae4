import Foundation

/// Writes a plane as the surface file of tomgoldstein/loss-landscape, which the published SFF code reads and writes as well.
///
/// The datasets are `xcoordinates` [n], `ycoordinates` [n] and the losses [n, n] under `train_loss` or `test_loss`. Those programs
/// declare the losses as [x, y] but fill them in the order of `numpy.meshgrid(x, y)`, so that on a square grid **row = y, column = x**;
/// on others their files are scrambled, and so a plane of another shape is refused.
public enum GoldsteinSurface {
    /// What is written for points that are not computed yet: those programs compute every point that holds it.
    public static let pending = -1.0

    /// Writes a new file, by a temporary one that is moved when it is complete.
    ///
    /// - Parameters:
    ///   - surface: the name of the losses, `train_loss` or `test_loss`.
    ///   - path: an existing file is an error unless it may be overwritten.
    /// - Throws: ``ArchiveError/notExportable(path:reason:)`` for a plane that is not square or has no losses.
    public static func write(
        _ plane: GridRecord, surface: String, to path: String, overwrite: Bool
    ) throws(ArchiveError) {
        guard plane.x.count == plane.y.count else {
            throw .notExportable(
                path: path,
                reason:
                    "the plane has \(plane.x.count) × \(plane.y.count) points, and this format holds square grids only: its readers "
                    + "mix up rows and columns of others; compute a square plane, or export csv")
        }
        guard let losses = plane.column("loss") else {
            throw .notExportable(path: path, reason: "the plane \(plane.name) has no losses")
        }
        let place = OutputPlace(path)
        try place.checkFolder()
        if try place.fileExists(), !overwrite { throw .outputExists(path: path) }
        let temporary = "\(place.path).\(getpid()).tmp"
        var isMoved = false
        defer { if !isMoved { unlink(temporary) } }
        try HDF5Library.synchronized { () throws(ArchiveError) in
            let file = try HDF5File.create(at: temporary, finalPath: path)
            let root = try file.root()
            try root.createDataset("xcoordinates", shape: [plane.x.count], fill: Double.nan).write(plane.x)
            try root.createDataset("ycoordinates", shape: [plane.y.count], fill: Double.nan).write(plane.y)
            let values = zip(losses, plane.status).map { $1 == .pending ? pending : $0 }
            try root.createDataset(surface, shape: [plane.y.count, plane.x.count], fill: Double.nan).write(values)
            try file.synchronizeToDisk()
        }
        try place.moveHere(temporary)
        isMoved = true
    }
}
