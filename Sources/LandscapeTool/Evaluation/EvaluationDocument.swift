import Foundation
import Reports
import TimeSeries

/// Rows of an evaluation, as a table for people and as one JSON document for scripts (`landscape-evaluate/2`).
struct EvaluationDocument {
    /// What stands beside the rows in the JSON document.
    let about: [String: Any]
    let rows: [EvaluationRow]

    /// Rows come in any order; they are shown setting by setting.
    init(about: [String: Any], rows: [EvaluationRow]) {
        self.about = about
        var settings: [EvaluationSetting] = []
        for row in rows where !settings.contains(row.setting) { settings.append(row.setting) }
        self.rows = settings.flatMap { setting in rows.filter { $0.setting == setting } }
    }

    /// A table: what tells the rows apart, their windows, their errors.
    var text: String {
        let metrics = Metric.allCases.filter { metric in
            metric.title != nil && rows.contains { $0.metrics[metric] != nil }
        }
        let columns = EvaluationSetting.columns.filter { column in rows.contains { column.text($0.setting) != nil } }
        let number = rows.contains { $0.setting.unit != nil } ? "number" : "windows"
        var table = [[""] + columns.map(\.title) + [number] + metrics.compactMap(\.title)]
        for row in rows {
            table.append(
                [row.who] + columns.map { $0.text(row.setting) ?? "" } + ["\(row.windows)"]
                    + metrics.map { Number.text(row[$0]) })
        }
        return Table.text(table)
    }

    /// The document; what is not a finite number is null.
    func json() throws -> String {
        var object = about
        object["schema"] = "landscape-evaluate/2"
        object["results"] = results
        let encoded = try JSONSerialization.data(
            withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        return String(decoding: encoded, as: UTF8.self)
    }

    /// The rows of the document.
    var results: [[String: Any]] {
        rows.map { row in
            var result: [String: Any] = [
                "name": row.who, "baseline": row.isBaseline, "split": row.split.rawValue, "points": row.points,
            ]
            result[row.setting.unit == nil ? "windows" : "units"] = row.windows
            for column in EvaluationSetting.columns { result[column.key] = column.value(row.setting) }
            if let scores = row.scores {
                result["scores"] = scores.map { [$0.row, $0.score.isFinite ? $0.score : NSNull()] as [Any] }
            }
            for (metric, value) in row.metrics { result[metric.rawValue] = value.isFinite ? value : NSNull() }
            return result
        }
    }
}

extension EvaluationSetting {
    /// A part of the setting, for tables and documents.
    struct Column {
        let title: String
        let key: String
        let value: (EvaluationSetting) -> Any?

        func text(_ setting: EvaluationSetting) -> String? { value(setting).map { "\($0)" } }
    }

    static var columns: [Column] {
        [
            Column(title: "horizon", key: "horizon") { $0.horizon }, Column(title: "hidden", key: "mask") { $0.mask },
            Column(title: "rate", key: "mask_rate") { $0.maskRate }, Column(title: "unit", key: "unit") { $0.unit },
            Column(title: "flagged by", key: "threshold") { $0.threshold },
        ]
    }

    /// The parts in one word, for names in files: `96`, or `patch-of-24-0.25`.
    var label: String {
        EvaluationSetting.columns.compactMap { $0.text(self) }.joined(separator: "-")
            .replacingOccurrences(of: " ", with: "-")
    }
}
