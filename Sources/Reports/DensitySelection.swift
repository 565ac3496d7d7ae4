import Archive
import Figures

extension FigureSelection {
    /// How many eigenvalues lie beyond about ten magnitudes.
    private static func rows(_ curve: TailFigure.Curve) -> [[String]] {
        let step = max(1, curve.magnitude.count / 10)
        func text(_ value: (count: Double, error: Double)) -> String {
            "\(Number.text(value.count))\(value.error.isFinite ? " ± \(Number.error(value.error))" : "")"
        }
        return stride(from: 0, to: curve.magnitude.count, by: step).map { index in
            [
                curve.title, Number.text(curve.magnitude[index]), text(curve.negative[index]),
                text(curve.positive[index]),
            ]
        }
    }

    /// The density of each matrix and the tails of its distribution.
    static func densities(_ record: RunRecord) -> [Entry] {
        Summary.groups(record).flatMap { group -> [Entry] in
            let densities = record.variants.enumerated().compactMap { index, variant in
                variant.array("\(group)/density/density").map { (index, variant.name, $0) }
            }.filter { $0.2.status == .done }
            guard let bandwidth = densities.first?.2.attributes["bandwidth"]?.number else { return [] }
            let prefix = Summary.title(of: group)
            let suffix = group.split(separator: "/").dropFirst().joined(separator: "-")
                .filter { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
            let name = suffix.isEmpty ? "density" : "density-\(suffix)"
            let curves = densities.map { index, title, array in
                DensityFigure.Curve(
                    title: title, colour: index, eigenvalue: array.dimension("eigenvalue") ?? [],
                    density: array.values, error: array.companion("density_error") ?? [])
            }
            let probes = densities.first?.2.attributes["probes"]?.integer ?? 0
            let steps = densities.first?.2.attributes["steps"]?.integer ?? 0
            var entries = [
                Entry(
                    figure: DensityFigure(name: name, curves: curves),
                    title: "\(prefix)spectral density".capitalizedFirst,
                    caption:
                        "The eigenvalues, smoothed by a Gaussian of \(Number.text(bandwidth)) for the first variant and in proportion for the others. Outliers count as one eigenvalue each; the bulk is estimated by \(probes) random probes of \(steps) Lanczos steps. Band: one standard error over the probes.",
                    header: ["variant", "bandwidth", "smallest node", "largest node"],
                    rows: densities.map { _, title, array in
                        let nodes = record.variant(title)?.array("\(group)/density/nodes")?.values.filter(\.isFinite)
                        return [
                            title, Number.text(array.attributes["bandwidth"]?.number ?? .nan),
                            Number.text(nodes?.min() ?? .nan), Number.text(nodes?.max() ?? .nan),
                        ]
                    })
            ]
            let tails = record.variants.enumerated().compactMap { index, variant -> TailFigure.Curve? in
                guard let array = variant.array("\(group)/density/tail_positive"), array.status == .done else {
                    return nil
                }
                let dimension = Double(variant.array("\(group)/density/density")?.attributes["dimension"]?.number ?? 1)
                func counts(_ shares: [Double], _ errors: String) -> [(count: Double, error: Double)] {
                    zip(shares, array.companion(errors) ?? []).map { ($0 * dimension, $1 * dimension) }
                }
                return TailFigure.Curve(
                    title: variant.name, colour: index, magnitude: array.dimension("magnitude") ?? [],
                    positive: counts(array.values, "tail_positive_error"),
                    negative: counts(array.companion("tail_negative") ?? [], "tail_negative_error"))
            }
            if !tails.isEmpty {
                entries.append(
                    Entry(
                        figure: TailFigure(name: "\(name)-tails", curves: tails),
                        title: "\(prefix)tails of the spectrum".capitalizedFirst,
                        caption:
                            "How many eigenvalues lie beyond a magnitude: below it with a minus sign (left), above it (right). Near 0 the Lanczos steps resolve no single values. Band: one standard error over the probes.",
                        header: ["variant", "magnitude", "below −magnitude", "above magnitude"],
                        rows: tails.flatMap(rows)))
            }
            return entries
        }
    }
}
