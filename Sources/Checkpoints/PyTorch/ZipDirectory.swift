/// The table of contents of a zip file whose entries are stored without compression, as torch.save writes it.
struct ZipDirectory {
    struct Entry {
        let name: String
        /// Where the data lie in the file.
        let range: Range<Int>
    }

    struct Failure: Error {
        let reason: String
    }

    let entries: [Entry]

    /// Reads the directory.
    ///
    /// Compressed entries are refused, so what is read is never longer than the file. So are overlapping entries, names that leave the
    /// archive, and two entries of one name.
    ///
    /// - Parameter read: returns `count` bytes from a position of the file, and nil outside of it.
    init(length: Int, read: (_ position: Int, _ count: Int) throws -> [UInt8]?) throws {
        func fail(_ reason: String) -> Failure { Failure(reason: reason) }
        func number(_ bytes: [UInt8], _ at: Int, _ width: Int) throws -> Int {
            guard at + width <= bytes.count else { throw fail("the directory ends in the middle") }
            var value: UInt64 = 0
            for i in 0..<width { value |= UInt64(bytes[at + i]) << UInt64(8 * i) }
            guard let result = Int(exactly: value) else { throw fail("a size that does not fit") }
            return result
        }
        // The end record stands last, before a comment of up to 65535 bytes.
        let tailLength = min(length, 65557)
        guard let tail = try read(length - tailLength, tailLength), tail.count >= 22 else {
            throw fail("too short for a zip archive")
        }
        guard
            let end = (0...(tail.count - 22)).reversed().first(where: {
                tail[$0..<($0 + 4)].elementsEqual([0x50, 0x4B, 5, 6])
            })
        else { throw fail("the directory at its end is missing; it is truncated, copy it again") }
        var count = try number(tail, end + 10, 2)
        var size = try number(tail, end + 12, 4)
        var start = try number(tail, end + 16, 4)
        if count == 0xFFFF || size == 0xFFFF_FFFF || start == 0xFFFF_FFFF {
            guard end >= 20, tail[(end - 20)..<(end - 16)].elementsEqual([0x50, 0x4B, 6, 7]) else {
                throw fail("the 64-bit directory is missing")
            }
            let position = try number(tail, end - 12, 8)
            guard let record = try read(position, 56), record[0..<4].elementsEqual([0x50, 0x4B, 6, 6]) else {
                throw fail("the 64-bit directory is damaged")
            }
            count = try number(record, 32, 8)
            size = try number(record, 40, 8)
            start = try number(record, 48, 8)
        }
        guard size <= 64 << 20, let directory = try read(start, size) else {
            throw fail("the directory lies outside of the file")
        }

        var entries: [Entry] = []
        var names: Set<String> = []
        var at = 0
        for _ in 0..<count {
            guard at + 46 <= directory.count, directory[at..<(at + 4)].elementsEqual([0x50, 0x4B, 1, 2]) else {
                throw fail("the directory is damaged")
            }
            let flags = try number(directory, at + 8, 2)
            let method = try number(directory, at + 10, 2)
            var packed = try number(directory, at + 20, 4)
            var plain = try number(directory, at + 24, 4)
            let nameLength = try number(directory, at + 28, 2)
            let extraLength = try number(directory, at + 30, 2)
            let commentLength = try number(directory, at + 32, 2)
            var local = try number(directory, at + 42, 4)
            guard at + 46 + nameLength + extraLength + commentLength <= directory.count,
                let name = String(validating: directory[(at + 46)..<(at + 46 + nameLength)], as: UTF8.self)
            else { throw fail("the directory is damaged") }
            // 64-bit sizes stand in an extra field, in this order, for those that did not fit.
            var extra = at + 46 + nameLength
            let extraEnd = extra + extraLength
            while extra + 4 <= extraEnd {
                let kind = try number(directory, extra, 2)
                let fieldEnd = min(extraEnd, extra + 4 + (try number(directory, extra + 2, 2)))
                if kind == 1 {
                    var field = extra + 4
                    if plain == 0xFFFF_FFFF, field + 8 <= fieldEnd {
                        plain = try number(directory, field, 8)
                        field += 8
                    }
                    if packed == 0xFFFF_FFFF, field + 8 <= fieldEnd {
                        packed = try number(directory, field, 8)
                        field += 8
                    }
                    if local == 0xFFFF_FFFF, field + 8 <= fieldEnd { local = try number(directory, field, 8) }
                }
                extra = fieldEnd
            }
            at = extraEnd + commentLength
            guard flags & 1 == 0 else { throw fail("'\(name)' is encrypted") }
            guard method == 0, packed == plain else {
                throw fail(
                    "'\(name)' is compressed, which torch.save never does; unpack and save it again with torch.save")
            }
            guard !name.hasPrefix("/"), !name.split(separator: "/").contains(".."), !name.contains("\\"),
                !name.contains("\0")
            else {
                throw fail("'\(name)' leads out of the archive")
            }
            guard names.insert(name).inserted else { throw fail("'\(name)' stands twice") }
            guard let header = try read(local, 30), header[0..<4].elementsEqual([0x50, 0x4B, 3, 4]) else {
                throw fail("'\(name)' has no header")
            }
            let data = local + 30 + (try number(header, 26, 2)) + (try number(header, 28, 2))
            guard data <= length, plain <= length - data else {
                throw fail("'\(name)' ends outside of the file; it is truncated")
            }
            entries.append(Entry(name: name, range: data..<(data + plain)))
        }
        let sorted = entries.sorted { $0.range.lowerBound < $1.range.lowerBound }
        for (first, second) in zip(sorted, sorted.dropFirst()) where first.range.upperBound > second.range.lowerBound {
            throw fail("'\(first.name)' and '\(second.name)' overlap")
        }
        self.entries = entries
    }
}
