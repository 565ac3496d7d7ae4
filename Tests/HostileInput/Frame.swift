/// What makes a changed file still look right from outside: lengths and checksums that a reader tests first.
///
/// A mutation behind a wrong checksum reaches no further than the checksum.
enum Frame {
    /// The part of a file that is worth changing alone, and how the file is put together again around a changed one.
    struct Part {
        let bytes: [UInt8]
        let rebuilt: ([UInt8]) -> [UInt8]
    }

    static func part(of file: [UInt8], _ reader: Reader) -> Part? {
        switch reader {
        case .safetensors: header(of: file)
        case .pytorch: pickle(of: file)
        case .table, .configuration, .result: nil
        }
    }

    /// The file with checksums that fit.
    static func repaired(_ file: [UInt8], _ reader: Reader) -> [UInt8] {
        reader == .result ? HDF5Checksums.repaired(file) : file
    }

    // MARK: safetensors

    /// The JSON header; its length stands in the first eight bytes.
    private static func header(of file: [UInt8]) -> Part? {
        guard file.count >= 8 else { return nil }
        let length = Int(clamping: little(file, at: 0, 8))
        guard length <= file.count - 8 else { return nil }
        let data = file[(8 + length)...]
        return Part(bytes: Array(file[8..<(8 + length)])) { header in little(header.count, 8) + header + data }
    }

    // MARK: PyTorch

    /// The pickle of a zip archive; the directory is written anew.
    private static func pickle(of file: [UInt8]) -> Part? {
        guard let entries = StoredZip.entries(of: file),
            let index = entries.firstIndex(where: { $0.name.hasSuffix("data.pkl") })
        else { return nil }
        return Part(bytes: entries[index].bytes) { pickle in
            var changed = entries
            changed[index].bytes = pickle
            return StoredZip.file(changed)
        }
    }

    // MARK: Numbers

    static func little(_ bytes: [UInt8], at position: Int, _ width: Int) -> UInt64 {
        guard position >= 0, position + width <= bytes.count else { return .max }
        return (0..<width).reduce(0) { $0 | UInt64(bytes[position + $1]) << UInt64(8 * $1) }
    }

    static func little(_ value: Int, _ width: Int) -> [UInt8] {
        (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
}

/// Zip archives without compression.
enum StoredZip {
    struct Entry {
        let name: String
        var bytes: [UInt8]
    }

    /// The entries of a sound archive; nil when it is none.
    static func entries(of file: [UInt8]) -> [Entry]? {
        guard file.count >= 22 else { return nil }
        let lowest = max(0, file.count - 22 - 0xFFFF)
        guard
            let end = (lowest...(file.count - 22)).reversed().first(where: {
                Frame.little(file, at: $0, 4) == 0x0605_4B50
            })
        else { return nil }
        var at = Int(clamping: Frame.little(file, at: end + 16, 4))
        var entries: [Entry] = []
        for _ in 0..<min(Frame.little(file, at: end + 10, 2), 1000) {
            guard Frame.little(file, at: at, 4) == 0x0201_4B50 else { return nil }
            let size = Int(clamping: Frame.little(file, at: at + 24, 4))
            let name = Int(clamping: Frame.little(file, at: at + 28, 2))
            let rest = Int(clamping: Frame.little(file, at: at + 30, 2) + Frame.little(file, at: at + 32, 2))
            let local = Int(clamping: Frame.little(file, at: at + 42, 4))
            guard at + 46 + name <= file.count, local <= file.count - 30 else { return nil }
            let start =
                local + 30 + Int(clamping: Frame.little(file, at: local + 26, 2))
                + Int(clamping: Frame.little(file, at: local + 28, 2))
            guard start <= file.count, size <= file.count - start else { return nil }
            entries.append(
                Entry(
                    name: String(decoding: file[(at + 46)..<(at + 46 + name)], as: UTF8.self),
                    bytes: Array(file[start..<(start + size)])))
            at += 46 + name + rest
        }
        return entries
    }

    static func file(_ entries: [Entry]) -> [UInt8] {
        var file: [UInt8] = []
        var directory: [UInt8] = []
        for entry in entries {
            let name = Array(entry.name.utf8)
            // Version, flags, method, time, date and checksum, which our reader leaves alone, are 0.
            let sizes =
                Frame.little(entry.bytes.count, 4) + Frame.little(entry.bytes.count, 4)
                + Frame.little(name.count, 2) + Frame.little(0, 2)
            directory += [0x50, 0x4B, 1, 2] + Frame.little(0, 8) + Frame.little(0, 8) + sizes
            directory += Frame.little(0, 8) + Frame.little(0, 2) + Frame.little(file.count, 4) + name
            file += [0x50, 0x4B, 3, 4] + Frame.little(0, 8) + Frame.little(0, 6) + sizes + name
            file += entry.bytes
        }
        return file + directory + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + Frame.little(entries.count, 2)
            + Frame.little(entries.count, 2) + Frame.little(directory.count, 4) + Frame.little(file.count, 4)
            + Frame.little(0, 2)
    }
}
