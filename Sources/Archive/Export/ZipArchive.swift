import Foundation

/// A ZIP archive of files stored as they are, in memory: what NumPy's `.npz` is made of.
///
/// The same entries give the same bytes: all of them bear the earliest time that the format knows, 1980-01-01. Source: PKWARE's *APPNOTE*, 6.3.10,
/// sections 4.3.7, 4.3.12 and 4.3.16.
struct ZipArchive {
    /// Offsets and sizes are 32-bit numbers, and the largest means that they stand elsewhere (ZIP64), which is not written here.
    static let largest = Int(UInt32.max) - 1
    /// The number of entries is a 16-bit number, of which the same is true.
    static let mostEntries = Int(UInt16.max) - 1

    private(set) var data = Data()
    private var directory = Data()
    private var count = 0
    private let path: String
    private let largest: Int

    /// - Parameters:
    ///   - path: where the archive is to stand, for errors.
    ///   - largest: the size at which it ends.
    init(path: String, largest: Int = ZipArchive.largest) {
        self.path = path
        self.largest = largest
    }

    /// Adds a file; names are unique and UTF-8.
    ///
    /// - Throws: ``ArchiveError/notExportable(path:reason:)`` where the archive would need ZIP64.
    mutating func add(_ name: String, _ content: Data) throws(ArchiveError) {
        let offset = data.count
        let title = Data(name.utf8)
        guard title.count <= Int(UInt16.max) else {
            throw .notExportable(path: path, reason: "a name of \(title.count) bytes is longer than the format allows")
        }
        let needed = offset + 30 + title.count + content.count + directory.count + 46 + title.count + 22
        guard needed <= largest, count < ZipArchive.mostEntries else {
            throw .notExportable(
                path: path,
                reason:
                    "it would be larger than \(largest) bytes or \(ZipArchive.mostEntries) entries, which is what an archive without "
                    + "the ZIP64 extension holds; read the HDF5 file itself, or export csv")
        }
        // Version 2.0, names in UTF-8, stored, 00:00 on 1980-01-01.
        var header = Data()
        for field in [20, 0x0800, 0, 0, 0x0021] { header.append(little: UInt16(field)) }
        header.append(little: CyclicRedundancyCheck.of(content))
        for _ in 0..<2 { header.append(little: UInt32(content.count)) }
        header.append(little: UInt16(title.count))
        header.append(little: UInt16(0))

        data.append(little: UInt32(0x0403_4b50))
        data += header + title + content

        directory.append(little: UInt32(0x0201_4b50))
        directory.append(little: UInt16(20))
        directory += header
        // No comment, the first disk, no attributes.
        for _ in 0..<3 { directory.append(little: UInt16(0)) }
        directory.append(little: UInt32(0))
        directory.append(little: UInt32(offset))
        directory += title
        count += 1
    }

    /// The archive with its directory.
    func finished() -> Data {
        var end = Data()
        end.append(little: UInt32(0x0605_4b50))
        for field in [0, 0, count, count] { end.append(little: UInt16(field)) }
        end.append(little: UInt32(directory.count))
        end.append(little: UInt32(data.count))
        end.append(little: UInt16(0))
        return data + directory + end
    }
}

/// CRC-32 as ZIP and PNG use it: the polynomial 0xEDB88320 with reflected bits, begun with and complemented by ones.
enum CyclicRedundancyCheck {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { rest, _ in rest & 1 == 1 ? 0xEDB8_8320 ^ (rest >> 1) : rest >> 1 }
    }

    /// Of all bytes.
    static func of(_ data: Data) -> UInt32 {
        let table = table
        return ~data.reduce(~UInt32(0)) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ ($0 >> 8) }
    }
}

extension Data {
    /// Appends an integer, its lowest byte first.
    mutating func append(little value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }
}
