import CHDF5

/// A number type with one fixed form in the file (little-endian) and one in memory.
protocol HDF5Element: BitwiseCopyable {
    static var memoryType: hid_t { get }
    static var fileType: hid_t { get }
    static var zero: Self { get }
}

extension Double: HDF5Element {
    static var memoryType: hid_t { chdf5_native_double() }
    static var fileType: hid_t { chdf5_file_double() }
}

extension Int: HDF5Element {
    static var memoryType: hid_t { chdf5_native_int64() }
    static var fileType: hid_t { chdf5_file_int64() }
}

extension UInt64: HDF5Element {
    static var memoryType: hid_t { chdf5_native_uint64() }
    static var fileType: hid_t { chdf5_file_uint64() }
}

extension UInt8: HDF5Element {
    static var memoryType: hid_t { chdf5_native_uint8() }
    static var fileType: hid_t { chdf5_file_uint8() }
}
