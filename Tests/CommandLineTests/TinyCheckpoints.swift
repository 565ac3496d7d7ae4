import Foundation

/// The fixtures of all families.
enum TinyCheckpoints {
    /// Folders below the fixtures.
    static let all = [
        "timer", "timer_hf", "sundial", "chronos_bolt", "moirai", "chronos_t5", "moment", "timesfm/v1.0_posemb",
        "timesfm/v2.0_hf", "timesfm25", "timesfm25/hf", "ttm/r2", "ttm/r2_freq_prefix", "ttm/all_other_branches",
        "units/supervised",
    ]

    /// The weights of a folder.
    static func weights(_ folder: String) -> String {
        Program.fixtures.appendingPathComponent("ltsm/\(folder)/model.safetensors").path
    }
}

extension Scratch {
    /// A series of three channels, which the checkpoints that read channels together were made for: `series.csv`.
    @discardableResult
    func writeSeries(rows: Int = 900) throws -> String {
        var csv = "date,a,b,c\n"
        for row in 0..<rows {
            let t = Double(row)
            csv += "\(row),\(sin(t / 7) + 0.1 * cos(t * t)),\(cos(t / 11)),\(sin(t / 5) + t / 900)\n"
        }
        return try write("series.csv", csv)
    }
}
