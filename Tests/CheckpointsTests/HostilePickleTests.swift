import Foundation
import Testing

@testable import Checkpoints

/// Pickles that take more time, memory or stack than their length allows; each brought the reader down once.
@Suite struct HostilePickleTests {
    private func refusal(_ pickle: [UInt8], workLimit: Int = PickleReader.workLimit) -> String {
        let heap = PickleHeap()
        defer { heap.clear() }
        var reader = PickleReader(pickle, heap: heap, workLimit: workLimit)
        do throws(PickleReader.Failure) {
            _ = try reader.read()
            return "accepted"
        } catch {
            return error.reason
        }
    }

    private func text(_ string: String) -> [UInt8] {
        [UInt8(ascii: "X")] + withUnsafeBytes(of: UInt32(string.utf8.count).littleEndian, Array.init)
            + Array(string.utf8)
    }

    /// Every list gets its element after it has become one: no depth is known when a value is pushed. Released from the
    /// outside, each would take a stack frame.
    @Test func chainsOfAnyLengthAreReleased() {
        var pickle: [UInt8] = [UInt8(ascii: "]")] + Array("]q\u{1}ah\u{1}".utf8)
        for _ in 0..<200_000 { pickle += Array("]q\u{1}a0h\u{1}".utf8) }
        #expect(refusal(pickle + Array("0.".utf8)) == "accepted")
    }

    @Test func containersThatHoldThemselvesAreReleased() {
        weak var list: PickleList?
        let heap = PickleHeap()
        var reader = PickleReader(Array("]q\u{0}h\u{0}a.".utf8), heap: heap)
        if case .list(let found)? = try? reader.read() { list = found }
        #expect(list != nil)
        reader = PickleReader([], heap: heap)
        heap.clear()
        #expect(list == nil)
    }

    @Test func whatIsMemoizedCannotBeMultiplied() {
        // A list of pairs, made into a dictionary again and again.
        var pairs: [UInt8] = Array("](".utf8)
        for _ in 0..<10_000 { pairs += text("k") + [UInt8(ascii: "K"), 1, 0x86] }
        pairs += Array("eq\u{0}0ccollections\nOrderedDict\nq\u{1}0".utf8)
        for _ in 0..<100 { pairs += Array("h\u{1}h\u{0}".utf8) + [0x85] + Array("R0".utf8) }
        let limit = 1 << 17
        #expect(refusal(pairs + Array("N.".utf8), workLimit: limit).contains("builds more than"))
        // A long name of a class.
        var names = text(String(repeating: "m", count: 100_000)) + Array("q\u{0}0".utf8)
        for _ in 0..<100 { names += Array("h\u{0}h\u{0}".utf8) + [0x93] + Array("0".utf8) }
        #expect(refusal(names + Array("N.".utf8), workLimit: limit).contains("builds more than"))
        let lists = [UInt8](repeating: UInt8(ascii: "]"), count: limit + 1)
        #expect(refusal(lists, workLimit: limit).contains("builds more than"))
    }

    /// A tensor in a zip archive, its strides eight bytes each.
    private func archive(shape: [UInt8], strides: [Int], numbers: [Float]) throws -> URL {
        func tuple(_ elements: [[UInt8]]) -> [UInt8] {
            [UInt8(ascii: "(")] + elements.flatMap { $0 } + [UInt8(ascii: "t")]
        }
        let storage =
            tuple([
                text("storage"), Array("ctorch\nFloatStorage\n".utf8), text("0"), text("cpu"),
                [UInt8(ascii: "K"), UInt8(numbers.count)],
            ]) + [UInt8(ascii: "Q")]
        let arguments = tuple([
            storage, [UInt8(ascii: "K"), 0], tuple(shape.map { [UInt8(ascii: "K"), $0] }),
            tuple(strides.map { [0x8A, 8] + withUnsafeBytes(of: $0.littleEndian, Array.init) }), [0x89],
            [UInt8(ascii: "}")],
        ])
        let pickle =
            Array("}".utf8) + text("w") + Array("ctorch._utils\n_rebuild_tensor_v2\n".utf8) + arguments
            + Array("Rs.".utf8)
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("hostile-\(UUID().uuidString).pth")
        try Data(StoredArchive.bytes([("a/data.pkl", pickle), ("a/data/0", numbers.withUnsafeBytes(Array.init))]))
            .write(to: url)
        return url
    }

    /// The step beyond the end of an axis of one element overflowed.
    @Test func strideOfAnAxisOfOneElementMayBeAnything() throws {
        let url = try archive(shape: [2, 1], strides: [2, .max], numbers: [1, 2, 3])
        defer { try? FileManager.default.removeItem(at: url) }
        let bytes = try Checkpoint(url).read("w")
        #expect(bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) } == [1, 3])
    }

    @Test func moreDimensionsThanPyTorchHasAreRefused() throws {
        let url = try archive(
            shape: [UInt8](repeating: 1, count: 65), strides: [Int](repeating: 1, count: 65), numbers: [1])
        defer { try? FileManager.default.removeItem(at: url) }
        #expect(throws: CheckpointError.self) { try Checkpoint(url) }
    }
}

/// Zip archives with stored entries; checksums are not looked at.
enum StoredArchive {
    static func bytes(_ entries: [(name: String, data: [UInt8])]) -> [UInt8] {
        func le<T: FixedWidthInteger>(_ value: T) -> [UInt8] { withUnsafeBytes(of: value.littleEndian, Array.init) }
        var bytes: [UInt8] = []
        var directory: [UInt8] = []
        for (name, data) in entries {
            let sizes = le(UInt32(data.count)) + le(UInt32(data.count)) + le(UInt16(name.utf8.count)) + le(UInt16(0))
            directory += [0x50, 0x4B, 1, 2] + [UInt8](repeating: 0, count: 16) + sizes
            directory += [UInt8](repeating: 0, count: 10) + le(UInt32(bytes.count)) + Array(name.utf8)
            bytes += [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 14) + sizes + Array(name.utf8) + data
        }
        let count = UInt16(entries.count)
        return bytes + directory + [0x50, 0x4B, 5, 6, 0, 0, 0, 0] + le(count) + le(count)
            + le(UInt32(directory.count)) + le(UInt32(bytes.count)) + le(UInt16(0))
    }
}
