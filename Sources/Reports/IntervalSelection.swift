import Archive
import Figures

extension FigureSelection {
    /// Paired differences of the loss and of sharpness from the first variant, with 95 % intervals.
    static func intervals(_ record: RunRecord) -> [Entry] {
        guard let reference = record.variants.first else { return [] }
        var rows: [(title: String, marks: [IntervalFigure.Mark])] = []
        var table: [[String]] = []
        for measure in Comparison.measures(record) {
            let base = abs(measure.reference)
            var marks: [IntervalFigure.Mark] = []
            for (variant, interval) in measure.intervals {
                let place = record.variants.firstIndex { $0.name == variant } ?? 0
                if base > 0 {
                    marks.append(
                        IntervalFigure.Mark(
                            variant: place, difference: 100 * interval.difference / base,
                            low: 100 * interval.low / base, high: 100 * interval.high / base))
                }
                table.append([
                    measure.title, variant, Number.text(interval.difference),
                    "[\(Number.text(interval.low)), \(Number.text(interval.high))]",
                    interval.isEvident ? "yes" : "no",
                ])
            }
            if !marks.isEmpty { rows.append((measure.title, marks)) }
        }
        guard !rows.isEmpty else { return [] }
        return [
            Entry(
                figure: IntervalFigure(
                    name: "intervals", reference: reference.name, variants: record.variants.map(\.name), rows: rows),
                title: "Differences from \(reference.name)",
                caption:
                    "Loss and sharpness less those of \(reference.name), in percent of its value, with 95 % intervals; paired, since windows and random draws are the same. Measures whose error cannot be told are left out. Intervals much longer than most leave the picture; the table has them.",
                header: ["measure", "variant", "difference", "95 % interval", "leaves out 0"], rows: table)
        ]
    }
}
