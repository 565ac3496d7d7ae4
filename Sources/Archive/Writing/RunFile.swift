import Foundation

/// A result file being written.
///
/// `create` lays out everything that the plan asks for, at its final size and filled with NaN; afterwards each item is
/// written as value, flush, status, flush. So the process may be killed at any moment: the file opens, everything with
/// status `done` is right, and `open(resuming:plan:)` goes on from there. (The loss of power is another matter: the
/// file is forced to the disk when it is created, completed and closed, not after each item.)
///
/// All methods may be called from any thread; they run one at a time.
public final class RunFile: @unchecked Sendable {
    // Everything that changes is guarded by HDF5Library.synchronized.

    /// Path of the file.
    public let path: String
    let layout: RunLayout
    private var open: OpenRun?
    private var lock: OutputLock?

    /// What is open inside the file.
    struct OpenRun {
        let file: HDF5File
        let root: HDF5Group
        /// Lines, planes and volumes that are being written, by the path of their group.
        var grids: [String: OpenGrid] = [:]
        /// The attribute that says whether all is done: of the run, or of its shard.
        let flag: String
        var isComplete: Bool
    }

    private init(path: String, layout: RunLayout, file: HDF5File, isComplete: Bool, lock: OutputLock?)
        throws(ArchiveError)
    {
        self.path = path
        self.layout = layout
        self.open = OpenRun(
            file: file, root: try file.root(), flag: layout.plan.shard == nil ? "complete" : "shard_complete",
            isComplete: isComplete)
        self.lock = lock
    }

    deinit {
        // The file first, so that nobody gets the lock while it is still open.
        HDF5Library.synchronized { open = nil }
        lock = nil
    }

    // MARK: - Beginning

    /// Creates the file at `path` with all objects of `plan`, everything pending.
    ///
    /// The file is made beside its place and moved there when it is whole. With `overwrite`, an older file at `path`
    /// stays untouched until that moment.
    ///
    /// Throws `outputExists`, `cannotCreate`, `locked`, `fileLockingFailed` or `invalidPlan`.
    public static func create(
        at path: String, plan: RunPlan, overwrite: Bool = false
    ) throws(ArchiveError) -> RunFile {
        let layout = try RunLayout(plan)
        let place = OutputPlace(path)
        try place.checkFolder()
        let lock = try OutputLock(output: place.path)
        if try place.fileExists(), !overwrite { throw .outputExists(path: path) }
        let temporary = place.path + ".partial"
        do throws(ArchiveError) {
            return try HDF5Library.synchronized { () throws(ArchiveError) in
                let made = try HDF5File.create(at: temporary, finalPath: path, isPaged: true)
                let file: HDF5File
                do throws(ArchiveError) {
                    try build(layout, in: made.root())
                    // libhdf5 gives space back that it has taken in advance, by shortening the file and then saying so in it: killed
                    // between the two, the file could not be opened. Once closed and opened again it holds no such space.
                    try made.flush()
                    try made.close()
                    file = try HDF5File.open(temporary, writable: true, finalPath: path)
                    try file.synchronizeToDisk()
                } catch {
                    throw .cannotCreate(path: path, reason: error.reason)
                }
                try place.moveHere(temporary)
                return try RunFile(path: path, layout: layout, file: file, isComplete: false, lock: lock)
            }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// The same in memory alone, for a process that computes what another one writes.
    ///
    /// - Parameter name: stands for the path in messages.
    public static func inMemory(name: String, plan: RunPlan) throws(ArchiveError) -> RunFile {
        let layout = try RunLayout(plan)
        return try HDF5Library.synchronized { () throws(ArchiveError) in
            let file = try HDF5File.createInMemory(name: name)
            try build(layout, in: file.root())
            return try RunFile(path: name, layout: layout, file: file, isComplete: false, lock: nil)
        }
    }

    /// Opens a file that an earlier run with the same plan began, to go on with what is pending.
    ///
    /// Throws `missingFile`, `locked`, `fingerprintMismatch`, `planMismatch`, `unsupportedSchema`, `foreign`, `damaged`
    /// or another error of opening; the file is then as it was.
    public static func open(resuming path: String, plan: RunPlan) throws(ArchiveError) -> RunFile {
        let layout = try RunLayout(plan)
        let place = OutputPlace(path)
        guard try place.fileExists() else { throw .missingFile(path: path) }
        let lock = try OutputLock(output: place.path)
        return try HDF5Library.synchronized { () throws(ArchiveError) in
            // Read-only first: a file that does not fit must not even be touched. And in a child: what libhdf5 does
            // not survive, it does not survive there.
            let isComplete: Bool
            do {
                let record = try RunReader.read(path)
                try PlanComparison(layout: layout, record: record).check()
                isComplete = plan.shard == nil ? record.isComplete : record.isShardComplete
            }
            let file = try HDF5File.open(path, writable: true)
            // What a run left that was killed while it made a file to put in the place of this one.
            unlink(place.path + ".partial")
            return try RunFile(path: path, layout: layout, file: file, isComplete: isComplete, lock: lock)
        }
    }

    // MARK: - Ending

    /// Marks the run complete (root attribute `complete` = 1; `shard_complete` of a shard) and forces the file to the disk.
    ///
    /// Throws `itemsPending` when something has neither been done nor failed.
    ///
    /// - Parameter owns: the items of the share that the file holds; all when absent.
    public func complete(owning owns: (RunItem) -> Bool = { _ in true }) throws(ArchiveError) {
        try synchronized { (run: inout OpenRun) throws(ArchiveError) in
            try run.file.flush()
            let pending = PendingItems(try RunReader.record(run.file), owning: owns)
            if let first = pending.first { throw .itemsPending(path: path, count: pending.count, first: first) }
            try run.file.synchronizeToDisk()
            try run.root.overwriteAttribute(run.flag, [UInt8(1)])
            try run.file.synchronizeToDisk()
            run.isComplete = true
        }
    }

    /// Forces the file to the disk, closes it and releases its lock. A closed file cannot be used again.
    public func close() throws(ArchiveError) {
        try HDF5Library.synchronized { () throws(ArchiveError) in
            // No copy of what is open outlives the lock: the next process would find the file locked by libhdf5.
            defer {
                open = nil
                lock = nil
            }
            try open?.file.synchronizeToDisk()
        }
    }

    /// The present content of the file.
    public func record() throws(ArchiveError) -> RunRecord {
        try synchronized { (run: inout OpenRun) throws(ArchiveError) in try RunReader.record(run.file) }
    }

    // MARK: - For the extensions

    /// Runs `body` alone, on the open file.
    func synchronized<Result>(
        _ body: (inout OpenRun) throws(ArchiveError) -> Result
    ) throws(ArchiveError) -> Result {
        try HDF5Library.synchronized { () throws(ArchiveError) in
            // Taken out, not copied: otherwise every change to the statuses of a grid would copy them.
            guard var run = open.take() else { throw .closed(path: path) }
            defer { open = run }
            return try body(&run)
        }
    }

    /// Runs `body`, which writes an item; a file that was complete is not any more.
    func writing(_ body: (inout OpenRun) throws(ArchiveError) -> Void) throws(ArchiveError) {
        try synchronized { (run: inout OpenRun) throws(ArchiveError) in
            if run.isComplete {
                try run.root.overwriteAttribute(run.flag, [UInt8(0)])
                try run.file.flush()
                run.isComplete = false
            }
            try body(&run)
        }
    }
}

extension ArchiveError {
    /// The reason without the place, for errors that are passed on as another case.
    fileprivate var reason: String {
        switch self {
        case .cannotWrite(_, let object, let reason), .damaged(_, let object, let reason): "\(object): \(reason)"
        default: description
        }
    }
}
