/// The checksums of HDF5's object headers of version 2.
enum HDF5Checksums {
    /// The file with the checksum of every object header that can be found made to fit.
    static func repaired(_ file: [UInt8]) -> [UInt8] {
        var file = file
        var position = 0
        while position + 16 <= file.count {
            guard file[position] == 0x4F, file[position + 1] == 0x48, file[position + 2] == 0x44,
                file[position + 3] == 0x52
            else {
                position += 1
                continue
            }
            // OHDR, version, flags; by the flags four times and two limits; the length of the messages in 1 to 8 bytes.
            let flags = file[position + 5]
            let start = position + 6 + (flags & 0x20 != 0 ? 16 : 0) + (flags & 0x10 != 0 ? 4 : 0)
            let width = 1 << Int(flags & 3)
            let length = Frame.little(file, at: start, width)
            let end = start + width
            position += 4
            guard length < 1 << 20, end + Int(length) + 4 <= file.count else { continue }
            let sum = lookup3(file[(position - 4)..<(end + Int(length))])
            file.replaceSubrange((end + Int(length))..<(end + Int(length) + 4), with: Frame.little(Int(sum), 4))
        }
        return file
    }

    /// Bob Jenkins's lookup3, `hashlittle` with the initial value 0.
    static func lookup3(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        func rotate(_ x: UInt32, _ k: UInt32) -> UInt32 { x << k | x >> (32 - k) }
        func word(_ at: Int) -> UInt32 {
            (0..<4).reduce(0) { at + $1 < bytes.endIndex ? $0 | UInt32(bytes[at + $1]) << UInt32(8 * $1) : $0 }
        }
        var a = 0xDEAD_BEEF &+ UInt32(truncatingIfNeeded: bytes.count)
        var b = a
        var c = a
        guard !bytes.isEmpty else { return c }
        var at = bytes.startIndex
        while bytes.endIndex - at > 12 {
            a &+= word(at)
            b &+= word(at + 4)
            c &+= word(at + 8)
            a = (a &- c) ^ rotate(c, 4)
            c &+= b
            b = (b &- a) ^ rotate(a, 6)
            a &+= c
            c = (c &- b) ^ rotate(b, 8)
            b &+= a
            a = (a &- c) ^ rotate(c, 16)
            c &+= b
            b = (b &- a) ^ rotate(a, 19)
            a &+= c
            c = (c &- b) ^ rotate(b, 4)
            b &+= a
            at += 12
        }
        a &+= word(at)
        b &+= word(at + 4)
        c &+= word(at + 8)
        c = (c ^ b) &- rotate(b, 14)
        a = (a ^ c) &- rotate(c, 11)
        b = (b ^ a) &- rotate(a, 25)
        c = (c ^ b) &- rotate(b, 16)
        a = (a ^ c) &- rotate(c, 4)
        b = (b ^ a) &- rotate(a, 14)
        c = (c ^ b) &- rotate(b, 24)
        return c
    }
}
