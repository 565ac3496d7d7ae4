import CHDF5
import Foundation

/// An attribute's value: the types every reader understands.
public enum AttributeValue: Sendable, Equatable {
    case string(String)
    case double(Double)
    case int(Int)
    case byte(UInt8)
}

/// A handle that is closed with its last user.
final class HDF5Handle: @unchecked Sendable {
    let id: hid_t
    private let close: (hid_t) -> herr_t

    init(_ id: hid_t, close: @escaping (hid_t) -> herr_t) {
        self.id = id
        self.close = close
    }

    deinit { _ = close(id) }
}

/// A group or dataset of an open file, by the path of the file for messages.
struct HDF5Node: Sendable {
    let file: String
    let handle: HDF5Handle
    var id: hid_t { handle.id }

    /// The library's own words on the last failure.
    static func lastError() -> String {
        var text = [CChar](repeating: 0, count: 1000)
        chdf5_error(&text)
        let message = text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
        return message.isEmpty ? "HDF5 gives no reason" : message
    }

    func fail(_ what: String, _ category: ArchiveError.Category = .badData) -> ArchiveError {
        ArchiveError(category, file, "\(what): \(HDF5Node.lastError())")
    }

    func check(_ status: herr_t, _ what: String, _ category: ArchiveError.Category = .cannotCreate) throws(ArchiveError) {
        if status < 0 { throw fail(what, category) }
    }

    // MARK: Groups

    func createGroup(_ name: String) throws(ArchiveError) -> HDF5Node {
        let properties = H5Pcreate(chdf5_group_create_class())
        defer { H5Pclose(properties) }
        H5Pset_link_creation_order(properties, chdf5_tracked_and_indexed())
        H5Pset_attr_creation_order(properties, chdf5_tracked_and_indexed())
        let group = H5Gcreate2(id, name, 0, properties, 0)
        guard group >= 0 else { throw fail("group '\(name)' cannot be created", .cannotCreate) }
        return HDF5Node(file: file, handle: HDF5Handle(group, close: H5Gclose))
    }

    func group(_ name: String) throws(ArchiveError) -> HDF5Node {
        let group = H5Gopen2(id, name, 0)
        guard group >= 0 else { throw fail("there is no group '\(name)'") }
        return HDF5Node(file: file, handle: HDF5Handle(group, close: H5Gclose))
    }

    func has(_ name: String) -> Bool { H5Lexists(id, name, 0) > 0 }

    /// The names in a group in the order of their creation.
    func children() throws(ArchiveError) -> [String] {
        var information = H5G_info_t()
        try check(H5Gget_info(id, &information), "the group cannot be listed", .badData)
        var names: [String] = []
        for index in 0..<information.nlinks {
            var order = H5_INDEX_CRT_ORDER
            var length = H5Lget_name_by_idx(id, ".", order, H5_ITER_INC, index, nil, 0, 0)
            if length < 0 {
                order = H5_INDEX_NAME
                length = H5Lget_name_by_idx(id, ".", order, H5_ITER_INC, index, nil, 0, 0)
            }
            guard length >= 0 else { throw fail("the group cannot be listed") }
            var buffer = [CChar](repeating: 0, count: length + 1)
            _ = H5Lget_name_by_idx(id, ".", order, H5_ITER_INC, index, &buffer, length + 1, 0)
            names.append(buffer.withUnsafeBufferPointer { String(cString: $0.baseAddress!) })
        }
        return names
    }

    func isGroup(_ name: String) -> Bool {
        var information = H5O_info_t()
        return H5Oget_info_by_name1(id, name, &information, 0) >= 0 && information.type == H5O_TYPE_GROUP
    }

    // MARK: Attributes

    func setAttribute(_ name: String, _ value: AttributeValue) throws(ArchiveError) {
        let exists = H5Aexists(id, name) > 0
        let space = H5Screate(H5S_SCALAR)
        defer { H5Sclose(space) }
        func open(_ type: hid_t) throws(ArchiveError) -> hid_t {
            let attribute = exists ? H5Aopen(id, name, 0) : H5Acreate2(id, name, type, space, 0, 0)
            guard attribute >= 0 else { throw fail("attribute '\(name)' cannot be created", .cannotCreate) }
            return attribute
        }
        var status: herr_t
        switch value {
        case .string(let text):
            let type = chdf5_string_type()
            defer { H5Tclose(type) }
            let attribute = try open(type)
            status = text.withCString { pointer in
                var pointer: UnsafePointer<CChar>? = pointer
                return H5Awrite(attribute, type, &pointer)
            }
            H5Aclose(attribute)
        case .double(var number):
            let attribute = try open(chdf5_double())
            status = H5Awrite(attribute, chdf5_double(), &number)
            H5Aclose(attribute)
        case .int(let number):
            var wide = Int64(number)
            let attribute = try open(chdf5_int64())
            status = H5Awrite(attribute, chdf5_int64(), &wide)
            H5Aclose(attribute)
        case .byte(var number):
            let attribute = try open(chdf5_uint8())
            status = H5Awrite(attribute, chdf5_uint8(), &number)
            H5Aclose(attribute)
        }
        try check(status, "attribute '\(name)' cannot be written")
    }

    /// Every attribute of a type this library writes, dimension-scale bookkeeping left out.
    func attributes() throws(ArchiveError) -> [(name: String, value: AttributeValue)] {
        var information = H5O_info_t()
        try check(H5Oget_info1(id, &information), "attributes cannot be listed", .badData)
        var result: [(name: String, value: AttributeValue)] = []
        for index in 0..<information.num_attrs {
            var attribute = H5Aopen_by_idx(id, ".", H5_INDEX_CRT_ORDER, H5_ITER_INC, index, 0, 0)
            if attribute < 0 { attribute = H5Aopen_by_idx(id, ".", H5_INDEX_NAME, H5_ITER_INC, index, 0, 0) }
            guard attribute >= 0 else { throw fail("an attribute cannot be opened") }
            defer { H5Aclose(attribute) }
            let length = H5Aget_name(attribute, 0, nil)
            var buffer = [CChar](repeating: 0, count: max(0, length) + 1)
            H5Aget_name(attribute, buffer.count, &buffer)
            let name = buffer.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
            if ["CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST", "_FillValue", "_Netcdf4Dimid"].contains(name) { continue }
            if let value = read(attribute) { result.append((name, value)) }
        }
        return result
    }

    func attribute(_ name: String) -> AttributeValue? {
        guard H5Aexists(id, name) > 0 else { return nil }
        let attribute = H5Aopen(id, name, 0)
        guard attribute >= 0 else { return nil }
        defer { H5Aclose(attribute) }
        return read(attribute)
    }

    private func read(_ attribute: hid_t) -> AttributeValue? {
        let type = H5Aget_type(attribute)
        defer { H5Tclose(type) }
        let space = H5Aget_space(attribute)
        defer { H5Sclose(space) }
        guard H5Sget_simple_extent_npoints(space) == 1 else { return nil }
        switch H5Tget_class(type) {
        case H5T_FLOAT:
            var number = 0.0
            return H5Aread(attribute, chdf5_double(), &number) >= 0 ? .double(number) : nil
        case H5T_INTEGER:
            var number: Int64 = 0
            guard H5Aread(attribute, chdf5_int64(), &number) >= 0 else { return nil }
            return H5Tget_size(type) == 1 ? .byte(UInt8(truncatingIfNeeded: number)) : .int(Int(number))
        case H5T_STRING:
            guard H5Tis_variable_str(type) > 0 else { return nil }
            let memory = chdf5_string_type()
            defer { H5Tclose(memory) }
            var pointer: UnsafeMutablePointer<CChar>?
            guard H5Aread(attribute, memory, &pointer) >= 0, let pointer else { return nil }
            defer { H5free_memory(pointer) }
            return .string(String(cString: pointer))
        default:
            return nil
        }
    }

    // MARK: Datasets

    /// A dataset of fixed size that is allocated and filled now, so that later writes touch its elements only.
    func createDataset(
        _ name: String, type: hid_t, shape: [Int], fill: UnsafeRawPointer
    ) throws(ArchiveError) -> HDF5Node {
        let properties = H5Pcreate(chdf5_dataset_create_class())
        defer { H5Pclose(properties) }
        H5Pset_layout(properties, H5D_CONTIGUOUS)
        H5Pset_alloc_time(properties, H5D_ALLOC_TIME_EARLY)
        H5Pset_fill_time(properties, H5D_FILL_TIME_ALLOC)
        H5Pset_fill_value(properties, type, fill)
        H5Pset_attr_creation_order(properties, chdf5_tracked_and_indexed())
        let sizes = shape.map { hsize_t($0) }
        let space = shape.isEmpty ? H5Screate(H5S_SCALAR) : H5Screate_simple(Int32(shape.count), sizes, nil)
        defer { H5Sclose(space) }
        let dataset = H5Dcreate2(id, name, type, space, 0, properties, 0)
        guard dataset >= 0 else { throw fail("dataset '\(name)' cannot be created", .cannotCreate) }
        return HDF5Node(file: file, handle: HDF5Handle(dataset, close: H5Dclose))
    }

    func createDoubles(_ name: String, shape: [Int]) throws(ArchiveError) -> HDF5Node {
        var fill = Double.nan
        return try createDataset(name, type: chdf5_double(), shape: shape, fill: &fill)
    }

    func createBytes(_ name: String, shape: [Int]) throws(ArchiveError) -> HDF5Node {
        var fill: UInt8 = 0
        return try createDataset(name, type: chdf5_uint8(), shape: shape, fill: &fill)
    }

    func writeString(_ name: String, _ text: String) throws(ArchiveError) {
        let type = chdf5_string_type()
        defer { H5Tclose(type) }
        let space = H5Screate(H5S_SCALAR)
        defer { H5Sclose(space) }
        let dataset = H5Dcreate2(id, name, type, space, 0, 0, 0)
        guard dataset >= 0 else { throw fail("dataset '\(name)' cannot be created", .cannotCreate) }
        defer { H5Dclose(dataset) }
        let status = text.withCString { pointer in
            var pointer: UnsafePointer<CChar>? = pointer
            return H5Dwrite(dataset, type, 0, 0, 0, &pointer)
        }
        try check(status, "dataset '\(name)' cannot be written")
    }

    func readString(_ name: String) throws(ArchiveError) -> String {
        let node = try dataset(name)
        let type = chdf5_string_type()
        defer { H5Tclose(type) }
        let stored = H5Dget_type(node.id)
        defer { H5Tclose(stored) }
        guard H5Tget_class(stored) == H5T_STRING, H5Tis_variable_str(stored) > 0, try node.shape().isEmpty else {
            throw ArchiveError(.badData, file, "dataset '\(name)' is not a text")
        }
        var pointer: UnsafeMutablePointer<CChar>?
        try check(H5Dread(node.id, type, 0, 0, 0, &pointer), "dataset '\(name)' cannot be read", .badData)
        guard let pointer else { return "" }
        defer { H5free_memory(pointer) }
        return String(cString: pointer)
    }

    func dataset(_ name: String) throws(ArchiveError) -> HDF5Node {
        let dataset = H5Dopen2(id, name, 0)
        guard dataset >= 0 else { throw fail("there is no dataset '\(name)'") }
        return HDF5Node(file: file, handle: HDF5Handle(dataset, close: H5Dclose))
    }

    func shape() throws(ArchiveError) -> [Int] {
        let space = H5Dget_space(id)
        defer { H5Sclose(space) }
        let rank = H5Sget_simple_extent_ndims(space)
        guard rank >= 0 else { throw fail("a dataset has no shape") }
        var sizes = [hsize_t](repeating: 0, count: Int(rank))
        if rank > 0 { H5Sget_simple_extent_dims(space, &sizes, nil) }
        return sizes.map { Int($0) }
    }

    func write(_ values: [Double]) throws(ArchiveError) {
        try check(H5Dwrite(id, chdf5_double(), 0, 0, 0, values), "values cannot be written")
    }

    func write(_ values: [UInt8]) throws(ArchiveError) {
        try check(H5Dwrite(id, chdf5_uint8(), 0, 0, 0, values), "values cannot be written")
    }

    /// Writes the element at a flat, row-major position.
    func write(_ value: Double, at position: Int, shape: [Int]) throws(ArchiveError) {
        var value = value
        try writeElement(&value, chdf5_double(), position, shape)
    }

    func write(_ value: UInt8, at position: Int, shape: [Int]) throws(ArchiveError) {
        var value = value
        try writeElement(&value, chdf5_uint8(), position, shape)
    }

    private func writeElement(
        _ pointer: UnsafeRawPointer, _ type: hid_t, _ position: Int, _ shape: [Int]
    ) throws(ArchiveError) {
        var coordinates = [hsize_t](repeating: 0, count: shape.count)
        var rest = position
        for axis in shape.indices.reversed() {
            coordinates[axis] = hsize_t(rest % shape[axis])
            rest /= shape[axis]
        }
        let space = H5Dget_space(id)
        defer { H5Sclose(space) }
        try check(H5Sselect_elements(space, H5S_SELECT_SET, 1, coordinates), "a point cannot be selected")
        let memory = H5Screate(H5S_SCALAR)
        defer { H5Sclose(memory) }
        try check(H5Dwrite(id, type, memory, space, 0, pointer), "a point cannot be written")
    }

    /// Results are small; anything beyond this is no result file of ours.
    private static let elementLimit = 1 << 28

    func doubles() throws(ArchiveError) -> [Double] {
        let count = try elementCount()
        var values = [Double](repeating: 0, count: count)
        try check(H5Dread(id, chdf5_double(), 0, 0, 0, &values), "values cannot be read", .badData)
        return values
    }

    func bytes() throws(ArchiveError) -> [UInt8] {
        let count = try elementCount()
        var values = [UInt8](repeating: 0, count: count)
        try check(H5Dread(id, chdf5_uint8(), 0, 0, 0, &values), "values cannot be read", .badData)
        return values
    }

    private func elementCount() throws(ArchiveError) -> Int {
        var count = 1
        for size in try shape() {
            let (product, overflow) = count.multipliedReportingOverflow(by: size)
            guard !overflow, product <= HDF5Node.elementLimit else {
                throw ArchiveError(.badData, file, "a dataset is larger than any this tool writes")
            }
            count = product
        }
        return count
    }

    /// Makes a dataset the coordinate of a dimension of others.
    func makeScale(_ name: String) throws(ArchiveError) {
        try check(H5DSset_scale(id, name), "coordinate '\(name)' cannot be made")
    }

    func attach(scale: HDF5Node, dimension: Int) throws(ArchiveError) {
        try check(H5DSattach_scale(id, scale.id, UInt32(dimension)), "a coordinate cannot be attached")
    }
}

/// An open HDF5 file.
struct HDF5File: Sendable {
    let root: HDF5Node

    private static let silence: Void = {
        H5open()
        chdf5_silence()
    }()

    static func create(_ path: String) throws(ArchiveError) -> HDF5File {
        _ = silence
        let properties = H5Pcreate(chdf5_file_create_class())
        defer { H5Pclose(properties) }
        H5Pset_link_creation_order(properties, chdf5_tracked_and_indexed())
        H5Pset_attr_creation_order(properties, chdf5_tracked_and_indexed())
        let id = H5Fcreate(path, chdf5_truncate(), properties, 0)
        guard id >= 0 else {
            throw ArchiveError(
                .cannotCreate, path,
                "cannot be created: \(HDF5Node.lastError()); check the folder, its permissions and the free space")
        }
        return HDF5File(root: HDF5Node(file: path, handle: HDF5Handle(id, close: H5Fclose)))
    }

    static func open(_ path: String, writing: Bool) throws(ArchiveError) -> HDF5File {
        _ = silence
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
            throw ArchiveError(.noInput, path, "there is no such file")
        }
        guard !isFolder.boolValue else { throw ArchiveError(.badData, path, "is a folder; name a result file") }
        guard H5Fis_hdf5(path) > 0 else {
            _ = HDF5Node.lastError()
            throw ArchiveError(.badData, path, "is no HDF5 file, or one that is damaged")
        }
        let id = H5Fopen(path, writing ? chdf5_read_write() : chdf5_read_only(), 0)
        guard id >= 0 else {
            let reason = HDF5Node.lastError()
            if reason.contains("lock") {
                throw ArchiveError(
                    .busy, path,
                    "is locked by another process (\(reason)); wait for it to end. On a file system without locks set HDF5_USE_FILE_LOCKING=FALSE")
            }
            throw ArchiveError(.badData, path, "cannot be opened: \(reason)")
        }
        return HDF5File(root: HDF5Node(file: path, handle: HDF5Handle(id, close: H5Fclose)))
    }

    func flush() throws(ArchiveError) {
        try root.check(H5Fflush(root.id, H5F_SCOPE_GLOBAL), "the file cannot be flushed")
    }
}
