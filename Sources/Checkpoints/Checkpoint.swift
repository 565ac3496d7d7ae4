import Foundation

/// A model's weights on disk: one safetensors file, several with an index, or an archive of torch.save.
public struct Checkpoint: Sendable {
    /// What the user named: a file or a folder.
    public let url: URL
    /// In order of their names.
    public let entries: [TensorEntry]
    /// The `config.json` beside the weights, when there is one.
    public let configuration: URL?
    private let shards: [any TensorContainer]
    private let owner: [String: Int]

    /// Opens a file, or a folder.
    ///
    /// In a folder the first of these is taken: `model.safetensors.index.json` with the shards it names,
    /// `model.safetensors`, the only `*.safetensors`, `pytorch_model.bin`, the only `*.ckpt`, `*.pth`, `*.pt` or `*.bin`.
    ///
    /// - Throws: ``CheckpointError``; a folder with several candidates and no index is an error that lists them.
    public init(_ url: URL) throws(CheckpointError) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: url.path, isDirectory: &isFolder) else {
            throw CheckpointError(.missing, .fileMissing, url.path, "there is no such file or folder")
        }
        self.url = url
        let folder = isFolder.boolValue ? url : url.deletingLastPathComponent()
        let configuration = folder.appendingPathComponent("config.json")
        self.configuration = FileManager.default.fileExists(atPath: configuration.path) ? configuration : nil
        if isFolder.boolValue {
            shards = try Checkpoint.shards(in: folder)
        } else if url.lastPathComponent.hasSuffix(".index.json") {
            shards = try Checkpoint.shards(index: url)
        } else {
            shards = [try Checkpoint.container(url)]
        }
        var owner: [String: Int] = [:]
        var entries: [TensorEntry] = []
        for (position, shard) in shards.enumerated() {
            for entry in shard.entries {
                guard owner.updateValue(position, forKey: entry.name) == nil else {
                    throw CheckpointError(
                        .malformed, .invalidIndex, url.path, "tensor '\(entry.name)' stands in more than one file")
                }
                entries.append(entry)
            }
        }
        self.owner = owner
        self.entries = entries.sorted { $0.name < $1.name }
    }

    /// A file of either format, told apart by its first bytes.
    private static func container(_ url: URL) throws(CheckpointError) -> any TensorContainer {
        let file = try RandomAccessFile(url)
        let magic = try file.read(at: 0, count: min(8, file.length))
        if let format = ForeignFormat(magic), format == .pytorch || format == .pickle { return try PyTorchArchive(url) }
        return try SafetensorsFile(url)
    }

    private static func shards(in folder: URL) throws(CheckpointError) -> [any TensorContainer] {
        let index = folder.appendingPathComponent("model.safetensors.index.json")
        if FileManager.default.fileExists(atPath: index.path) { return try shards(index: index) }
        let standard = folder.appendingPathComponent("model.safetensors")
        if FileManager.default.fileExists(atPath: standard.path) { return [try SafetensorsFile(standard)] }
        let archive = folder.appendingPathComponent("pytorch_model.bin")
        if FileManager.default.fileExists(atPath: archive.path) { return [try PyTorchArchive(archive)] }
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted()
        var candidates = names.filter { $0.hasSuffix(".safetensors") }
        if candidates.isEmpty {
            candidates = names.filter { name in [".ckpt", ".pth", ".pt", ".bin"].contains { name.hasSuffix($0) } }
        }
        if candidates.count == 1 { return [try container(folder.appendingPathComponent(candidates[0]))] }
        if candidates.isEmpty {
            throw CheckpointError(
                .missing, .fileMissing, folder.path,
                "the folder holds no *.safetensors, *.ckpt, *.pth, *.pt or *.bin; it holds: \(names.prefix(12).joined(separator: ", "))"
            )
        }
        throw CheckpointError(
            .malformed, .ambiguousFolder, folder.path,
            "the folder holds several checkpoints and no index: \(candidates.joined(separator: ", ")); name one of them"
        )
    }

    private static func shards(index: URL) throws(CheckpointError) -> [any TensorContainer] {
        func fail(_ message: String) -> CheckpointError {
            CheckpointError(.malformed, .invalidIndex, index.path, message)
        }
        guard let data = try? Data(contentsOf: index), data.count <= SafetensorsFile.headerLimit else {
            throw fail("cannot be read, or is larger than \(SafetensorsFile.headerLimit) bytes")
        }
        let json: StrictJSON
        do { json = try StrictJSONParser.parse(Array(data)) } catch {
            throw fail("is not valid JSON at byte \(error.offset): \(error.reason)")
        }
        guard case .object(let members) = json,
            case .object(let map)? = members.first(where: { $0.key == "weight_map" })?.value
        else { throw fail("'weight_map' must be an object from tensor names to file names") }
        var keysByFile: [String: Set<String>] = [:]
        for (key, value) in map {
            guard case .string(let file) = value, !file.isEmpty, !file.contains("/"), !file.contains("\0"),
                file != "..", file != "."
            else { throw fail("'\(key)' must name a file beside the index, without any folder") }
            keysByFile[file, default: []].insert(key)
        }
        var shards: [any TensorContainer] = []
        for (file, keys) in keysByFile.sorted(by: { $0.key < $1.key }) {
            let shard = try SafetensorsFile(index.deletingLastPathComponent().appendingPathComponent(file))
            let found = Set(shard.entries.map(\.name))
            if let absent = keys.subtracting(found).sorted().first {
                throw fail("says that '\(file)' holds '\(absent)', which it does not")
            }
            if let extra = found.subtracting(keys).sorted().first {
                throw fail("does not mention '\(extra)', which '\(file)' holds")
            }
            shards.append(shard)
        }
        return shards
    }

    /// A tensor's entry; `nil` when there is none of that name.
    public func entry(_ name: String) -> TensorEntry? {
        owner[name].flatMap { shards[$0].entry(name) }
    }

    /// The bytes of a tensor, row-major and little-endian.
    public func read(_ name: String) throws(CheckpointError) -> [UInt8] {
        guard let position = owner[name], let entry = shards[position].entry(name) else {
            throw CheckpointError(.malformed, .unknownTensor, url.path, "holds no tensor '\(name)'")
        }
        var failure: CheckpointError?
        let bytes = [UInt8](unsafeUninitializedCapacity: entry.byteCount) { buffer, initialized in
            do throws(CheckpointError) {
                try shards[position].read(name, into: UnsafeMutableRawBufferPointer(buffer))
                initialized = entry.byteCount
            } catch {
                failure = error
                initialized = 0
            }
        }
        if let failure { throw failure }
        return bytes
    }

    /// The files that hold the weights.
    public var files: [URL] { shards.map(\.url) }

    /// `__metadata__` of the first file.
    public var metadata: [String: String] { shards.first?.metadata ?? [:] }

    /// SHA-256 over the files in order of their names, hexadecimal. Reads everything.
    public func sha256() throws(CheckpointError) -> String {
        if shards.count == 1 { return try SHA256.hash(of: shards[0].url) }
        var joined = ""
        for shard in shards { joined += try SHA256.hash(of: shard.url) + "\n" }
        return SHA256.hash(of: Array(joined.utf8))
    }
}
