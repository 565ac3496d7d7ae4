import Foundation
import Testing

@testable import Checkpoints

@Suite final class PyTorchArchiveTests {
    let folder: URL
    static let formats = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Fixtures/formats")

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("archives-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private static func open(_ name: String) throws -> Checkpoint {
        try Checkpoint(formats.appendingPathComponent(name))
    }

    @Test(arguments: ["dtypes_strides.pth", "legacy_non_zip.pth"])
    func everyTypeStrideAndAlias(_ name: String) throws {
        let found = try Self.open(name)
        let expected = try Self.open("expected.safetensors")
        var compared = 0
        for entry in expected.entries where !entry.name.hasPrefix("c64") {
            let tensor = try #require(found.entry(entry.name), "\(entry.name)")
            #expect(tensor.shape == entry.shape && tensor.type == entry.type, "\(entry.name)")
            #expect(try found.read(entry.name) == expected.read(entry.name), "\(entry.name)")
            compared += 1
        }
        #expect(compared == 19)
    }

    @Test func lightningLikeFilesGiveTheirStateDictionary() throws {
        let found = try Self.open("lightning_like.ckpt")
        let expected = try Self.open("expected.safetensors")
        #expect(found.entries.map(\.name) == ["model.bf16", "model.f32", "model.transposed"])
        for entry in found.entries {
            #expect(try found.read(entry.name) == expected.read(String(entry.name.dropFirst(6))), "\(entry.name)")
        }
        #expect(try Self.open("linear_with_metadata.pth").entries.map(\.name) == ["bias", "weight"])
    }

    /// A zip archive with stored entries; checksums are not looked at.
    private func zip(_ entries: [(name: String, data: [UInt8])], method: UInt16 = 0, size: UInt32? = nil) throws -> URL
    {
        func le<T: FixedWidthInteger>(_ value: T) -> [UInt8] { withUnsafeBytes(of: value.littleEndian, Array.init) }
        var bytes: [UInt8] = []
        var directory: [UInt8] = []
        for (name, data) in entries {
            let offset = UInt32(bytes.count)
            let length = UInt32(data.count)
            let common = le(UInt16(0)) + le(method) + le(UInt32(0)) + le(UInt32(0)) + le(length) + le(size ?? length)
            bytes +=
                [0x50, 0x4B, 3, 4] + le(UInt16(20)) + common + le(UInt16(name.utf8.count)) + le(UInt16(0))
                + Array(name.utf8) + data
            directory +=
                [0x50, 0x4B, 1, 2] + le(UInt16(20)) + le(UInt16(20)) + common + le(UInt16(name.utf8.count))
                + le(UInt16(0))
                + le(UInt16(0)) + le(UInt16(0)) + le(UInt16(0)) + le(UInt32(0)) + le(offset) + Array(name.utf8)
        }
        let count = UInt16(entries.count)
        let end =
            [0x50, 0x4B, 5, 6] + le(UInt16(0)) + le(UInt16(0)) + le(count) + le(count) + le(UInt32(directory.count))
            + le(UInt32(bytes.count)) + le(UInt16(0))
        let url = folder.appendingPathComponent("x.pth")
        try Data(bytes + directory + end).write(to: url)
        return url
    }

    private func refusal(_ url: URL, sourceLocation: SourceLocation = #_sourceLocation) -> String {
        let error = #expect(throws: CheckpointError.self, sourceLocation: sourceLocation) { try Checkpoint(url) }
        return error?.description ?? ""
    }

    @Test func attacksAreRefusedByNameAndNotExecuted() throws {
        let sentinel = folder.appendingPathComponent("pwned").path
        for (module, name) in [
            ("os", "system"), ("posix", "system"), ("builtins", "eval"), ("subprocess", "Popen"), ("os.path", "join"),
        ] {
            let pickle =
                Array("\u{80}".unicodeScalars.map { UInt8($0.value) }) + [2] + Array("c\(module)\n\(name)\nX".utf8)
            let argument = Array("touch \(sentinel)".utf8)
            let program = pickle + [UInt8(argument.count), 0, 0, 0] + argument + [0x85] + Array("R.".utf8)
            #expect(refusal(try zip([("x/data.pkl", program)])).contains("\(module).\(name)"))
            let legacy = folder.appendingPathComponent("legacy.pth")
            try Data(program).write(to: legacy)
            #expect(refusal(legacy).contains("\(module).\(name)"))
        }
        #expect(!FileManager.default.fileExists(atPath: sentinel))
    }

    @Test func hostileZipsAreRefused() throws {
        #expect(refusal(try zip([("x/data.pkl", [0x80, 2, 0x7D, 0x2E])])).contains("no state dictionary"))
        #expect(refusal(try zip([("x/data.pkl", [1, 2, 3])], method: 8, size: 1 << 31)).contains("compressed"))
        #expect(refusal(try zip([("../../data.pkl", [0x80, 2, 0x7D, 0x2E])])).contains("out of the archive"))
        #expect(refusal(try zip([("x/data.pkl", [0x2E]), ("x/data.pkl", [0x2E])])).contains("twice"))
        #expect(refusal(try zip([("x/readme", [1])])).contains("no data.pkl"))
        // Nesting without end, and a memo that grows: both end at once.
        #expect(
            refusal(try zip([("x/data.pkl", [0x80, 2, 0x29] + [UInt8](repeating: 0x85, count: 1_000_000) + [0x2E])]))
                .contains("nested"))
        #expect(
            refusal(try zip([("x/data.pkl", [0x80, 2] + [UInt8](repeating: 0x28, count: 1_000_000))])).contains(
                "ends in the middle"))
        #expect(
            refusal(try zip([("x/data.pkl", [0x80, 2, 0x58, 0xFF, 0xFF, 0xFF, 0xFF, 0x2E])])).contains(
                "ends in the middle"))
    }

    @Test func containersThatHoldThemselvesEnd() throws {
        let head: [UInt8] =
            [0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E] + [
                0x80, 2, 0x4D, 0xE9, 3, 0x2E,
            ]
            + [0x80, 2, 0x7D, 0x2E]
        // A list appended to itself twice, so that walking it doubles at every step, and a dictionary under its own key.
        let list: [UInt8] = [0x80, 2, 0x5D, 0x71, 0, 0x68, 0, 0x61, 0x68, 0, 0x61, 0x2E]
        let dictionary: [UInt8] = [0x80, 2, 0x7D, 0x71, 0, 0x8C, 5] + Array("model".utf8) + [0x68, 0, 0x73, 0x2E]
        for value in [list, dictionary] {
            let legacy = folder.appendingPathComponent("legacy.pth")
            try Data(head + value + [0x80, 2, 0x5D, 0x2E]).write(to: legacy)
            #expect(refusal(legacy).contains("no state dictionary"))
            #expect(refusal(try zip([("x/data.pkl", value)])).contains("no state dictionary"))
        }
    }

    @Test(arguments: ["linear_with_metadata.pth", "legacy_non_zip.pth"])
    func truncationAndBitFlipsNeverCrash(_ name: String) throws {
        let good = try Array(Data(contentsOf: Self.formats.appendingPathComponent(name)))
        let url = folder.appendingPathComponent("damaged.pth")
        for length in stride(from: 0, to: good.count, by: 3) {
            try Data(good[..<length]).write(to: url)
            #expect(throws: CheckpointError.self) { try Checkpoint(url) }
        }
        var accepted = 0
        for bit in stride(from: 0, to: good.count * 8, by: 5) {
            var bytes = good
            bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            try Data(bytes).write(to: url)
            if let checkpoint = try? Checkpoint(url) {
                accepted += 1
                for entry in checkpoint.entries { _ = try checkpoint.read(entry.name) }
            }
        }
        #expect(accepted > 0)
    }
}
