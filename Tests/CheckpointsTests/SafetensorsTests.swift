import Foundation
import Testing

@testable import Checkpoints

@Suite final class SafetensorsTests {
    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("checkpoints-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private func file(_ header: String, _ data: [UInt8] = [], length: UInt64? = nil, name: String = "x.safetensors")
        throws -> URL
    {
        let url = folder.appendingPathComponent(name)
        let size = withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian, Array.init)
        try Data(size + Array(header.utf8) + data).write(to: url)
        return url
    }

    private let entry = #""a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}"#

    @Test func aValidFileReads() throws {
        let checkpoint = try SafetensorsFile(file(#"{"__metadata__":{"k":"v"},\#(entry)} "#, [7, 8]))
        #expect(checkpoint.metadata == ["k": "v"])
        #expect(checkpoint.entries == [TensorEntry(name: "a", type: .uint8, shape: [2], offsets: 0..<2)])
        #expect(try Checkpoint(checkpoint.url).read("a") == [7, 8])
        #expect(try SafetensorsFile(file("{}")).entries.isEmpty)
        let empty = try Checkpoint(
            file(
                #"{"s":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"z":{"dtype":"F32","shape":[0,3],"data_offsets":[4,4]}}"#,
                [0, 0, 0xC0, 0x7F]))
        #expect(empty.entry("z")?.count == 0 && empty.entry("s")?.count == 1)
        #expect(try empty.read("s") == [0, 0, 0xC0, 0x7F])
    }

    @Test(arguments: [
        ("{\"a\":", [UInt8](), CheckpointError.Rule.headerNotSchema),
        (" {}", [], .invalidHeaderStart),
        ("[]", [], .invalidHeaderStart),
        (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#, [1], .metadataIncompleteBuffer),
        (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}}"#, [1, 2, 3], .metadataIncompleteBuffer),
        (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,3]}}"#, [1, 2, 3], .tensorInvalidInfo),
        (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#, [1, 2, 3], .invalidOffset),
        (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[2,0]}}"#, [1, 2], .invalidOffset),
        (
            #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#,
            [1, 2, 3], .invalidOffset
        ),
        (
            #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"U8","shape":[1],"data_offsets":[2,3]}}"#,
            [1, 2, 3], .invalidOffset
        ),
        (#"{"a":{"dtype":"Q8","shape":[2],"data_offsets":[0,2]}}"#, [1, 2], .unknownType),
        (#"{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}"#, [1, 2], .misalignedSlice),
        (#"{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,2]}}"#, [1, 2], .headerNotSchema),
        (#"{"a":{"dtype":"U8","shape":[2.0],"data_offsets":[0,2]}}"#, [1, 2], .headerNotSchema),
        (#"{"a":{"dtype":"F64","shape":[4611686018427387904,4],"data_offsets":[0,2]}}"#, [1, 2], .validationOverflow),
        (#"{"a":{"dtype":"U8","shape":[2]}}"#, [1, 2], .headerNotSchema),
        (#"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2],"extra":1}}"#, [1, 2], .headerNotSchema),
        (
            #"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
            [1], .duplicateKey
        ),
        (#"{"__metadata__":{"k":1}}"#, [], .headerNotSchema),
        (#"{"a\u0000b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, [1], .invalidName),
        (#"{"a":[[[[[[[[[[1]]]]]]]]]]}"#, [], .headerNotSchema),
        // Nobody has so many dimensions; without a limit a header of numbers takes many times its length in memory.
        (
            "{\"a\":{\"dtype\":\"U8\",\"shape\":[\(String(repeating: "1,", count: 1024))1],\"data_offsets\":[0,1]}}",
            [1],
            .headerNotSchema
        ),
    ])
    func everyRuleIsKept(_ header: String, _ data: [UInt8], _ rule: CheckpointError.Rule) throws {
        let url = try file(header, data)
        let error = #expect(throws: CheckpointError.self) { try SafetensorsFile(url) }
        #expect(error?.rule == rule, "\(error?.description ?? "")")
        #expect(error?.description.hasPrefix(url.path) == true)
    }

    @Test func headerLengths() throws {
        func rule(_ url: URL) -> CheckpointError.Rule? {
            #expect(throws: CheckpointError.self) { try SafetensorsFile(url) }?.rule
        }
        let short = folder.appendingPathComponent("short.safetensors")
        try Data([1, 2, 3]).write(to: short)
        #expect(rule(short) == .headerTooSmall)
        #expect(rule(try file("{}", length: 100)) == .invalidHeaderLength)
        #expect(rule(try file("{}", length: 100_000_001)) == .headerTooLarge)
        #expect(rule(try file("{}", length: .max)) == .headerTooLarge)
        #expect(rule(folder) == .unreadable)
        #expect(rule(folder.appendingPathComponent("none")) == .fileMissing)
        let notText = folder.appendingPathComponent("latin.safetensors")
        try Data([3, 0, 0, 0, 0, 0, 0, 0, UInt8(ascii: "{"), 0xE9, UInt8(ascii: "}")]).write(to: notText)
        #expect(rule(notText) == .invalidHeader)
    }

    @Test func foreignFormatsAreNamed() throws {
        for (bytes, word) in [
            ([0x89, 0x48, 0x44, 0x46] + Array("abcdefgh".utf8), "HDF5"), (Array("version https://".utf8), "text"),
        ] {
            let url = folder.appendingPathComponent("foreign.safetensors")
            try Data(bytes).write(to: url)
            let error = #expect(throws: CheckpointError.self) { try SafetensorsFile(url) }
            #expect(error?.description.contains(word) == true, "\(error?.description ?? "")")
        }
    }

    /// A file with several tensors and metadata, of about 300 bytes.
    private func sample() throws -> URL {
        let url = folder.appendingPathComponent("sample.safetensors")
        try SafetensorsWriter.write(
            [
                .init(name: "layer.weight", type: .float32, shape: [2, 3], bytes: { (0..<24).map { UInt8($0) } }),
                .init(name: "layer.bias", type: .float64, shape: [2], bytes: { (100..<116).map { UInt8($0) } }),
                .init(name: "flag", type: .bool, shape: [], bytes: { [1] }),
            ], metadata: ["format": "pt"], to: url, overwrite: true)
        return url
    }

    @Test func truncationAndBitFlipsNeverCrash() throws {
        let good = try Array(Data(contentsOf: sample()))
        let url = folder.appendingPathComponent("damaged.safetensors")
        for length in 0..<good.count {
            try Data(good[..<length]).write(to: url)
            #expect(throws: CheckpointError.self) { try SafetensorsFile(url) }
        }
        var accepted = 0
        for bit in 0..<(good.count * 8) {
            var bytes = good
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            try Data(bytes).write(to: url)
            if let checkpoint = try? Checkpoint(url) {
                accepted += 1
                for entry in checkpoint.entries { _ = try checkpoint.read(entry.name) }
            }
        }
        // Flips in data, names and metadata are not detectable; flips of the structure are.
        #expect(accepted > 0 && accepted < good.count * 8)
    }

    @Test func writerAndReaderAgree() throws {
        let checkpoint = try Checkpoint(sample())
        #expect(checkpoint.entries.map(\.name) == ["flag", "layer.bias", "layer.weight"])
        #expect(try checkpoint.read("layer.weight") == (0..<24).map { UInt8($0) })
        #expect(try checkpoint.read("layer.bias") == (100..<116).map { UInt8($0) })
        #expect(checkpoint.metadata == ["format": "pt"])
        #expect(try checkpoint.sha256() == SHA256.hash(of: checkpoint.url))
        let header = try Data(contentsOf: checkpoint.url).prefix(8).withUnsafeBytes {
            $0.loadUnaligned(as: UInt64.self)
        }
        #expect(header % 8 == 0)
    }

    @Test func writerLeavesNothingHalfWritten() throws {
        let url = try sample()
        let before = try Data(contentsOf: url)
        struct Stop: Error {}
        #expect(throws: CheckpointError.self) { try SafetensorsWriter.write([], to: url) }
        #expect(throws: Stop.self) {
            try SafetensorsWriter.write(
                [.init(name: "a", type: .uint8, shape: [1], bytes: { throw Stop() })], to: url, overwrite: true)
        }
        #expect(try Data(contentsOf: url) == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["sample.safetensors"])
        #expect(throws: CheckpointError.self) {
            try SafetensorsWriter.write([], to: folder.appendingPathComponent("no/such/folder.safetensors"))
        }
    }

    @Test func foldersAndShards() throws {
        #expect(throws: CheckpointError.self) { try Checkpoint(folder) }
        let a = try file(#"{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, [1], name: "one.safetensors")
        #expect(try Checkpoint(folder).entries.map(\.name) == ["a"])
        _ = try file(#"{"b":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#, [2], name: "two.safetensors")
        let ambiguous = #expect(throws: CheckpointError.self) { try Checkpoint(folder) }
        #expect(ambiguous?.rule == .ambiguousFolder)
        let index = folder.appendingPathComponent("model.safetensors.index.json")
        func write(_ map: String) throws {
            try Data(#"{"metadata":{"total_size":2},"weight_map":\#(map)}"#.utf8).write(to: index)
        }
        try write(#"{"a":"one.safetensors","b":"two.safetensors"}"#)
        #expect(try Checkpoint(folder).read("b") == [2])
        for bad in [
            #"{"a":"one.safetensors"}"#, #"{"a":"one.safetensors","b":"../two.safetensors"}"#,
            #"{"a":"one.safetensors","b":"three.safetensors"}"#,
            #"{"a":"one.safetensors","c":"two.safetensors"}"#, #"{"a":"one.safetensors","b":"/etc/passwd"}"#, #"[]"#,
        ] {
            try write(bad)
            if bad == #"{"a":"one.safetensors"}"# {
                #expect(try Checkpoint(folder).entries.map(\.name) == ["a"])
            } else {
                #expect(throws: CheckpointError.self, "\(bad)") { try Checkpoint(folder) }
            }
        }
        #expect(try Checkpoint(a).entries.count == 1)
    }
}

@Suite struct SHA256Tests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
        ),
    ])
    func vectors(_ text: String, _ hash: String) {
        #expect(SHA256.hash(of: Array(text.utf8)) == hash)
    }

    @Test func piecesMakeNoDifference() {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let whole = SHA256.hash(of: bytes)
        for size in [1, 7, 63, 64, 65, 200] {
            var hash = SHA256()
            for start in stride(from: 0, to: bytes.count, by: size) {
                Array(bytes[start..<min(start + size, bytes.count)]).withUnsafeBytes { hash.update($0) }
            }
            #expect(hash.finalized() == whole)
        }
        #expect(
            SHA256.hash(of: [UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000))
                == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
    }
}
