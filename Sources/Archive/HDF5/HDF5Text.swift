import CHDF5

/// Text between Swift and libhdf5.
enum HDF5Text {
    /// Calls `body` with an array of pointers to the texts, as variable-length strings are written.
    static func withPointers<Result>(_ texts: [String], _ body: (UnsafeRawPointer?) -> Result) -> Result {
        var bytes: [CChar] = []
        var starts: [Int] = []
        for text in texts {
            starts.append(bytes.count)
            bytes.append(contentsOf: text.utf8CString)
        }
        return bytes.withUnsafeBufferPointer { buffer in
            let pointers = starts.map { start in buffer.baseAddress.map { $0 + start } }
            return pointers.withUnsafeBytes { body($0.baseAddress) }
        }
    }

    /// A name from a call that fills a buffer and returns the full length, or a negative number.
    static func read(_ call: (UnsafeMutablePointer<CChar>?, Int) -> Int) -> String? {
        let length = call(nil, 0)
        guard length >= 0, length < 1 << 20 else { return nil }
        var bytes = [CChar](repeating: 0, count: length + 1)
        let status = bytes.withUnsafeMutableBufferPointer { call($0.baseAddress, $0.count) }
        guard status >= 0 else { return nil }
        return String(decoding: bytes.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Texts of variable or fixed length, read by `call` in the type of the file; nil on failure.
    static func readArray(
        type: hid_t, space: hid_t, count: Int, _ call: (UnsafeMutableRawPointer?) -> herr_t
    ) -> [String]? {
        let variable = H5Tis_variable_str(type)
        guard variable >= 0 else { return nil }
        if variable > 0 {
            var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
            return pointers.withUnsafeMutableBytes { raw in
                guard call(raw.baseAddress) >= 0 else { return nil }
                defer { H5Dvlen_reclaim(type, space, chdf5_default(), raw.baseAddress) }
                return raw.bindMemory(to: UnsafeMutablePointer<CChar>?.self).map {
                    $0.map { String(cString: $0) } ?? ""
                }
            }
        }
        let size = H5Tget_size(type)
        guard size > 0, size <= 1 << 24, count <= (1 << 26) / size else { return nil }
        var bytes = [UInt8](repeating: 0, count: size * count)
        guard bytes.withUnsafeMutableBytes({ call($0.baseAddress) }) >= 0 else { return nil }
        return (0..<count).map { index in
            String(decoding: bytes[index * size..<(index + 1) * size].prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
