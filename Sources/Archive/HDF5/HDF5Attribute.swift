import CHDF5

extension HDF5Node {
    // MARK: - Writing

    /// Creates an attribute.
    func createAttribute(_ attribute: String, _ value: AttributeValue) throws(ArchiveError) {
        switch value {
        case .string(let text): try createAttribute(attribute, texts: [text], scalar: true)
        case .strings(let texts): try createAttribute(attribute, texts: texts, scalar: false)
        case .double(let number): try createAttribute(attribute, [number], scalar: true)
        case .int(let number): try createAttribute(attribute, [number], scalar: true)
        case .unsigned(let number): try createAttribute(attribute, [number], scalar: true)
        case .doubles(let numbers): try createAttribute(attribute, numbers, scalar: false)
        case .ints(let numbers): try createAttribute(attribute, numbers, scalar: false)
        }
    }

    /// Creates an attribute of numbers.
    func createAttribute<T: HDF5Element>(_ attribute: String, _ values: [T], scalar: Bool) throws(ArchiveError) {
        let made = try newAttribute(attribute, type: T.fileType, count: scalar ? nil : values.count)
        let status = values.withUnsafeBytes { H5Awrite(made.id, T.memoryType, $0.baseAddress) }
        guard status >= 0 else { throw unwritable("@\(attribute)") }
    }

    private func createAttribute(_ attribute: String, texts: [String], scalar: Bool) throws(ArchiveError) {
        guard let type = HDF5Handle(chdf5_create_text_type()) else { throw unwritable("@\(attribute)") }
        let made = try newAttribute(attribute, type: type.id, count: scalar ? nil : texts.count)
        guard HDF5Text.withPointers(texts, { H5Awrite(made.id, type.id, $0) }) >= 0 else {
            throw unwritable("@\(attribute)")
        }
    }

    private func newAttribute(_ attribute: String, type: hid_t, count: Int?) throws(ArchiveError) -> HDF5Handle {
        let space = count.map { H5Screate_simple(1, [hsize_t($0)], nil) } ?? H5Screate(H5S_SCALAR)
        guard let space = HDF5Handle(space) else { throw unwritable("@\(attribute)") }
        guard
            let made = HDF5Handle(H5Acreate2(id, attribute, type, space.id, chdf5_default(), chdf5_default()))
        else { throw unwritable("@\(attribute)") }
        return made
    }

    /// Overwrites an attribute of one number, or of as many numbers as it has, in place.
    func overwriteAttribute<T: HDF5Element>(_ attribute: String, _ values: [T]) throws(ArchiveError) {
        guard let open = HDF5Handle(H5Aopen(id, attribute, chdf5_default())) else { throw unwritable("@\(attribute)") }
        guard let space = HDF5Handle(H5Aget_space(open.id)), H5Sget_simple_extent_npoints(space.id) == values.count
        else { throw unwritable("@\(attribute)", "it has another length than \(values.count)") }
        guard values.withUnsafeBytes({ H5Awrite(open.id, T.memoryType, $0.baseAddress) }) >= 0 else {
            throw unwritable("@\(attribute)")
        }
    }

    // MARK: - Reading

    /// Whether there is such an attribute.
    func hasAttribute(_ attribute: String) throws(ArchiveError) -> Bool {
        let answer = H5Aexists(id, attribute)
        guard answer >= 0 else { throw damaged("@\(attribute)") }
        return answer > 0
    }

    /// The names of all attributes, in alphabetical order.
    func attributeNames() throws(ArchiveError) -> [String] {
        var names: [String] = []
        var index: hsize_t = 0
        let count = H5Aget_num_attrs(id)
        guard count >= 0 else { throw damaged() }
        while index < hsize_t(count) {
            guard
                let open = HDF5Handle(
                    H5Aopen_by_idx(id, ".", H5_INDEX_NAME, H5_ITER_INC, index, chdf5_default(), chdf5_default()))
            else { throw damaged(" attribute \(index)") }
            guard let text = HDF5Text.read({ H5Aget_name(open.id, $1, $0) }) else {
                throw damaged(" attribute \(index)")
            }
            names.append(text)
            index += 1
        }
        return names
    }

    /// The value of an attribute; nil when it is absent or neither text nor number.
    func attribute(_ attribute: String) throws(ArchiveError) -> AttributeValue? {
        guard try hasAttribute(attribute) else { return nil }
        guard let open = HDF5Handle(H5Aopen(id, attribute, chdf5_default())),
            let type = HDF5Handle(H5Aget_type(open.id)), let space = HDF5Handle(H5Aget_space(open.id))
        else { throw damaged("@\(attribute)") }
        let extent = H5Sget_simple_extent_type(space.id)
        guard extent == H5S_SCALAR || extent == H5S_SIMPLE else { return nil }
        let scalar = extent == H5S_SCALAR
        // Attributes of this format are short; a longer one is a damaged count.
        let count = H5Sget_simple_extent_npoints(space.id)
        guard count >= 0, count <= 1 << 20 else { throw damaged("@\(attribute)", "\(count) elements") }

        switch H5Tget_class(type.id) {
        case H5T_STRING:
            let read = HDF5Text.readArray(type: type.id, space: space.id, count: Int(count)) {
                H5Aread(open.id, type.id, $0)
            }
            guard let texts = read else { throw damaged("@\(attribute)") }
            return scalar ? texts.first.map(AttributeValue.string) : .strings(texts)
        case H5T_FLOAT:
            let numbers = try numbers(of: open, Double.self, count: Int(count), attribute)
            return scalar ? numbers.first.map(AttributeValue.double) : .doubles(numbers)
        case H5T_INTEGER:
            if scalar, H5Tget_sign(type.id) == H5T_SGN_NONE {
                return try numbers(of: open, UInt64.self, count: 1, attribute).first.map(AttributeValue.unsigned)
            }
            let numbers = try numbers(of: open, Int.self, count: Int(count), attribute)
            return scalar ? numbers.first.map(AttributeValue.int) : .ints(numbers)
        default:
            return nil
        }
    }

    private func numbers<T: HDF5Element>(
        of open: HDF5Handle, _ type: T.Type, count: Int, _ attribute: String
    ) throws(ArchiveError) -> [T] {
        var values = [T](repeating: .zero, count: count)
        guard values.withUnsafeMutableBytes({ H5Aread(open.id, T.memoryType, $0.baseAddress) }) >= 0 else {
            throw damaged("@\(attribute)")
        }
        return values
    }
}
