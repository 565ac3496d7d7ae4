import Archive
import Foundation

/// The evidence of an experiment: means over seeds, paired differences from the reference, rank correlations.
public struct ExperimentSummary {
    /// A table with what is to be said about it.
    public struct Table {
        /// The head and the rows.
        public let rows: [[String]]
        /// Below it.
        public let note: String
    }

    /// A strategy on one model and series, for one metric.
    struct Line {
        let strategy: String
        /// Fine-tunings that are done.
        let count: Int
        /// Fine-tunings that diverged.
        let failed: Int
        let mean: Double
        /// Between seeds, n − 1; NaN for one.
        let deviation: Double
        /// From the reference at the same seeds; `nil` for the reference and where there are fewer than two seeds.
        let difference: Difference?
    }

    /// A mean of differences over two crossed factors, the auxiliary and the training seeds.
    struct Difference {
        let interval: PairedInterval
        /// Of Student's test, two-sided.
        let probability: Double

        /// `differences[a][t]` for auxiliary seed a and training seed t; `nil` where neither factor has two seeds.
        ///
        /// The squared error is s_a²/A + s_t²/T with the variances of the means over either factor: never below that of two crossed
        /// random factors, σ_a²/A + σ_t²/T + σ_at²/(AT), in the mean. Degrees of freedom: the smaller number of seeds less 1.
        init?(_ differences: [[Double]]) {
            guard let columns = differences.first?.count, columns > 0,
                differences.allSatisfy({ $0.count == columns && $0.allSatisfy(\.isFinite) })
            else { return nil }
            let rows = differences.map { Moments($0).mean }
            let means = (0..<columns).map { column in Moments(differences.map { $0[column] }).mean }
            let factors = [rows, means].filter { $0.count > 1 }
            guard let seeds = factors.map(\.count).min() else { return nil }
            let error = factors.reduce(0) { $0 + Moments($1).standardError * Moments($1).standardError }.squareRoot()
            let mean = Moments(rows).mean
            guard let interval = PairedInterval(difference: mean, error: error, samples: seeds) else { return nil }
            self.interval = interval
            probability = StudentDistribution.twoSided(mean / error, degreesOfFreedom: seeds - 1)
        }
    }

    /// Mean and deviation of a few numbers.
    struct Moments {
        let mean: Double
        let deviation: Double
        let standardError: Double

        init(_ values: [Double]) {
            let n = Double(values.count)
            let mean = values.reduce(0, +) / n
            self.mean = mean
            deviation =
                values.count > 1
                ? (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1)).squareRoot() : .nan
            standardError = deviation / n.squareRoot()
        }
    }

    private let record: RunRecord

    /// The summary of a file that `landscape experiment` wrote.
    public init(_ record: RunRecord) { self.record = record }

    private var cells: [VariantRecord] { record.variants.filter { $0.kind != "baseline" } }
    private func text(_ variant: VariantRecord, _ name: String) -> String { variant.attributes[name]?.text ?? "" }

    /// Names in their first order.
    private func distinct(_ values: [String]) -> [String] {
        values.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    private struct Setting: Hashable {
        let model: String
        let data: String
    }

    private var settings: [Setting] {
        cells.reduce(into: []) { list, cell in
            let setting = Setting(model: text(cell, "model"), data: text(cell, "data"))
            if !list.contains(setting) { list.append(setting) }
        }
    }

    private func cells(_ setting: Setting) -> [VariantRecord] {
        cells.filter { text($0, "model") == setting.model && text($0, "data") == setting.data }
    }

    private func metrics(_ setting: Setting) -> [String] {
        distinct(cells(setting).flatMap { $0.scalars.map(\.path).filter { $0.hasPrefix("test/") } })
    }

    /// A value that is done; NaN else.
    private func value(_ cell: VariantRecord, _ path: String) -> Double {
        guard let scalar = cell.scalar(path), scalar.status == .done else { return .nan }
        return scalar.value
    }

    private var reference: String { record.attributes["reference"]?.text ?? "" }

    private func lines(_ setting: Setting, _ metric: String) -> [Line] {
        let all = cells(setting)
        let byStrategy = Dictionary(grouping: all) { text($0, "strategy") }
        /// The difference of a fine-tuning from the reference's with the same seeds; where that has one auxiliary seed, or one training
        /// seed, from that one.
        func difference(_ cell: VariantRecord) -> Double {
            let base = byStrategy[reference] ?? []
            func match(_ key: String, among list: [VariantRecord]) -> [VariantRecord] {
                let same = list.filter { text($0, key) == text(cell, key) }
                return same.isEmpty && Set(list.map { text($0, key) }).count == 1 ? list : same
            }
            let found = match("auxiliary_seed", among: match("training_seed", among: base))
            return found.count == 1 ? value(cell, metric) - value(found[0], metric) : .nan
        }
        return distinct(all.map { text($0, "strategy") }).map { strategy in
            let own = byStrategy[strategy] ?? []
            let values = own.map { value($0, metric) }.filter(\.isFinite)
            let moments = Moments(values)
            let seeds = distinct(own.map { text($0, "auxiliary_seed") })
            let differences = seeds.map { seed in
                own.filter { text($0, "auxiliary_seed") == seed }.map(difference)
            }
            return Line(
                strategy: strategy, count: values.count,
                failed: own.count { $0.scalar(metric)?.status == .failed }, mean: moments.mean,
                deviation: moments.deviation, difference: strategy == reference ? nil : Difference(differences))
        }
    }

    /// A measure's correlation with a test metric over the fine-tunings.
    private func correlations(_ setting: Setting, _ metric: String) -> [(
        measure: String, correlation: RankCorrelation?
    )] {
        let trained = cells(setting).filter { $0.kind != "zero-shot" }
        let measures = distinct(trained.flatMap { $0.scalars.map(\.path).filter { $0.hasPrefix("start/") } })
        return measures.map { path in
            let pairs: [(Double, Double)] = trained.map { (value($0, path), value($0, metric)) }
            return (measure: String(path.dropFirst("start/".count)), correlation: RankCorrelation(pairs))
        }
    }

    private func baselines(_ data: String) -> [VariantRecord] {
        record.variants.filter { $0.kind == "baseline" && text($0, "data") == data }
    }

    /// The tables, two for each model and series.
    public var tables: [Table] {
        settings.flatMap { setting -> [Table] in
            let metrics = metrics(setting).filter { !$0.contains("/mase") }
            guard let main = metrics.first else { return [] }
            let title = "\(setting.model) on \(setting.data)"
            let heads: [String] = metrics.map { ExperimentSummary.head($0) }
            var rows: [[String]] = [[title, "n"] + heads + ["difference from \(reference)", "95 % interval", "p"]]
            let columns = metrics.map { lines(setting, $0) }
            for (index, line) in columns[0].enumerated() {
                var row = [line.strategy, "\(line.count)"]
                if line.failed > 0 { row[1] += " (\(line.failed) diverged)" }
                row += columns.map { cell($0[index]) }
                if let difference = line.difference {
                    let interval = difference.interval
                    row.append(Number.text(interval.difference))
                    row.append("\(Number.text(interval.low)) … \(Number.text(interval.high))")
                    row.append(Number.text(difference.probability))
                } else {
                    row += ["–", "–", "–"]
                }
                rows.append(row)
            }
            for baseline in baselines(setting.data) {
                rows.append(
                    [text(baseline, "strategy"), ""] + metrics.map { Number.text(value(baseline, $0)) } + [
                        "–", "–", "–",
                    ])
            }
            let first = Table(
                rows: rows,
                note:
                    "Means ± standard deviations over n fine-tunings (auxiliary and training seeds). Differences in \(ExperimentSummary.head(main)) at the same seeds; their error adds the variances over both kinds of seeds, Student's test."
            )
            var ranks = [["at the start", "Spearman's ρ with \(ExperimentSummary.head(main))", "n", "p"]]
            for (measure, correlation) in correlations(setting, main) {
                var row = [measure, "–", "–", "–"]
                if let found = correlation {
                    row = [measure, Number.text(found.value), "\(found.count)", Number.text(found.probability)]
                }
                ranks.append(row)
            }
            return [
                first,
                Table(
                    rows: ranks,
                    note:
                        "Over all trained fine-tunings. Those of one strategy are alike, so that p is too small where few strategies make the difference."
                ),
            ]
        }
    }

    private func cell(_ line: Line) -> String {
        line.count == 0
            ? "–" : Number.text(line.mean) + (line.deviation.isNaN ? "" : " ± \(Number.text(line.deviation))")
    }

    private static func head(_ path: String) -> String {
        let parts = path.split(separator: "/").last?.split(separator: "_", maxSplits: 1) ?? []
        guard let name = parts.first else { return path }
        return name.uppercased() + (parts.count == 2 ? " (\(parts[1]))" : "")
    }

    /// The same as one JSON document, `landscape-experiment/1`; what is not finite is null.
    public func json() throws -> String {
        var results: [[String: Any]] = []
        for setting in settings {
            let objects = metrics(setting).map { document(setting, $0) }
            results.append(["model": setting.model, "data": setting.data, "metrics": objects])
        }
        let object: [String: Any] = [
            "schema": "landscape-experiment/1", "title": record.title, "complete": record.isComplete,
            "reference": reference, "results": results,
        ]
        let data = try JSONSerialization.data(
            withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        return String(decoding: data, as: UTF8.self)
    }

    private func number(_ value: Double?) -> Any {
        guard let value, value.isFinite else { return NSNull() }
        return value
    }

    private func document(_ setting: Setting, _ metric: String) -> [String: Any] {
        var strategies: [[String: Any]] = []
        for line in lines(setting, metric) {
            var entry: [String: Any] = [
                "strategy": line.strategy, "fine_tunings": line.count, "diverged": line.failed,
                "mean": number(line.mean), "standard_deviation": number(line.deviation), "difference": NSNull(),
            ]
            if let difference = line.difference {
                entry["difference"] =
                    [
                        "value": difference.interval.difference, "low": difference.interval.low,
                        "high": difference.interval.high, "p": number(difference.probability),
                    ] as [String: Any]
            }
            strategies.append(entry)
        }
        var baselines: [[String: Any]] = []
        for baseline in self.baselines(setting.data) {
            baselines.append(["name": text(baseline, "strategy"), "value": number(value(baseline, metric))])
        }
        var ranks: [[String: Any]] = []
        for (measure, correlation) in correlations(setting, metric) {
            ranks.append([
                "measure": measure, "rho": number(correlation?.value), "fine_tunings": correlation?.count ?? 0,
                "p": number(correlation?.probability),
            ])
        }
        return [
            "metric": metric, "strategies": strategies, "baselines": baselines, "rank_correlations": ranks,
        ]
    }
}
