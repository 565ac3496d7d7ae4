import Foundation

/// Refuses bytes that are no UTF-8 text, with the command that makes them so.
///
/// Costs one pass of eight bytes at a time for plain ASCII.
func checkText(_ bytes: UnsafeBufferPointer<UInt8>, path: String) throws(TimeSeriesError) {
    try checkSignature(bytes, path: path)
    guard let base = bytes.baseAddress else { return }
    if let zero = memchr(base, 0, bytes.count) {
        let offset = UnsafeRawPointer(zero) - UnsafeRawPointer(base)
        // ASCII text stored in two bytes per character has a zero in every other byte.
        let encoding = offset % 2 == 1 ? "UTF-16LE" : offset == 0 ? "UTF-16BE" : "UTF-16"
        throw .notUTF8(
            path: path, line: lineNumber(at: offset, in: bytes), found: "a NUL byte at offset \(offset)",
            encoding: encoding)
    }
    guard hasNonASCII(bytes) else { return }
    var start = 0
    var line = 1
    while start < bytes.count {
        let rest = bytes.count - start
        let end = memchr(base + start, 10, rest).map { UnsafeRawPointer($0) - UnsafeRawPointer(base) } ?? bytes.count
        let text = UnsafeBufferPointer(rebasing: bytes[start..<end])
        if String(validating: text, as: UTF8.self) == nil {
            throw .notUTF8(
                path: path, line: line, found: "invalid byte sequence", encoding: "ISO-8859-1 (or WINDOWS-1252)")
        }
        start = end + 1
        line += 1
    }
}

private func hasNonASCII(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let raw = UnsafeRawBufferPointer(bytes)
    let words = raw.count / 8
    var seen: UInt64 = 0
    var offset = 0
    while offset < words * 8 {
        seen |= raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        offset += 8
    }
    while offset < raw.count {
        seen |= UInt64(raw[offset])
        offset += 1
    }
    return seen & 0x8080_8080_8080_8080 != 0
}

private func lineNumber(at offset: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
    1 + bytes[..<offset].count { $0 == 10 }
}

/// Recognises by its first bytes what people most often hand over instead of a CSV file.
private func checkSignature(_ bytes: UnsafeBufferPointer<UInt8>, path: String) throws(TimeSeriesError) {
    func starts(_ prefix: [UInt8]) -> Bool { bytes.starts(with: prefix) }
    if starts([0xFF, 0xFE, 0, 0]) || starts([0, 0, 0xFE, 0xFF]) {
        throw .notUTF8(path: path, line: nil, found: "a UTF-32 byte order mark", encoding: "UTF-32")
    }
    if starts([0xFF, 0xFE]) || starts([0xFE, 0xFF]) {
        throw .notUTF8(path: path, line: nil, found: "a UTF-16 byte order mark", encoding: "UTF-16")
    }
    let formats: [(signature: [UInt8], format: String, remedy: String)] = [
        ([0x1F, 0x8B], "gzip data", "unpack it with: gunzip -k"),
        (Array("BZh".utf8), "bzip2 data", "unpack it with: bunzip2 -k"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A], "xz data", "unpack it with: unxz -k"),
        ([0x28, 0xB5, 0x2F, 0xFD], "zstd data", "unpack it with: unzstd"),
        ([0x50, 0x4B, 3, 4], "a zip archive (or .npz, .xlsx)", "unpack it, or save it as CSV"),
        (Array("PAR1".utf8), "a Parquet file", "save it as CSV"),
        ([0x93] + Array("NUMPY".utf8), "a NumPy array", "save it as CSV"),
        ([0x89] + Array("HDF".utf8), "an HDF5 file", "save the series as CSV"),
        (Array("version https://git-lfs".utf8), "a Git LFS placeholder", "fetch the content with: git lfs pull"),
        (Array("<!DOCTYPE".utf8), "a web page", "download the raw file"),
        (Array("<html".utf8), "a web page", "download the raw file"),
    ]
    for (signature, format, remedy) in formats where starts(signature) {
        throw .notATable(path: path, format: format, remedy: remedy)
    }
}
