import CHDF5

/// The library that reads and writes files.
public enum ArchiveLibrary {
    /// libhdf5's version, such as "1.14.5".
    public static var version: String {
        HDF5Library.synchronized {
            var (major, minor, release): (UInt32, UInt32, UInt32) = (0, 0, 0)
            guard H5get_libversion(&major, &minor, &release) >= 0 else { return "unknown" }
            return "\(major).\(minor).\(release)"
        }
    }
}
