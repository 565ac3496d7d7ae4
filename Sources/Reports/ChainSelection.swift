import Archive
import Figures

extension FigureSelection {
    /// The chains behind each number that was drawn by chains, with their diagnostics.
    static func chains(_ record: RunRecord) -> [Entry] {
        var paths: [String] = []
        for path in record.variants.flatMap({ $0.arrays.map(\.path) })
        where path.hasSuffix("_chains") && !paths.contains(path) {
            paths.append(path)
        }
        return paths.compactMap { entry(record, $0) }
    }

    private static func entry(_ record: RunRecord, _ path: String) -> Entry? {
        let owner = String(path.dropLast("_chains".count))
        var rows: [[String]] = []
        var title = ""
        let panels = record.variants.compactMap { variant -> ChainFigure.Panel? in
            guard let array = variant.array(path), array.status == .done, array.shape.count == 2,
                let scalar = variant.scalar(owner), array.values.contains(where: \.isFinite)
            else { return nil }
            title = scalar.longName
            func attribute(_ name: String) -> Double { scalar.attributes[name]?.number ?? .nan }
            let length = array.shape[1]
            let chains = stride(from: 0, to: array.values.count, by: length).map {
                Array(array.values[$0..<($0 + length)])
            }
            let burnIn = max(0, array.attributes["burn_in"]?.integer ?? 0)
            let isSettled = attribute("converged") == 1
            let means = chains.map { chain -> Double in
                let counted = chain.dropFirst(burnIn)
                return counted.reduce(0, +) / Double(counted.count)
            }
            rows.append(
                [
                    variant.name, Number.text(scalar.value), Number.error(scalar.standardError),
                    Number.text(attribute("r_hat")), Number.text(attribute("effective_draws").rounded()),
                    isSettled ? "yes" : "no", means.map(Number.text).joined(separator: ", "),
                ])
            return ChainFigure.Panel(
                title: variant.name,
                note:
                    "R-hat \(Number.text(attribute("r_hat"))), worth \(Number.text(attribute("effective_draws").rounded())) draws\(isSettled ? "" : ", not settled")",
                chains: chains, burnIn: burnIn, value: scalar.value)
        }
        guard !panels.isEmpty else { return nil }
        let name = owner.split(separator: "/").last.map(String.init) ?? "draws"
        let file = "chains-" + name.filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
        return Entry(
            figure: ChainFigure(name: file, panels: panels, quantity: Summary.title(ofMeasure: name)),
            title: "Chains of the \(title)",
            caption:
                "Thin: what each chain saw at each step, from one random batch. Thick: its running mean after the burn-in (grey). Dotted: the mean of all. Chains have settled where R-hat (rank-normalised and split, Vehtari et al. 2021) is at most 1.01.",
            header: [
                "variant", "value", "standard error", "R-hat", "effective draws", "settled", "means of the chains",
            ],
            rows: rows)
    }
}
