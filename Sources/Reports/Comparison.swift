import Archive

/// Paired differences of variants from the first one.
enum Comparison {
    /// One measure.
    struct Measure {
        let title: String
        /// The first variant's value.
        let reference: Double
        /// For those variants that have one.
        let intervals: [(variant: String, interval: PairedInterval)]
    }

    /// The loss, where a line through the weights has paired differences, and all measures of sharpness that have them.
    static func measures(_ record: RunRecord) -> [Measure] {
        guard let first = record.variants.first else { return [] }
        let others = record.variants.dropFirst().filter { $0.source == first.source }
        var measures: [Measure] = []
        let losses = others.compactMap { variant in loss(variant).map { (variant: variant.name, interval: $0) } }
        if let value = first.scalar("loss")?.value, value.isFinite, !losses.isEmpty {
            measures.append(Measure(title: "loss", reference: value, intervals: losses))
        }
        for scalar in first.scalars where scalar.path.hasPrefix("sharpness/") && scalar.status == .done {
            let found = others.compactMap { variant in
                PairedInterval(variant.scalar(scalar.path)).map { (variant: variant.name, interval: $0) }
            }
            guard scalar.value.isFinite, !found.isEmpty else { continue }
            let name = String(scalar.path.dropFirst("sharpness/".count))
            measures.append(
                Measure(title: Summary.title(ofMeasure: name), reference: scalar.value, intervals: found))
        }
        return measures
    }

    /// The difference of the loss at the weights themselves: the centre of a slice, or of what else passes through them.
    static func loss(_ variant: VariantRecord) -> PairedInterval? {
        guard let windows = variant.scalar("loss")?.samples, windows > 1 else { return nil }
        for grid in variant.grids where !FigureSelection.isThroughWeights(grid.name) {
            guard let values = grid.column("difference"), let errors = grid.column("difference_error"),
                let centre = grid.centre, grid.status[centre] == .done
            else { continue }
            if let found = PairedInterval(difference: values[centre], error: errors[centre], samples: windows) {
                return found
            }
        }
        return nil
    }
}

extension VariantRecord {
    /// The file it comes from, where several are compared.
    var source: String? { attributes["source_file"]?.text }
}
