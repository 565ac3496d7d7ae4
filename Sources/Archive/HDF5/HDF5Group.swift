import CHDF5

/// An open group.
struct HDF5Group: HDF5Node {
    let handle: HDF5Handle
    let file: String
    let name: String

    private func path(_ child: String) -> String {
        if child.hasPrefix("/") { return child }
        return name == "/" ? "/" + child : name + "/" + child
    }

    // MARK: - Creating

    /// Creates a group in this one.
    func createGroup(_ child: String) throws(ArchiveError) -> HDF5Group {
        guard let list = HDF5Handle(chdf5_create_group_creation()),
            let made = HDF5Handle(H5Gcreate2(id, child, chdf5_default(), list.id, chdf5_default()))
        else { throw unwritable("/" + child) }
        return HDF5Group(handle: made, file: file, name: path(child))
    }

    /// Opens a group below this one, creating what is missing on the way.
    func openOrCreateGroup(_ relativePath: String) throws(ArchiveError) -> HDF5Group {
        var group = self
        for part in relativePath.split(separator: "/").map(String.init) {
            if try group.contains(part) {
                group = try group.openGroup(part)
            } else {
                group = try group.createGroup(part)
            }
        }
        return group
    }

    /// Creates a dataset of fixed shape, its space taken at once and filled with `fill` (zeros when nil); an empty
    /// shape makes a scalar.
    func createDataset<T: HDF5Element>(
        _ child: String, shape: [Int], fill: T? = nil
    ) throws(ArchiveError) -> HDF5Dataset {
        let list: hid_t
        if var fill {
            list = chdf5_create_dataset_creation(T.memoryType, &fill)
        } else {
            list = chdf5_create_dataset_creation(T.memoryType, nil)
        }
        let lengths = shape.map { hsize_t($0) }
        let space = shape.isEmpty ? H5Screate(H5S_SCALAR) : H5Screate_simple(Int32(shape.count), lengths, nil)
        return try createDataset(child, type: T.fileType, space: space, list: list)
    }

    /// Creates a dataset that holds one text.
    func createText(_ child: String, _ text: String) throws(ArchiveError) {
        guard let type = HDF5Handle(chdf5_create_text_type()) else { throw unwritable("/" + child) }
        let made = try createDataset(
            child, type: type.id, space: H5Screate(H5S_SCALAR), list: chdf5_create_dataset_creation(type.id, nil))
        let all = chdf5_all()
        let status = HDF5Text.withPointers([text]) { H5Dwrite(made.id, type.id, all, all, chdf5_default(), $0) }
        guard status >= 0 else { throw unwritable("/" + child) }
    }

    private func createDataset(
        _ child: String, type: hid_t, space: hid_t, list: hid_t
    ) throws(ArchiveError) -> HDF5Dataset {
        let space = HDF5Handle(space)
        let list = HDF5Handle(list)
        guard let space, let list,
            let made = HDF5Handle(H5Dcreate2(id, child, type, space.id, chdf5_default(), list.id, chdf5_default()))
        else { throw unwritable("/" + child) }
        return HDF5Dataset(handle: made, file: file, name: path(child))
    }

    /// Creates a link to an object of another file; a relative path begins at the folder of this one.
    func linkOutside(_ child: String, file: String, path: String) throws(ArchiveError) {
        guard H5Lcreate_external(file, path, id, child, chdf5_default(), chdf5_default()) >= 0 else {
            throw unwritable("/" + child)
        }
    }

    // MARK: - Opening

    /// Whether this group has a child of that name.
    func contains(_ child: String) throws(ArchiveError) -> Bool {
        let answer = H5Lexists(id, child, chdf5_default())
        guard answer >= 0 else { throw damaged("/" + child) }
        return answer > 0
    }

    /// Opens a group by its path below this one.
    func openGroup(_ child: String) throws(ArchiveError) -> HDF5Group {
        guard let open = HDF5Handle(H5Gopen2(id, child, chdf5_default())) else { throw damaged("/" + child) }
        return HDF5Group(handle: open, file: file, name: path(child))
    }

    /// Opens a dataset by its path below this one.
    func openDataset(_ child: String) throws(ArchiveError) -> HDF5Dataset {
        guard let open = HDF5Handle(H5Dopen2(id, child, chdf5_default())) else { throw damaged("/" + child) }
        return HDF5Dataset(handle: open, file: file, name: path(child))
    }

    /// A child of a group.
    enum Child {
        case group(HDF5Group)
        case dataset(HDF5Dataset)
    }

    /// The children that are groups or datasets of this file, with their names, in the order of creation where the
    /// file keeps it. Soft and external links are left out: they may lead anywhere.
    func children() throws(ArchiveError) -> [(name: String, child: Child)] {
        var information = H5G_info_t()
        guard H5Gget_info(id, &information) >= 0 else { throw damaged() }
        var index = H5_INDEX_CRT_ORDER
        if let list = HDF5Handle(H5Gget_create_plist(id)) {
            var flags: UInt32 = 0
            if H5Pget_link_creation_order(list.id, &flags) < 0 || flags & UInt32(H5P_CRT_ORDER_TRACKED) == 0 {
                index = H5_INDEX_NAME
            }
        }
        var children: [(name: String, child: Child)] = []
        var position: hsize_t = 0
        while position < information.nlinks {
            guard
                let child = HDF5Text.read({
                    H5Lget_name_by_idx(id, ".", index, H5_ITER_INC, position, $0, $1, chdf5_default())
                })
            else { throw damaged(" link \(position)") }
            position += 1
            var link = H5L_info_t()
            guard H5Lget_info(id, child, &link, chdf5_default()) >= 0 else { throw damaged("/" + child) }
            guard link.type == H5L_TYPE_HARD else { continue }
            guard let open = HDF5Handle(H5Oopen(id, child, chdf5_default())) else { throw damaged("/" + child) }
            switch H5Iget_type(open.id) {
            case H5I_GROUP: children.append((child, .group(HDF5Group(handle: open, file: file, name: path(child)))))
            case H5I_DATASET:
                children.append((child, .dataset(HDF5Dataset(handle: open, file: file, name: path(child)))))
            default: continue
            }
        }
        return children
    }
}
