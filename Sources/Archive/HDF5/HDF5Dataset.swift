import CHDF5

/// An open dataset of numbers or text.
struct HDF5Dataset: HDF5Node {
    let handle: HDF5Handle
    let file: String
    let name: String

    // MARK: - Writing

    /// Writes all elements, row-major.
    func write<T: HDF5Element>(_ values: [T]) throws(ArchiveError) {
        guard try shape().reduce(1, *) == values.count else {
            throw unwritable("", "it has another size than \(values.count)")
        }
        let all = chdf5_all()
        let status = values.withUnsafeBytes {
            H5Dwrite(id, T.memoryType, all, all, chdf5_default(), $0.baseAddress)
        }
        guard status >= 0 else { throw unwritable() }
    }

    /// Writes single elements; `coordinates` holds the position of one after the other, as many numbers each as the
    /// dataset has dimensions.
    func write<T: HDF5Element>(_ values: [T], at coordinates: [hsize_t]) throws(ArchiveError) {
        guard !values.isEmpty else { return }
        guard let space = HDF5Handle(H5Dget_space(id)),
            H5Sselect_elements(space.id, H5S_SELECT_SET, values.count, coordinates) >= 0,
            let memory = HDF5Handle(H5Screate_simple(1, [hsize_t(values.count)], nil))
        else { throw unwritable() }
        let status = values.withUnsafeBytes {
            H5Dwrite(id, T.memoryType, memory.id, space.id, chdf5_default(), $0.baseAddress)
        }
        guard status >= 0 else { throw unwritable() }
    }

    /// Declares the dataset a coordinate: the name of the scale is the name of the dataset, as netCDF-4 wants it.
    func makeScale() throws(ArchiveError) {
        let base = name.split(separator: "/").last.map(String.init) ?? name
        guard H5DSset_scale(id, base) >= 0 else { throw unwritable(" as a coordinate") }
    }

    /// Attaches the coordinates, outermost dimension first.
    func attach(_ scales: [HDF5Dataset]) throws(ArchiveError) {
        for (dimension, scale) in scales.enumerated() {
            guard H5DSattach_scale(id, scale.id, UInt32(dimension)) >= 0 else {
                throw unwritable(" coordinate \(scale.name)")
            }
        }
    }

    // MARK: - Reading

    /// Lengths of the dimensions, outermost first; empty for a scalar.
    func shape() throws(ArchiveError) -> [Int] {
        guard let space = HDF5Handle(H5Dget_space(id)) else { throw damaged() }
        let kind = H5Sget_simple_extent_type(space.id)
        guard kind == H5S_SCALAR || kind == H5S_SIMPLE else { throw damaged("", "it has no extent") }
        let rank = H5Sget_simple_extent_ndims(space.id)
        guard rank >= 0 else { throw damaged() }
        guard rank > 0 else { return [] }
        var lengths = [hsize_t](repeating: 0, count: Int(rank))
        guard H5Sget_simple_extent_dims(space.id, &lengths, nil) >= 0 else { throw damaged() }
        var shape: [Int] = []
        var total = 1
        for length in lengths {
            let (product, overflow) = total.multipliedReportingOverflow(by: Int(clamping: length))
            guard !overflow, product < 1 << 40 else { throw damaged("", "impossible extent \(lengths)") }
            total = product
            shape.append(Int(length))
        }
        return shape
    }

    /// Whether the elements are floats.
    func isFloat() throws(ArchiveError) -> Bool {
        guard let type = HDF5Handle(H5Dget_type(id)) else { throw damaged() }
        return H5Tget_class(type.id) == H5T_FLOAT
    }

    /// Whether the elements are numbers (integers or floats).
    func isNumeric() throws(ArchiveError) -> Bool {
        guard let type = HDF5Handle(H5Dget_type(id)) else { throw damaged() }
        let kind = H5Tget_class(type.id)
        return kind == H5T_FLOAT || kind == H5T_INTEGER
    }

    /// Whether the elements are 8-bit unsigned integers.
    func isByte() throws(ArchiveError) -> Bool {
        guard let type = HDF5Handle(H5Dget_type(id)) else { throw damaged() }
        return H5Tequal(type.id, UInt8.fileType) > 0
    }

    /// Whether the dataset is a coordinate.
    func isScale() -> Bool { H5DSis_scale(id) > 0 }

    /// All elements, row-major. A damaged extent larger than the file could hold is refused before memory is taken.
    func read<T: HDF5Element>(_ type: T.Type = T.self) throws(ArchiveError) -> [T] {
        guard try isNumeric() else { throw damaged("", "expected numbers, found another type") }
        let count = try shape().reduce(1, *)
        try checkStorage(count)
        var values = [T](repeating: .zero, count: count)
        let all = chdf5_all()
        let status = values.withUnsafeMutableBytes {
            H5Dread(id, T.memoryType, all, all, chdf5_default(), $0.baseAddress)
        }
        guard status >= 0 else { throw damaged() }
        return values
    }

    /// The text of a dataset that holds one text.
    func readText() throws(ArchiveError) -> String {
        guard let type = HDF5Handle(H5Dget_type(id)), let space = HDF5Handle(H5Dget_space(id)) else { throw damaged() }
        guard H5Tget_class(type.id) == H5T_STRING, try shape().reduce(1, *) == 1 else {
            throw damaged("", "expected one text, found another type")
        }
        let all = chdf5_all()
        let texts = HDF5Text.readArray(type: type.id, space: space.id, count: 1) {
            H5Dread(id, type.id, all, all, chdf5_default(), $0)
        }
        guard let text = texts?.first else { throw damaged() }
        return text
    }

    /// Absolute path of the coordinate of one dimension; nil when it has none.
    func scalePath(dimension: Int) throws(ArchiveError) -> String? {
        var text = [CChar](repeating: 0, count: 1024)
        let status = text.withUnsafeMutableBufferPointer { buffer -> Int32 in
            guard let start = buffer.baseAddress else { return -1 }
            return chdf5_scale_path(id, UInt32(dimension), start, buffer.count)
        }
        guard status >= 0 else { throw damaged(" coordinate of dimension \(dimension)") }
        return status == 0 ? nil : String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    private func checkStorage(_ count: Int) throws(ArchiveError) {
        var fileSize: hsize_t = 0
        guard let owner = HDF5Handle(H5Iget_file_id(id)), H5Fget_filesize(owner.id, &fileSize) >= 0,
            let list = HDF5Handle(H5Dget_create_plist(id)), let type = HDF5Handle(H5Dget_type(id))
        else { throw damaged() }
        // A chunked dataset (another tool may have repacked the file) can be compressed, by deflate at most 1032 : 1.
        let ratio: Double = H5Pget_layout(list.id) == H5D_CHUNKED ? 1032 : 1
        guard Double(count) * Double(H5Tget_size(type.id)) <= Double(fileSize) * ratio else {
            throw damaged("", "\(count) elements do not fit into the file of \(fileSize) bytes")
        }
    }
}
