import Foundation

/// A result file that is being written.
///
/// Every object exists from the beginning, filled with NaN. Each result is written as value, flush, status, flush: after
/// a kill at any moment the file opens, and whatever has status 1 is right.
public final class RunFile: @unchecked Sendable {
    /// The version of the format.
    public static let schema = "landscape/1"

    /// Where it lies.
    public let url: URL
    private let file: HDF5File
    private let lock: FileLock
    private var nodes: [String: HDF5Node] = [:]
    private var shapes: [String: [Int]] = [:]

    private init(url: URL, file: HDF5File, lock: FileLock) {
        self.url = url
        self.file = file
        self.lock = lock
    }

    // MARK: Opening

    /// Creates a file with everything pending.
    ///
    /// The file appears under its name only when all its objects are there; an existing file is replaced then, and stays
    /// untouched if anything fails before.
    ///
    /// - Throws: ``ArchiveError``; an existing file is an error unless `overwrite` is given.
    public static func create(_ url: URL, plan: RunPlan, overwrite: Bool) throws(ArchiveError) -> RunFile {
        var isFolder: ObjCBool = false
        let exists = FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder)
        guard !isFolder.boolValue else { throw ArchiveError(.cannotCreate, url.path, "is a folder; name a file") }
        guard !exists || overwrite else {
            throw ArchiveError(
                .cannotCreate, url.path,
                "exists already; continue it with --resume, replace it with --overwrite, or give another --output")
        }
        let lock = try FileLock(for: url)
        let temporary = url.path + ".\(getpid()).partial"
        do throws(ArchiveError) {
            let file = try HDF5File.create(temporary)
            let run = RunFile(url: url, file: file, lock: lock)
            try run.build(plan)
            try file.flush()
            try synchronize(temporary)
            guard rename(temporary, url.path) == 0 else {
                throw ArchiveError(.cannotCreate, url.path, "cannot be put in place: \(String(cString: strerror(errno)))")
            }
            return run
        } catch {
            unlink(temporary)
            throw error.file == temporary ? ArchiveError(error.category, url.path, error.message) : error
        }
    }

    /// Opens an unfinished file to go on with it.
    ///
    /// - Throws: ``ArchiveError`` when it is no result file, or of another configuration, checkpoint or series.
    public static func resume(_ url: URL, plan: RunPlan) throws(ArchiveError) -> RunFile {
        let lock = try FileLock(for: url)
        let file = try HDF5File.open(url.path, writing: true)
        guard file.root.attribute("schema") == .string(schema) else {
            throw ArchiveError(.badData, url.path, "is no result file of schema \(schema)")
        }
        guard file.root.attribute("fingerprint") == .string(plan.fingerprint) else {
            throw ArchiveError(
                .badData, url.path,
                "belongs to a run with another configuration, checkpoint or series; use the options it was begun with "
                    + "(landscape inspect shows them), or start anew with --overwrite or another --output")
        }
        let run = RunFile(url: url, file: file, lock: lock)
        for variant in plan.variants {
            let names = variant.grids.map { ($0.path + "/loss", $0.shape) }
            for (path, shape) in names {
                let found = try run.node(variant.name, path).shape()
                guard found == shape else {
                    throw ArchiveError(.badData, url.path, "'\(path)' has shape \(found), expected \(shape); start anew with --overwrite")
                }
            }
        }
        return run
    }

    private static func synchronize(_ path: String) throws(ArchiveError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        if fsync(descriptor) != 0 {
            throw ArchiveError(.cannotCreate, path, "cannot be flushed: \(String(cString: strerror(errno)))")
        }
    }

    /// The name of a variant's group: a `/` would begin another group.
    static func groupName(_ name: String) -> String {
        let safe = name.replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "\0", with: "_")
        return safe == "." || safe == ".." || safe.isEmpty ? "_" + safe : safe
    }

    private func build(_ plan: RunPlan) throws(ArchiveError) {
        let root = file.root
        try root.setAttribute("schema", .string(RunFile.schema))
        try root.setAttribute("Conventions", .string("landscape-1"))
        for (name, value) in plan.attributes { try root.setAttribute(name, value) }
        try root.setAttribute("fingerprint", .string(plan.fingerprint))
        try root.setAttribute("complete", .byte(0))
        try root.writeString("manifest", plan.manifest)
        let variants = try root.createGroup("variants")
        for variant in plan.variants {
            let group = try variants.createGroup(RunFile.groupName(variant.name))
            try group.setAttribute("name", .string(variant.name))
            for (name, value) in variant.attributes { try group.setAttribute(name, value) }
            var groups: [String: HDF5Node] = ["": group]
            func parent(_ path: String) throws(ArchiveError) -> (HDF5Node, String) {
                var current = ""
                let parts = path.split(separator: "/").map(String.init)
                for part in parts.dropLast() {
                    let next = current.isEmpty ? part : "\(current)/\(part)"
                    if groups[next] == nil { groups[next] = try groups[current]!.createGroup(part) }
                    current = next
                }
                return (groups[current]!, parts.last ?? path)
            }
            for scalar in variant.scalars {
                let (holder, name) = try parent(scalar.path)
                let node = try holder.createDoubles(name, shape: [])
                try node.setAttribute("long_name", .string(scalar.longName))
                try node.setAttribute("units", .string(scalar.units))
                for (name, value) in scalar.attributes { try node.setAttribute(name, value) }
                try prepareEvidence(node)
            }
            if variant.eigenvalues > 0 {
                let (holder, _) = try parent("curvature/eigenvalues")
                try buildSpectrum(holder, variant.eigenvalues)
            }
            for grid in variant.grids {
                let (holder, name) = try parent(grid.path)
                try buildGrid(try holder.createGroup(name), grid)
            }
        }
    }

    /// Numbers about a number, which are overwritten in place when it is known.
    private func prepareEvidence(_ node: HDF5Node) throws(ArchiveError) {
        try node.setAttribute("standard_error", .double(.nan))
        try node.setAttribute("samples", .int(0))
        try node.setAttribute("seconds", .double(.nan))
        try node.setAttribute("status", .byte(Status.pending.rawValue))
    }

    private func buildSpectrum(_ group: HDF5Node, _ count: Int) throws(ArchiveError) {
        let index = try group.createDoubles("index", shape: [count])
        try index.write((1...count).map(Double.init))
        try index.makeScale("index")
        try index.setAttribute("long_name", .string("rank from the end of the spectrum"))
        for (suffix, title) in [("", "largest"), ("_smallest", "smallest")] {
            let values = try group.createDoubles("eigenvalues" + suffix, shape: [count])
            try values.setAttribute("long_name", .string("\(title) eigenvalues of the Hessian"))
            try values.setAttribute("units", .string("loss"))
            for name in ["tolerance"] { try values.setAttribute(name, .double(.nan)) }
            for name in ["products", "restarts"] { try values.setAttribute(name, .int(0)) }
            try prepareEvidence(values)
            let residuals = try group.createDoubles("residuals" + suffix, shape: [count])
            try residuals.setAttribute("long_name", .string("relative residual |Hv - lambda v| / |lambda|"))
            let converged = try group.createBytes("converged" + suffix, shape: [count])
            try converged.setAttribute("long_name", .string("1 where the residual is within the tolerance"))
            for node in [values, residuals, converged] { try node.attach(scale: index, dimension: 0) }
        }
    }

    private func buildGrid(_ group: HDF5Node, _ grid: GridPlan) throws(ArchiveError) {
        for (name, value) in grid.attributes { try group.setAttribute(name, value) }
        var scales: [HDF5Node] = []
        for axis in grid.axes {
            let node = try group.createDoubles(axis.name, shape: [axis.values.count])
            try node.write(axis.values)
            try node.makeScale(axis.name)
            try node.setAttribute("long_name", .string(axis.longName))
            try node.setAttribute("units", .string("1"))
            scales.append(node)
        }
        let loss = try group.createDoubles("loss", shape: grid.shape)
        try loss.setAttribute("long_name", .string("mean loss over the windows"))
        try loss.setAttribute("units", .string("loss"))
        let error = try group.createDoubles("standard_error", shape: grid.shape)
        try error.setAttribute("long_name", .string("standard error of the loss over the windows"))
        try error.setAttribute("units", .string("loss"))
        let status = try group.createBytes("status", shape: grid.shape)
        try status.setAttribute("long_name", .string("0 pending, 1 done, 2 failed"))
        for node in [loss, error, status] {
            for (dimension, scale) in scales.enumerated() { try node.attach(scale: scale, dimension: dimension) }
        }
    }

    // MARK: Writing

    private func node(_ variant: String, _ path: String) throws(ArchiveError) -> HDF5Node {
        let full = "variants/\(RunFile.groupName(variant))/\(path)"
        if let node = nodes[full] { return node }
        let node = try file.root.dataset(full)
        nodes[full] = node
        return node
    }

    /// Whether a scalar or the eigenvalues are done.
    public func status(_ variant: String, _ path: String) throws(ArchiveError) -> Status {
        guard case .byte(let value)? = try node(variant, path).attribute("status") else { return .pending }
        return Status(rawValue: value) ?? .pending
    }

    /// Stores a number with its evidence.
    ///
    /// - Parameter status: `failed` for a number that is not defined; its value is NaN then.
    public func setScalar(
        _ variant: String, _ path: String, _ value: Double, standardError: Double = .nan, samples: Int = 0,
        seconds: Double = .nan, status: Status = .done
    ) throws(ArchiveError) {
        let node = try node(variant, path)
        try node.write([value])
        try node.setAttribute("standard_error", .double(standardError))
        try node.setAttribute("samples", .int(samples))
        try node.setAttribute("seconds", .double(seconds))
        try file.flush()
        try node.setAttribute("status", .byte(status.rawValue))
        try file.flush()
    }

    /// Overwrites a number that the plan declared as an attribute of a scalar.
    public func setAttribute(_ variant: String, _ path: String, _ name: String, _ value: Double) throws(ArchiveError) {
        try node(variant, path).setAttribute(name, .double(value))
    }

    /// The value of a scalar that is done.
    public func scalar(_ variant: String, _ path: String) throws(ArchiveError) -> Double {
        try node(variant, path).doubles()[0]
    }

    /// Stores the eigenvalues of one end.
    ///
    /// - Parameter pairs: value, relative residual, converged; at most as many as planned, the rest stays NaN.
    public func setEigenvalues(
        _ variant: String, smallest: Bool, _ pairs: [(value: Double, residual: Double, converged: Bool)], tolerance: Double,
        products: Int, restarts: Int, seconds: Double, status: Status = .done
    ) throws(ArchiveError) {
        let suffix = smallest ? "_smallest" : ""
        let values = try node(variant, "curvature/eigenvalues" + suffix)
        let count = try values.shape()[0]
        func padded<T>(_ list: [T], _ filler: T) -> [T] {
            Array(list.prefix(count)) + [T](repeating: filler, count: max(0, count - list.count))
        }
        try values.write(padded(pairs.map(\.value), .nan))
        try node(variant, "curvature/residuals" + suffix).write(padded(pairs.map(\.residual), .nan))
        try node(variant, "curvature/converged" + suffix).write(padded(pairs.map { UInt8($0.converged ? 1 : 0) }, 0))
        try values.setAttribute("tolerance", .double(tolerance))
        try values.setAttribute("products", .int(products))
        try values.setAttribute("restarts", .int(restarts))
        try values.setAttribute("seconds", .double(seconds))
        try file.flush()
        try values.setAttribute("status", .byte(status.rawValue))
        try file.flush()
    }

    /// The status of every point of a grid, row-major.
    public func statuses(_ variant: String, _ grid: String) throws(ArchiveError) -> [Status] {
        try node(variant, grid + "/status").bytes().map { Status(rawValue: $0) ?? .pending }
    }

    /// Stores one point of a grid at its row-major position. NaN has status `failed`; infinity is a value.
    public func setPoint(
        _ variant: String, _ grid: String, at position: Int, loss: Double, standardError: Double
    ) throws(ArchiveError) {
        let values = try node(variant, grid + "/loss")
        let key = "\(variant)|\(grid)"
        let shape: [Int]
        if let known = shapes[key] { shape = known } else {
            shape = try values.shape()
            shapes[key] = shape
        }
        precondition(position >= 0 && position < shape.reduce(1, *), "a position inside the grid")
        try values.write(loss, at: position, shape: shape)
        try node(variant, grid + "/standard_error").write(standardError, at: position, shape: shape)
        try file.flush()
        let status: Status = loss.isNaN ? .failed : .done
        try node(variant, grid + "/status").write(status.rawValue, at: position, shape: shape)
        try file.flush()
    }

    /// Declares the file finished.
    public func finish() throws(ArchiveError) {
        try file.root.setAttribute("complete", .byte(1))
        try file.flush()
        try RunFile.synchronize(url.path)
    }
}
