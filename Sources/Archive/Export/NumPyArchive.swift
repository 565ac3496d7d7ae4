import Foundation

/// Writes all numbers of a result file as one archive for `numpy.load`, which needs no HDF5 library for it.
///
/// The keys are the paths in the result file: `variants/sff:0.7/loss` is a number, `variants/sff:0.7/planes/random/loss` an array [ny, nx] beside `x`, `y`
/// and `status`, `variants/sff:0.7/curvature/eigenvalues` one beside its coordinate, residuals and flags. Attributes stand behind an `@`:
/// `variants/sff:0.7/loss@standard_error`, `variants/sff:0.7@alpha`, `@seed`; the manifest is `manifest`, a text. Floats are float64, integers int64 or uint64,
/// flags and statuses uint8, texts `<U`; nothing is pickled. Pending numbers are NaN. Source: *NumPy enhancement proposal 1*, version 1.0 of the header.
public enum NumPyArchive {
    /// Attributes that only explain the datasets of the HDF5 file to programs that read it.
    private static let bookkeeping: Set<String> = [
        "_FillValue", "ancillary_variables", "flag_values", "flag_meanings", "Conventions", "CLASS", "NAME",
        "DIMENSION_LIST", "REFERENCE_LIST",
    ]

    /// Writes a new file, by a temporary one that is moved when it is complete.
    ///
    /// - Parameter path: an existing file is an error unless it may be overwritten.
    /// - Returns: the keys, in the order of the archive.
    /// - Throws: ``ArchiveError/notExportable(path:reason:)`` for 4 GiB or more.
    @discardableResult
    public static func write(_ record: RunRecord, to path: String, overwrite: Bool) throws(ArchiveError) -> [String] {
        var zip = ZipArchive(path: path)
        let arrays = arrays(record)
        for (key, array) in arrays { try zip.add(key + ".npy", array.file()) }
        try OutputPlace(path).write(zip.finished(), overwrite: overwrite)
        return arrays.map(\.key)
    }

    /// Everything in the order of the file.
    static func arrays(_ record: RunRecord) -> [(key: String, array: NumPyArray)] {
        var result: [(key: String, array: NumPyArray)] = []
        func put(_ object: String, _ attributes: [String: AttributeValue]) {
            for (name, value) in attributes.sorted(by: { $0.key < $1.key }) where !bookkeeping.contains(name) {
                result.append(("\(object)@\(name)", NumPyArray(value)))
            }
        }
        func put(_ path: String, _ column: ColumnRecord, shape: [Int]) {
            result.append((path, NumPyArray(column, shape: shape)))
        }

        put("", record.attributes)
        result.append(("manifest", NumPyArray(.string(record.manifestJSON))))
        for variant in record.variants {
            let folder = "variants/\(variant.groupName)"
            put(folder, variant.attributes)
            for scalar in variant.scalars {
                let path = "\(folder)/\(scalar.path)"
                result.append((path, NumPyArray(.double(scalar.value))))
                put(path, scalar.attributes)
            }
            // Arrays of a group may share a coordinate.
            var known: Set<String> = []
            for array in variant.arrays {
                let path = "\(folder)/\(array.path)"
                let group = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
                result.append((path, NumPyArray(.floats(array.values), shape: array.shape)))
                put(path, array.attributes)
                for column in array.companions { put(group + column.name, column, shape: array.shape) }
                for column in array.dimensions where known.insert(group + column.name).inserted {
                    put(group + column.name, column, shape: [column.values.count])
                }
            }
            for grid in variant.grids {
                let path = "\(folder)/\(grid.kind.folder)/\(grid.groupName)"
                put(path, grid.attributes)
                for (axis, values) in zip(grid.kind.axes, grid.coordinates) {
                    result.append(("\(path)/\(axis)", NumPyArray(.floats(values), shape: [values.count])))
                }
                for column in grid.columns { put("\(path)/\(column.name)", column, shape: grid.shape) }
                result.append(
                    ("\(path)/status", NumPyArray(.bytes(grid.status.map(\.rawValue)), shape: grid.shape)))
            }
        }
        return result
    }
}

/// One array as NumPy's `.npy` files hold it: a line of text that says what it is, then the elements, row-major and little-endian.
struct NumPyArray {
    /// The elements.
    enum Elements {
        case floats([Double])
        case integers([Int64])
        case unsigned([UInt64])
        case bytes([UInt8])
        case texts([String])
    }

    let elements: Elements
    let shape: [Int]

    init(_ elements: Elements, shape: [Int]) {
        self.elements = elements
        self.shape = shape
    }

    /// A single value has no dimension, several have one.
    init(_ value: AttributeValue) {
        switch value {
        case .double(let value): self.init(.floats([value]), shape: [])
        case .int(let value): self.init(.integers([Int64(value)]), shape: [])
        case .unsigned(let value): self.init(.unsigned([value]), shape: [])
        case .string(let text): self.init(.texts([text]), shape: [])
        case .doubles(let values): self.init(.floats(values), shape: [values.count])
        case .ints(let values): self.init(.integers(values.map(Int64.init)), shape: [values.count])
        case .strings(let texts): self.init(.texts(texts), shape: [texts.count])
        }
    }

    /// As the result file stores it.
    init(_ column: ColumnRecord, shape: [Int]) {
        switch column.element {
        case .float: self.init(.floats(column.values), shape: shape)
        case .integer: self.init(.integers(column.values.map { Int64($0) }), shape: shape)
        case .byte: self.init(.bytes(column.values.map { UInt8($0) }), shape: shape)
        }
    }

    /// The whole `.npy` file.
    func file() -> Data {
        var body = Data()
        let type: String
        switch elements {
        case .floats(let values):
            type = "<f8"
            for value in values { body.append(little: value.bitPattern) }
        case .integers(let values):
            type = "<i8"
            for value in values { body.append(little: value) }
        case .unsigned(let values):
            type = "<u8"
            for value in values { body.append(little: value) }
        case .bytes(let values):
            type = "|u1"
            body.append(contentsOf: values)
        case .texts(let texts):
            // UTF-32, filled up with zeros to the longest; NumPy has no text without room.
            let width = max(1, texts.map(\.unicodeScalars.count).max() ?? 1)
            type = "<U\(width)"
            for text in texts {
                let codes = text.unicodeScalars.map(\.value)
                for code in codes + [UInt32](repeating: 0, count: width - codes.count) { body.append(little: code) }
            }
        }
        let lengths = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
        var header = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(lengths)), }"
        // Magic, version and length take 10 bytes, and the elements begin at a multiple of 64.
        header += String(repeating: " ", count: (64 - (10 + header.utf8.count + 1) % 64) % 64) + "\n"
        var data = Data([0x93] + Array("NUMPY".utf8) + [1, 0])
        data.append(little: UInt16(header.utf8.count))
        return data + Data(header.utf8) + body
    }
}
