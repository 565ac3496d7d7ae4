/// Names of objects inside the file.
enum ObjectName {
    /// The name nearest to `raw` that HDF5 and netCDF-4 accept: "/" and control characters become "_", the first
    /// character is a letter, a digit or "_", and there is no space at the end.
    static func safe(_ raw: String) -> String {
        var name = ""
        for scalar in raw.unicodeScalars {
            let forbidden = scalar == "/" || scalar.properties.generalCategory == .control
            name.unicodeScalars.append(forbidden ? "_" : scalar)
        }
        while name.last == " " { name.removeLast() }
        if let first = name.unicodeScalars.first {
            let fits = first == "_" || !first.isASCII || first.properties.isAlphabetic || ("0"..."9").contains(first)
            return fits ? name : "_" + name
        }
        return "_"
    }

    /// Safe names for several raw ones, in order; where two coincide, the later one gets "_2", "_3", ...
    static func safe(_ raw: [String]) -> [String] {
        var taken: Set<String> = []
        return raw.map { name in
            let base = safe(name)
            var candidate = base
            var number = 2
            while !taken.insert(candidate).inserted {
                candidate = "\(base)_\(number)"
                number += 1
            }
            return candidate
        }
    }

    /// Whether `name` can be used as it is.
    static func isSafe(_ name: String) -> Bool { safe(name) == name }
}
