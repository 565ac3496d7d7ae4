import Archive
import Foundation
import Landscape
import Tensor

/// What several processes of one run do differently from one.
extension ProbeRun {
    /// The result file: on the disk for the process that writes it, in memory for the others, which need to know what is done.
    func openFile(
        _ plan: RunPlan, _ axes: SliceAxes?, output: URL, resume: Bool, overwrite: Bool
    ) throws -> RunFile {
        try ranks?.requireEqual(digest(plan, axes), "plan, weights and axes")
        let file: RunFile
        if let ranks, !ranks.isWriter {
            file = try RunFile.inMemory(name: "rank \(ranks.rank)", plan: plan)
        } else {
            let resuming = resume && FileManager.default.fileExists(atPath: output.path)
            file =
                resuming
                ? try RunFile.open(resuming: output.path, plan: plan)
                : try RunFile.create(at: output.path, plan: plan, overwrite: overwrite)
        }
        if let ranks {
            let codes = try ranks.share("statuses") { try file.statuses().map(\.rawValue) }
            if !ranks.isWriter { try file.adopt(codes.compactMap { ItemStatus(rawValue: $0) }) }
        }
        return file
    }

    /// What must be the same on all ranks before they divide points and batches.
    private func digest(_ plan: RunPlan, _ axes: SliceAxes?) throws -> String {
        var parts = [plan.fingerprint, plan.shard?.description ?? ""] + plan.variants.map(\.weightsSHA256)
        for values in plan.variants.flatMap({ $0.grids.flatMap(\.coordinates) }) {
            parts.append(values.map { String($0.bitPattern, radix: 16) }.joined(separator: ","))
        }
        for vector in (axes?.vectors ?? []) + [axes?.centre].compactMap({ $0 }) {
            parts.append(String(try vector.bitSum))
        }
        return parts.joined(separator: " ")
    }

    /// A number that depends on this machine, such as its free memory: the smallest of all ranks, which must decide alike.
    func agreed(_ value: Int, _ label: String) throws -> Int {
        try ranks?.smallest(value, label) ?? value
    }

    /// Numbers that only the process with the file knows, for all ranks. `key` must be another one at each call.
    func shared(_ key: String, _ values: () throws -> [Double]) throws -> [Double] {
        guard let ranks else { return try values() }
        let bytes = try ranks.share(key) {
            try values().flatMap { value in withUnsafeBytes(of: value.bitPattern.littleEndian, Array.init) }
        }
        return stride(from: 0, to: bytes.count, by: 8).map { start in
            Double(bitPattern: bytes[start..<(start + 8)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
        }
    }
}
