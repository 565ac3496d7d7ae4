import Foundation

/// A checkpoint written by torch.save, zip archive or the older pickle stream, read without executing anything.
///
/// The state dictionary is the top level, or the first of `state_dict`, `model_state_dict`, `model`, `module` and `student`
/// below it. Everything that is no tensor is left out.
final class PyTorchArchive: TensorContainer {
    let url: URL
    let entries: [TensorEntry]
    let metadata: [String: String] = [:]
    private let file: RandomAccessFile
    private let tensors: [String: PickleTensor]
    /// Where each storage lies in the file.
    private let storages: [String: Range<Int>]

    /// Pickles of real checkpoints have a few hundred kilobytes.
    private static let pickleLimit = 64 << 20
    private static let dictionaryKeys = ["state_dict", "model_state_dict", "model", "module", "student"]

    /// Opens and checks an archive.
    init(_ url: URL) throws(CheckpointError) {
        let path = url.path
        func fail(_ rule: CheckpointError.Rule, _ reason: String) -> CheckpointError {
            CheckpointError(.malformed, rule, path, reason)
        }
        self.url = url
        file = try RandomAccessFile(url)
        let magic = try file.read(at: 0, count: min(4, file.length))
        let heap = PickleHeap()
        defer { heap.clear() }
        let root: PickleValue
        do {
            if magic.starts(with: [0x50, 0x4B]) {
                (root, storages) = try PyTorchArchive.readZip(file, heap)
            } else {
                (root, storages) = try PyTorchArchive.readLegacy(file, heap)
            }
        } catch let error as ZipDirectory.Failure {
            throw fail(.invalidHeader, "is a damaged zip archive: \(error.reason)")
        } catch let error as PickleReader.Failure {
            throw fail(.invalidHeader, "holds a pickle that cannot be read: it \(error.reason)")
        } catch let error as CheckpointError {
            throw error
        } catch {
            throw fail(.invalidHeader, "cannot be read: \(error)")
        }
        guard let dictionary = PyTorchArchive.stateDictionary(root) else {
            throw fail(
                .headerNotSchema,
                "holds no state dictionary; expected tensors at the top or under \(PyTorchArchive.dictionaryKeys.joined(separator: ", "))"
            )
        }
        var tensors: [String: PickleTensor] = [:]
        var entries: [TensorEntry] = []
        for (name, value) in dictionary.pairs {
            guard case .tensor(let tensor) = value else { continue }
            guard !name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
                throw fail(.invalidName, "a tensor's name holds control characters")
            }
            guard tensors.updateValue(tensor, forKey: name) == nil else {
                throw fail(.duplicateKey, "tensor '\(name)' stands twice")
            }
            try PyTorchArchive.check(tensor, name, storages, path)
            entries.append(TensorEntry(name: name, type: tensor.storage.type, shape: tensor.shape, offsets: 0..<0))
        }
        guard !entries.isEmpty else { throw fail(.headerNotSchema, "its state dictionary holds no tensor") }
        self.tensors = tensors
        self.entries = entries.sorted { $0.name < $1.name }
    }

    func entry(_ name: String) -> TensorEntry? {
        tensors[name].map { TensorEntry(name: name, type: $0.storage.type, shape: $0.shape, offsets: 0..<0) }
    }

    // MARK: Formats

    private static func readZip(
        _ file: RandomAccessFile, _ heap: PickleHeap
    ) throws -> (PickleValue, [String: Range<Int>]) {
        let directory = try ZipDirectory(length: file.length) { position, count in
            guard position >= 0, count >= 0, position <= file.length, count <= file.length - position else {
                return nil
            }
            return try file.read(at: position, count: count)
        }
        guard let pickle = directory.entries.first(where: { $0.name == "data.pkl" || $0.name.hasSuffix("/data.pkl") })
        else {
            throw ZipDirectory.Failure(reason: "it holds no data.pkl, so torch.save did not write it")
        }
        let folder = String(pickle.name.dropLast("data.pkl".count))
        guard pickle.range.count <= pickleLimit else {
            throw PickleReader.Failure(reason: "is longer than \(pickleLimit) bytes")
        }
        if let order = directory.entries.first(where: { $0.name == folder + "byteorder" }), order.range.count <= 16 {
            let text = String(
                decoding: try file.read(at: order.range.lowerBound, count: order.range.count), as: UTF8.self)
            guard text == "little" else { throw ZipDirectory.Failure(reason: "its numbers are stored \(text)-endian") }
        }
        var reader = PickleReader(
            try file.read(at: pickle.range.lowerBound, count: pickle.range.count), heap: heap)
        var storages: [String: Range<Int>] = [:]
        for entry in directory.entries where entry.name.hasPrefix(folder + "data/") {
            storages[String(entry.name.dropFirst(folder.count + 5))] = entry.range
        }
        return (try reader.read(), storages)
    }

    /// Magic number, protocol version and system information as pickles of their own, then the value, the keys of the storages,
    /// and each storage as its length and its bytes.
    private static func readLegacy(
        _ file: RandomAccessFile, _ heap: PickleHeap
    ) throws -> (PickleValue, [String: Range<Int>]) {
        let head = try file.read(at: 0, count: min(file.length, pickleLimit))
        var position = 0
        func next() throws -> PickleValue {
            var reader = PickleReader(head, at: position, heap: heap)
            let value = try reader.read()
            position = reader.position
            return value
        }
        // The magic number has ten bytes, so it is no machine integer.
        guard case .opaque("int") = try next(), try next().integer == 1001 else {
            throw PickleReader.Failure(reason: "does not begin as torch.save writes it")
        }
        _ = try next()
        let root = try next()
        guard let keys = try next().elements else { throw PickleReader.Failure(reason: "lists no storages") }
        var types: [String: PickleStorage] = [:]
        var visited = 0
        collect(root, 0, &types, &visited)
        var storages: [String: Range<Int>] = [:]
        for key in keys.compactMap(\.string) {
            guard position <= file.length - 8 else { throw PickleReader.Failure(reason: "is truncated, copy it again") }
            let bytes = try file.read(at: position, count: 8)
            let count = bytes.enumerated().reduce(UInt64(0)) { $0 | UInt64($1.element) << UInt64(8 * $1.offset) }
            position += 8
            guard let storage = types[key] else {
                throw PickleReader.Failure(
                    reason: "holds a storage of a type that is not known, after which nothing can be found")
            }
            guard count == UInt64(storage.count), storage.count <= (file.length - position) * 8 / storage.type.bitWidth
            else {
                throw PickleReader.Failure(reason: "is truncated, copy it again")
            }
            let size = storage.count * storage.type.bitWidth / 8
            storages[key] = position..<(position + size)
            position += size
        }
        return (root, storages)
    }

    /// The storages that a value mentions.
    ///
    /// A container may hold itself, and one container may be mentioned many times: depth and number of visits are
    /// bounded, both far above what real checkpoints need.
    private static func collect(
        _ value: PickleValue, _ depth: Int, _ types: inout [String: PickleStorage], _ visited: inout Int
    ) {
        visited += 1
        guard depth < 100, visited < 1_000_000 else { return }
        switch value {
        case .tensor(let tensor): types[tensor.storage.key] = tensor.storage
        case .storage(let storage): types[storage.key] = storage
        case .tuple(let values, _): for value in values { collect(value, depth + 1, &types, &visited) }
        case .list(let list): for value in list.values { collect(value, depth + 1, &types, &visited) }
        case .dictionary(let dictionary):
            for (_, value) in dictionary.pairs { collect(value, depth + 1, &types, &visited) }
        default: break
        }
    }

    private static func stateDictionary(_ root: PickleValue) -> PickleDictionary? {
        guard case .dictionary(let top) = root else { return nil }
        func holdsTensors(_ dictionary: PickleDictionary) -> Bool {
            dictionary.pairs.contains { if case .tensor = $0.value { true } else { false } }
        }
        for key in dictionaryKeys {
            if case .dictionary(let nested)? = top.pairs.last(where: { $0.key == key })?.value, holdsTensors(nested) {
                return nested
            }
        }
        return holdsTensors(top) ? top : nil
    }

    // MARK: Tensors

    private static func check(
        _ tensor: PickleTensor, _ name: String, _ storages: [String: Range<Int>], _ path: String
    ) throws(CheckpointError) {
        func fail(_ rule: CheckpointError.Rule, _ reason: String) -> CheckpointError {
            CheckpointError(.malformed, rule, path, "tensor '\(name)': \(reason)")
        }
        let type = tensor.storage.type
        guard let range = storages[tensor.storage.key] else {
            throw fail(.invalidOffset, "its storage '\(tensor.storage.key)' is missing")
        }
        let available = range.count * 8 / type.bitWidth
        guard tensor.storage.count <= available else {
            throw fail(
                .invalidOffset,
                "its storage holds \(available) numbers, \(tensor.storage.count) were announced; the file is truncated")
        }
        guard tensor.offset >= 0, tensor.shape.allSatisfy({ $0 >= 0 }), tensor.strides.allSatisfy({ $0 >= 0 }) else {
            throw fail(.invalidOffset, "a negative offset, size or stride")
        }
        var bits = type.bitWidth
        for size in tensor.shape {
            let (product, overflow) = bits.multipliedReportingOverflow(by: size)
            guard !overflow else { throw fail(.validationOverflow, "the shape \(tensor.shape) overflows") }
            bits = product
        }
        guard !tensor.shape.contains(0) else { return }
        // The last element of a view must lie inside its storage; a view may repeat elements, but not beyond reason.
        var last = tensor.offset
        for (size, stride) in zip(tensor.shape, tensor.strides) {
            let (step, overflow) = (size - 1).multipliedReportingOverflow(by: stride)
            let (sum, overflow2) = last.addingReportingOverflow(step)
            guard !overflow, !overflow2 else {
                throw fail(.validationOverflow, "the strides \(tensor.strides) overflow")
            }
            last = sum
        }
        guard last < available else {
            throw fail(.invalidOffset, "reaches element \(last) of a storage with \(available)")
        }
        guard bits / 8 <= max(1 << 26, 64 * range.count) else {
            throw fail(.validationOverflow, "expands \(range.count) bytes to \(bits / 8)")
        }
    }

    func read(_ name: String, into buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError) {
        guard let tensor = tensors[name], let range = storages[tensor.storage.key] else {
            throw CheckpointError(.malformed, .unknownTensor, url.path, "holds no tensor '\(name)'")
        }
        let width = tensor.storage.type.bitWidth / 8
        guard !buffer.isEmpty else { return }
        var expected = 1
        var isContiguous = true
        for (size, stride) in zip(tensor.shape, tensor.strides).reversed() {
            if size != 1 && stride != expected { isContiguous = false }
            expected *= size
        }
        if isContiguous {
            return try file.read(into: buffer, at: range.lowerBound + tensor.offset * width)
        }
        // A transposed, narrowed or expanded view: read what it spans, then gather.
        let span = zip(tensor.shape, tensor.strides).reduce(1) { $0 + ($1.0 - 1) * $1.1 }
        let source = try file.read(at: range.lowerBound + tensor.offset * width, count: span * width)
        source.withUnsafeBytes { source in
            var index = [Int](repeating: 0, count: tensor.shape.count)
            var position = 0
            for element in 0..<(buffer.count / width) {
                UnsafeMutableRawBufferPointer(rebasing: buffer[(element * width)..<((element + 1) * width)])
                    .copyMemory(
                        from: UnsafeRawBufferPointer(rebasing: source[(position * width)..<((position + 1) * width)]))
                // One step beyond the end of an axis, taken back at once, may lie beyond all integers.
                for axis in tensor.shape.indices.reversed() {
                    index[axis] += 1
                    position &+= tensor.strides[axis]
                    if index[axis] < tensor.shape[axis] { break }
                    position &-= index[axis] &* tensor.strides[axis]
                    index[axis] = 0
                }
            }
        }
    }
}
