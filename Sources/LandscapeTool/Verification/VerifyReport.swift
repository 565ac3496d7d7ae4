import Archive
import Foundation

/// What a verification found, for people and for scripts.
struct VerifyReport {
    let verification: Verification
    let structure: StructureCheck
    let seed: UInt64

    private var record: RunRecord { verification.record }

    private var sampled: String {
        let slices = Set(verification.points.map { [$0.variant, $0.grid] }).count
        return "\(verification.points.count) of \(verification.possible) points, drawn with seed \(seed) from "
            + "\(record.variants.reduce(0) { $0 + $1.grids.count }) lines, planes and volumes (\(slices) of them met)"
    }

    func text() -> String {
        var rows = [["", "stored", "recomputed", "difference", ""]]
        for item in verification.weights {
            rows.append([
                "\(item.variant) weights", "\(item.stored.prefix(10))…", "\(item.recomputed.prefix(10))…", "",
                item.agrees ? "identical" : "DIFFERS",
            ])
        }
        for item in verification.numbers {
            rows.append([
                item.object, VerifyReport.text(item.stored), VerifyReport.text(item.recomputed),
                item.isIdentical ? "0" : String(format: "%.1e", item.difference),
                item.isIdentical ? "identical" : item.agrees ? "agrees" : "DIFFERS",
            ])
        }
        var lines = [Table.text(rows, flushLeft: [0, 4]), "", "sampled: \(sampled)"]
        lines.append(
            structure.problems.isEmpty
                ? "structure: \(structure.count) checks, all hold"
                : "structure: \(structure.problems.joined(separator: "\n           "))")
        let untouched = verification.untouched
        if !untouched.isEmpty { lines.append("not recomputed: \(VerifyReport.summary(untouched))") }
        lines.append("identical to the last bit: \(verification.identical) of \(verification.total)")
        lines.append("verified: \(verification.agreeing) of \(verification.total) numbers agree")
        return lines.joined(separator: "\n")
    }

    /// Enough digits to see a difference of the default tolerance.
    private static func text(_ value: Double) -> String { String(format: "%.9g", value) }

    /// All of them, or by folder the first ones and how many there are.
    private static func summary(_ paths: [String]) -> String {
        guard paths.count > 8 else { return paths.joined(separator: ", ") }
        var folders: [(name: Substring, paths: [String])] = []
        for path in paths {
            let name = path.prefix { $0 != "/" }
            if let known = folders.firstIndex(where: { $0.name == name }) {
                folders[known].paths.append(path)
            } else {
                folders.append((name, [path]))
            }
        }
        return folders.map { folder in
            let first = folder.paths.prefix(3).joined(separator: ", ")
            return folder.paths.count > 3 ? "\(first), … (\(folder.paths.count) of \(folder.name))" : first
        }.joined(separator: ", ")
    }

    /// Schema `landscape-verify/1`; numbers that are not finite are null.
    func json() throws -> String {
        func number(_ value: Double) -> Any { value.isFinite ? value : NSNull() }
        let object: [String: Any] = [
            "schema": "landscape-verify/1", "file": record.path, "seed": String(seed),
            "tolerance": verification.tolerance, "points": verification.points.count,
            "points_possible": verification.possible, "numbers": verification.total,
            "agree": verification.agreeing, "identical": verification.identical,
            "weights": verification.weights.map {
                ["variant": $0.variant, "stored": $0.stored, "recomputed": $0.recomputed, "agrees": $0.agrees]
                    as [String: Any]
            },
            "comparisons": verification.numbers.map {
                [
                    "object": $0.object, "stored": number($0.stored), "recomputed": number($0.recomputed),
                    "difference": number($0.difference), "identical": $0.isIdentical, "agrees": $0.agrees,
                ] as [String: Any]
            },
            "structure": ["checks": structure.count, "problems": structure.problems] as [String: Any],
            "not_recomputed": verification.untouched,
        ]
        let data = try JSONSerialization.data(
            withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        return String(decoding: data, as: UTF8.self)
    }
}
