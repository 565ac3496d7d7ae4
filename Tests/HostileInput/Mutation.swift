/// Changes files as fuzzers do, the same way in every run.
public struct Mutator: Sendable {
    private var state: UInt64
    private let reader: Reader
    private let seeds: [[UInt8]]

    /// A stream of mutations of these files.
    public init(_ reader: Reader, seeds: [[UInt8]], stream: UInt64 = 1) {
        self.reader = reader
        self.seeds = seeds
        state = stream
    }

    /// The next changed file.
    public mutating func next() -> [UInt8] {
        let seed = seeds[below(seeds.count)]
        guard below(4) > 0, let part = Frame.part(of: seed, reader) else {
            let changed = mutated(seed)
            return below(8) == 0 ? changed : Frame.repaired(changed, reader)
        }
        return part.rebuilt(mutated(part.bytes))
    }

    private mutating func random() -> UInt64 {
        // SplitMix64.
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    private mutating func below(_ count: Int) -> Int { Int(random() % UInt64(max(1, count))) }

    private mutating func mutated(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        for _ in 0...below(4) { change(&bytes) }
        return bytes
    }

    private static let numbers: [UInt64] = [
        0, 1, 2, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x1_0000_0000,
        0x3FFF_FFFF_FFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF, 0x8000_0000_0000_0000, 0xFFFF_FFFF_FFFF_FFFF,
    ]

    private mutating func change(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return bytes.append(UInt8(truncatingIfNeeded: random())) }
        let at = below(bytes.count)
        // The layout of an HDF5 file is full of addresses: what changes its length breaks all of them at once.
        switch below(reader == .result ? 4 : 10) {
        case 0: bytes[at] ^= 1 << UInt8(below(8))
        case 1: bytes[at] = UInt8(truncatingIfNeeded: random())
        case 2: bytes[at] &+= below(2) == 0 ? 1 : 255
        case 3:
            let number = Mutator.numbers[below(Mutator.numbers.count)]
            for index in 0..<(1 << below(4)) where at + index < bytes.count {
                bytes[at + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * index))
            }
        case 4: bytes.removeSubrange(at..<min(bytes.count, at + 1 + below(16)))
        case 5: bytes.insert(contentsOf: bytes[at..<min(bytes.count, at + 1 + below(64))], at: below(bytes.count))
        case 6: bytes.removeLast(bytes.count - at)
        case 7:
            let other = seeds[below(seeds.count)]
            let from = below(other.count)
            bytes.insert(contentsOf: other[from..<min(other.count, from + 1 + below(64))], at: at)
        default:
            let tokens = reader.tokens
            bytes.insert(contentsOf: tokens[below(tokens.count)], at: at)
        }
    }
}

extension Reader {
    /// A changed file in place of the one that libFuzzer offers: the same part as in ``Mutator``, changed by `change`.
    ///
    /// - Parameter choice: a random number.
    public func changed(_ file: [UInt8], choice: UInt32, _ change: ([UInt8]) -> [UInt8]) -> [UInt8] {
        guard choice % 4 > 0, let part = Frame.part(of: file, self) else {
            let result = change(file)
            return choice % 32 == 0 ? result : Frame.repaired(result, self)
        }
        return part.rebuilt(change(part.bytes))
    }

    /// Words of the format, which chance would take long to find.
    public var tokens: [[UInt8]] {
        switch self {
        case .safetensors:
            [
                "\"dtype\":", "\"shape\":", "\"data_offsets\":", "\"__metadata__\":", "\"F32\"", "\"BF16\"", "\"F4\"",
                "\"F6_E2M3\"",
                "\"BOOL\"", "[0,0]", "[9223372036854775807]", "[-1]", "{", "}", "[", "]", ",", "\\ud83d\\ude00",
                "\\u0000", "1e3",
            ].map { Array($0.utf8) }
        case .pytorch:
            PickleTokens.all
        case .table:
            [
                "date,", "\n", "\r\n", "\t", ";", "\"", "\"\"", "nan", "-inf", "1e308", "1e-400", "0x1p3", "\u{FEFF}",
                " ",
                "12345678901234567890123", "é", ",", ",,",
            ].map { Array($0.utf8) }
        case .configuration:
            [
                "windows: ", "- ", "[", "]", "{", "}", ": ", "&a ", "*a", "!!str ", "!!binary ", "!foo ", "? ", "<<: ",
                "|\n", ">\n",
                "---\n", "...\n", "%YAML 1.2\n", "\"", "'", "true", "no-report: ", "context: ", "~", "\t", "#",
                "\u{85}", "\u{2028}",
            ].map { Array($0.utf8) }
        case .result:
            ["OHDR", "OCHK", "FRHP", "BTHD", "GCOL", "SNOD", "TREE", "HEAP"].map { Array($0.utf8) }
        }
    }
}

/// Instructions of pickles.
private enum PickleTokens {
    static let all: [[UInt8]] =
        [
            "ctorch._utils\n_rebuild_tensor_v2\n", "ctorch\nFloatStorage\n", "ccollections\nOrderedDict\n",
            "cos\nsystem\n", "I9223372036854775807\n", "I-1\n", "L1L\n", "F1e999\n", "V\u{E9}\n", "S'a'\n", "p0\n",
            "g0\n",
        ].map { Array($0.utf8) }
        + [
            [0x80, 2], [0x95, 1, 0, 0, 0, 0, 0, 0, 0], [0x28], [0x29], [0x2E], [0x30], [0x31], [0x32], [0x4E],
            [0x4B, 1],
            [0x4D, 0, 1], [0x4A, 255, 255, 255, 127], [0x4A, 255, 255, 255, 255], [0x5D], [0x7D],
            [0x5D, 0x71, 0, 0x68, 0, 0x61],
            [0x74], [0x6C], [0x64], [0x61], [0x65], [0x73], [0x75], [0x71, 0], [0x68, 0], [0x94], [0x52], [0x81],
            [0x62], [0x51],
            [0x85], [0x86], [0x87], [0x88], [0x89], [0x8A, 8, 255, 255, 255, 255, 255, 255, 255, 127], [0x8C, 1, 0x61],
            [0x93],
        ]
}
