import Foundation

/// Which letters can be drawn.
enum Letters {
    /// Marks without a picture that reorder or join what stands around them.
    static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x200B...0x200F, 0x202A...0x202E, 0x2060...0x206F, 0xFEFF: true
        default: false
        }
    }

    /// Whether DejaVu Sans, which setup installs, surely has the letter: the alphabets of Europe, Arabic and Hebrew letters,
    /// punctuation, arrows and mathematical signs.
    static func isCommon(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20..<0x7F, 0xA0...0x52F, 0x5D0...0x5EA, 0x621...0x64A, 0x1E00...0x1FFE, 0x2010...0x2027, 0x2030...0x205E,
            0x2070...0x209C, 0x20AC, 0x2100...0x214E, 0x2190...0x22FF, 0x2500...0x25FF:
            true
        default: false
        }
    }

    /// A box for every other letter.
    static func boxed(_ text: String) -> String {
        var boxed = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { boxed.append(isCommon(scalar) ? scalar : "\u{25A1}") }
        return String(boxed)
    }

    /// Whether fonts on this machine have all letters of a text beyond the common ones: `fc-list` names a font for each.
    static func areDrawable(_ text: String) -> Bool {
        let rare = Set(text.unicodeScalars.filter { $0.value >= 0x80 && !isCommon($0) && !isInvisible($0) })
        return rare.allSatisfy { scalar in
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = ["fc-list", ":charset=\(String(scalar.value, radix: 16))", "family"]
            let pipe = Pipe()
            process.standardOutput = pipe
            process.standardError = FileHandle.nullDevice
            process.standardInput = FileHandle.nullDevice
            guard (try? process.run()) != nil else { return false }
            let found = pipe.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return process.terminationStatus == 0 && !found.isEmpty
        }
    }
}
