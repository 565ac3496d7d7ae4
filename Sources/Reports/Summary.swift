import Archive
import Foundation

/// Numbers for people: four significant digits, a true minus sign, an en dash for what is missing.
public enum Number {
    /// A value.
    public static func text(_ value: Double) -> String {
        if value.isNaN { return "–" }
        if value.isInfinite { return value < 0 ? "−∞" : "∞" }
        let plain = value == 0 || (abs(value) >= 1e-3 && abs(value) < 1e5)
        return String(format: plain ? "%.4g" : "%.3e", value).replacingOccurrences(of: "-", with: "−")
    }

    /// A standard error needs two digits.
    public static func error(_ value: Double) -> String {
        value.isFinite ? text(Double(String(format: "%.2g", value)) ?? value) : "–"
    }
}

/// The table of variants and measures.
public struct Summary {
    /// One measure of one variant.
    public struct Cell {
        /// The value; NaN where there is none.
        public var value = Double.nan
        /// Standard error, or the residual of an eigenvalue in its units.
        public var error = Double.nan
        /// What to know about it, in a word or two.
        public var note = ""
        /// For people.
        public var text = "–"
    }

    /// One measure of all variants.
    public struct Measure {
        /// For people.
        public let title: String
        /// As in the file.
        public let unit: String
        /// One per variant, in the order of the file.
        public let cells: [Cell]
    }

    /// In the order of reading.
    public let measures: [Measure]

    private static let scalars: [(path: String, title: String)] = [
        ("loss", "loss"), ("gradient_norm", "gradient norm"),
    ]
    private static let curvature: [(path: String, title: String)] = [
        ("curvature/trace", "trace"), ("curvature/frobenius", "Frobenius norm"),
        ("curvature/trace_to_frobenius", "trace / Frobenius"), ("sharpness/sam", "SAM sharpness"),
        ("sharpness/average", "average sharpness"), ("sharpness/average_adaptive", "adaptive average"),
    ]

    /// The measures that a run asked for.
    public init(_ record: RunRecord) {
        var measures: [Measure] = []
        func add(_ list: [(path: String, title: String)]) {
            for (path, title) in list where record.variants.contains(where: { $0.scalar(path) != nil }) {
                let unit = record.variants.compactMap { $0.scalar(path)?.units }.first ?? "1"
                measures.append(
                    Measure(title: title, unit: unit, cells: record.variants.map { Summary.cell($0.scalar(path)) }))
            }
        }
        add(Summary.scalars)
        for (path, title) in [("curvature/eigenvalues", "λ max"), ("curvature/eigenvalues_smallest", "λ min")]
        where record.variants.contains(where: { $0.array(path) != nil }) {
            measures.append(
                Measure(title: title, unit: "loss", cells: record.variants.map { Summary.cell($0.array(path)) }))
        }
        add(Summary.curvature)
        self.measures = measures
    }

    private static func cell(_ scalar: ScalarRecord?) -> Cell {
        guard let scalar else { return Cell() }
        switch scalar.status {
        case .pending: return Cell(text: "pending")
        case .failed: return Cell(text: "failed")
        case .done:
            let error = scalar.standardError
            return Cell(
                value: scalar.value, error: error,
                text: Number.text(scalar.value) + (error.isFinite ? " ± \(Number.error(error))" : ""))
        }
    }

    private static func cell(_ array: ArrayRecord?) -> Cell {
        guard let array, let value = array.values.first else { return Cell() }
        switch array.status {
        case .pending: return Cell(text: "pending")
        case .failed: return Cell(text: "failed")
        case .done:
            let residual = array.companions.first { $0.name.hasPrefix("residuals") }?.values.first ?? .nan
            let converged = array.companions.first { $0.name.hasPrefix("converged") }?.values.first == 1
            return Cell(
                value: value, error: abs(residual * value), note: converged ? "" : "not converged",
                text: Number.text(value))
        }
    }
}
