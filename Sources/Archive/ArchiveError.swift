/// Why a result file could not be created, opened, read or written.
///
/// Every description names the file, the object inside it, what was expected and found, and what to do about it.
public enum ArchiveError: Error, Equatable, Sendable {
    /// Nothing exists at this path.
    case missingFile(path: String)
    /// The path names a folder, a device or a socket.
    case notAFile(path: String, kind: String)
    /// The operating system refused to open or read the file.
    case unreadable(path: String, reason: String)
    /// The file does not begin like an HDF5 file.
    case notHDF5(path: String)
    /// The file is HDF5, but it is cut short or its content contradicts itself.
    case damaged(path: String, object: String, reason: String)
    /// The file is sound HDF5, but no result file of this tool; `missing` says what it lacks.
    case foreign(path: String, missing: String)
    /// The file follows another version of the format.
    case unsupportedSchema(path: String, found: String, expected: String)
    /// The output exists and neither resuming nor overwriting was asked for.
    case outputExists(path: String)
    /// The output could not be created.
    case cannotCreate(path: String, reason: String)
    /// A write into the open file failed.
    case cannotWrite(path: String, object: String, reason: String)
    /// Another process of this tool writes the same output; `holder` is what it wrote into its lock file.
    case locked(path: String, holder: String)
    /// libhdf5 could not lock the file: another program has it open, or the file system has no locks.
    case fileLockingFailed(path: String, reason: String)
    /// The file belongs to a run with other inputs or options.
    case fingerprintMismatch(path: String, expected: String, found: String)
    /// The file holds other objects, or objects of another shape, than the plan.
    case planMismatch(path: String, object: String, expected: String, found: String)
    /// The plan itself cannot be laid out in a file.
    case invalidPlan(object: String, expected: String, found: String)
    /// The plan has no such object or attribute.
    case unknownObject(path: String, object: String, available: [String])
    /// A value of another length, kind or position than planned.
    case invalidValue(path: String, object: String, expected: String, found: String)
    /// The run was declared complete while something is still pending.
    case itemsPending(path: String, count: Int, first: String)
    /// Two files are not shards of one run; `other` is the file that `path` was compared with.
    case notMergeable(path: String, other: String, object: String, expected: String, found: String)
    /// Two runs cannot be put side by side; `other` is the file that `path` was compared with.
    case notComparable(path: String, other: String, object: String, expected: String, found: String)
    /// Shards of a run were not given.
    case shardsMissing(given: String, missing: [Int], count: Int)
    /// A shard has not finished its share.
    case shardPending(path: String, shard: String)
    /// The file has been closed.
    case closed(path: String)
    /// Another program's format cannot hold what was asked for.
    case notExportable(path: String, reason: String)

    /// The kind of failure, for a caller that must choose an exit code.
    public enum Category: Sendable {
        /// There is no such input, or it cannot be read (EX_NOINPUT, 66).
        case noInput
        /// The input is damaged or of another kind (EX_DATAERR, 65).
        case badData
        /// The output cannot be created or written (EX_CANTCREAT, 73).
        case cannotCreate
        /// Somebody else uses the file; the same command works later (EX_TEMPFAIL, 75).
        case busy
        /// The existing output belongs to another run: overwrite it or choose another path (EX_CANTCREAT, 73).
        case mismatch
        /// The caller asked for something the plan does not hold (a mistake in the program, 1).
        case misuse
    }

    /// The kind of failure.
    public var category: Category {
        switch self {
        case .missingFile, .notAFile, .unreadable, .shardsMissing: .noInput
        case .notHDF5, .damaged, .foreign, .unsupportedSchema, .notExportable, .notMergeable, .notComparable: .badData
        case .outputExists, .cannotCreate, .cannotWrite: .cannotCreate
        case .locked, .fileLockingFailed, .shardPending: .busy
        case .fingerprintMismatch, .planMismatch: .mismatch
        case .invalidPlan, .unknownObject, .invalidValue, .itemsPending, .closed: .misuse
        }
    }
}

extension ArchiveError: CustomStringConvertible {
    /// What happened, where, and what to do about it.
    public var description: String {
        switch self {
        case .missingFile(let path):
            "\(path): no such file. Check the path, or run `landscape probe --output` to make one."
        case .notAFile(let path, let kind):
            "\(path): expected a file, found \(kind). Give the path of a result file."
        case .unreadable(let path, let reason):
            "\(path): cannot be read: \(reason). Check the permissions of the file and its folders."
        case .notHDF5(let path):
            "\(path): expected an HDF5 file, found other content (no HDF5 signature). Give a file made by `landscape probe`."
        case .damaged(let path, let object, let reason):
            "\(path): \(object) cannot be read: the file is damaged or cut short (\(reason)). "
                + "Copy it again from where it was made, or make it anew with --overwrite."
        case .foreign(let path, let missing):
            "\(path): an HDF5 file, but not a result file of landscape: it lacks \(missing). "
                + "Give a file made by `landscape probe`."
        case .unsupportedSchema(let path, let found, let expected):
            "\(path): attribute schema: expected \"\(expected)\", found \"\(found)\". "
                + "Read the file with the version of landscape that wrote it, or make it anew with --overwrite."
        case .outputExists(let path):
            "\(path): exists already. Continue it with --resume, replace it with --overwrite, or choose another --output."
        case .cannotCreate(let path, let reason):
            "\(path): cannot be created: \(reason). Choose another --output, or make the folder and its permissions fit."
        case .cannotWrite(let path, let object, let reason):
            "\(path): writing \(object) failed: \(reason). Check the free space and the permissions; "
                + "then continue with --resume."
        case .locked(let path, let holder):
            "\(path): another run writes this file (\(holder)). Wait for it, stop it, or choose another --output."
        case .fileLockingFailed(let path, let reason):
            "\(path): libhdf5 cannot lock the file (\(reason)). Close the program that has it open; if the file system "
                + "has no locks (some network folders), set the environment variable HDF5_USE_FILE_LOCKING=FALSE."
        case .fingerprintMismatch(let path, let expected, let found):
            "\(path): cannot be resumed: attribute fingerprint: expected \(expected), found \(found), so weights, data or "
                + "options differ from the run that began it. Repeat that command, replace the file with --overwrite, "
                + "or choose another --output."
        case .planMismatch(let path, let object, let expected, let found):
            "\(path): cannot be resumed: \(object): expected \(expected), found \(found). "
                + "Replace the file with --overwrite, or choose another --output."
        case .invalidPlan(let object, let expected, let found):
            "\(object): expected \(expected), found \(found)."
        case .unknownObject(let path, let object, let available):
            "\(path): the plan has no \(object); it has \(available.isEmpty ? "none" : available.joined(separator: ", "))."
        case .invalidValue(let path, let object, let expected, let found):
            "\(path): \(object): expected \(expected), found \(found)."
        case .itemsPending(let path, let count, let first):
            "\(path): \(count) item\(count == 1 ? " is" : "s are") still pending, the first is \(first). "
                + "Continue the run with --resume."
        case .notComparable(let path, let other, let object, let expected, let found):
            "\(path): cannot stand beside \(other): \(object): expected \(expected), found \(found). Losses compare only on the same windows of the same data; probe both alike."
        case .notMergeable(let path, let other, let object, let expected, let found):
            "\(path): cannot be merged\(other == path ? "" : " with \(other)"): \(object): expected \(expected), found \(found). "
                + "Give each shard of one run once, all made with the same weights, data, options and number of shards."
        case .shardsMissing(let given, let missing, let count):
            "\(given): shard\(missing.count == 1 ? "" : "s") \(missing.map(String.init).joined(separator: ", ")) of \(count) "
                + "\(missing.count == 1 ? "is" : "are") not among the files given. Give all of them, or --partial to merge what is there."
        case .shardPending(let path, let shard):
            "\(path): shard \(shard) has not finished its share. Continue it with its own command and --resume, "
                + "or give --partial to merge what is there."
        case .closed(let path):
            "\(path): the file has been closed."
        case .notExportable(let path, let reason):
            "\(path): cannot be written: \(reason)."
        }
    }
}
