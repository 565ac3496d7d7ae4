import CFuzzer
import Foundation
import HostileInput

/// What all targets do with what libFuzzer hands them.
public enum FuzzTarget {
    /// Before the first input: writes the seeds into the folder `FUZZ_SEEDS` and ends, when it is given.
    public static func initialize(_ reader: Reader) {
        if let folder = ProcessInfo.processInfo.environment["FUZZ_SEEDS"] {
            do {
                let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
                    .deletingLastPathComponent().deletingLastPathComponent()
                for (index, seed) in try reader.seeds(root: root).enumerated() {
                    try Data(seed).write(to: URL(fileURLWithPath: folder).appendingPathComponent("seed-\(index)"))
                }
            } catch {
                fatalError("the seeds: \(error)")
            }
            exit(0)
        }
        // Result files are read in a child.
        if reader == .result { print("counters shared with children: \(cfuzzer_share_counters()) bytes") }
    }

    /// One input; what must not happen ends the process.
    public static func test(_ reader: Reader, _ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
        let bytes = Array(UnsafeBufferPointer(start: start, count: count))
        if case .violation(let text) = reader.read(bytes) { fatalError(text) }
        return 0
    }

    /// Changes an input in place where the format lets it, so that lengths and checksums fit.
    public static func mutate(
        _ reader: Reader, _ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ capacity: Int, _ choice: UInt32
    ) -> Int {
        let file = Array(UnsafeBufferPointer(start: data, count: size))
        let result = reader.changed(file, choice: choice) { part in
            var buffer = part + [UInt8](repeating: 0, count: max(0, min(capacity, part.count + 4096) - part.count))
            let count = buffer.withUnsafeMutableBufferPointer { LLVMFuzzerMutate($0.baseAddress, part.count, $0.count) }
            return Array(buffer[..<count])
        }
        guard result.count <= capacity else { return LLVMFuzzerMutate(data, size, capacity) }
        for (index, byte) in result.enumerated() { data[index] = byte }
        return result.count
    }
}
