import Archive
import Foundation

/// Numbers for people: four significant digits, a true minus sign, an en dash for what is missing.
public enum Number {
    /// A value.
    public static func text(_ value: Double) -> String { text(value, plainFrom: 1e-3) }

    /// With an exponent below `smallest` and from 1e5 on.
    private static func text(_ value: Double, plainFrom smallest: Double) -> String {
        if value.isNaN { return "–" }
        if value.isInfinite { return value < 0 ? "−∞" : "∞" }
        let isPlain = value == 0 || (abs(value) >= smallest && abs(value) < 1e5)
        var text = String(format: isPlain ? "%.4g" : "%.3e", value)
        // %g leaves zeros at the end away, %e does not.
        if !isPlain, let exponent = text.firstIndex(of: "e"), text[..<exponent].contains(".") {
            let mantissa = text[..<exponent].reversed().drop { $0 == "0" }.drop { $0 == "." }.reversed()
            text = String(mantissa) + text[exponent...]
        }
        return text.replacingOccurrences(of: "-", with: "−")
    }

    /// A share as a percentage of two digits.
    public static func percent(_ share: Double) -> String {
        "\(text(Double(String(format: "%.2g", 100 * share)) ?? .nan)) %"
    }

    /// A text in which no line ends between a number and its percent sign.
    static func bound(_ text: String) -> String { text.replacingOccurrences(of: " %", with: "\u{A0}%") }

    /// A standard error needs two digits; it is written like its value, which has one or two orders of magnitude more.
    public static func error(_ value: Double) -> String {
        value.isFinite ? text(Double(String(format: "%.2g", value)) ?? value, plainFrom: 1e-4) : "–"
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
        /// Whether it belongs to a block of parameters.
        public var isOfBlock = false
    }

    /// In the order of reading.
    public let measures: [Measure]

    private static let first: [(path: String, title: String)] = [("loss", "loss"), ("gradient_norm", "gradient norm")]
    /// Numbers of one matrix, below its group.
    private static let curvature: [(name: String, title: String)] = [
        ("eigenvalues", "λ max"), ("eigenvalues_smallest", "λ min"), ("trace", "trace"),
        ("trace_per_parameter", "trace / n"),
        ("frobenius", "Frobenius norm"), ("trace_to_frobenius", "trace / Frobenius"),
        ("trace_positive", "positive trace"), ("trace_negative", "negative trace"),
        ("negative_mass", "negative mass"), ("effective_rank", "effective rank"), ("stable_rank", "stable rank"),
        ("preconditioned_sharpness", "λ max / Adam"),
    ]
    /// Short titles of the measures of sharpness, by name.
    private static let sharpness: [String: String] = [
        "sam": "SAM sharpness", "m_sharpness": "m-sharpness", "asam": "ASAM", "asam_filter": "ASAM, rows",
        "average": "average sharpness", "average_adaptive": "adaptive average",
        "average_uniform": "average, uniform", "average_adaptive_uniform": "adaptive, uniform",
        "worst_l2": "worst case l2", "worst_l2_adaptive": "adaptive worst l2", "worst_linf": "worst case l∞",
        "worst_linf_adaptive": "adaptive worst l∞", "keskar": "Keskar", "keskar_subspace": "Keskar, subspace",
        "lpf": "low-pass loss", "lpf_filter": "low-pass, rows", "local_entropy": "local entropy",
        "pac_bayes": "PAC-Bayes σ", "pac_bayes_magnitude": "PAC-Bayes σ, rel.", "quadratic_form": "θᵀHθ",
        "fisher_rao": "Fisher-Rao norm", "relative_flatness": "relative flatness", "critical": "critical sharpness",
        "effective_smoothness": "smoothness along g", "llc": "LLC",
    ]

    /// The short title of a measure of sharpness.
    static func title(ofMeasure name: String) -> String { sharpness[name] ?? name }

    /// The measures that a run asked for.
    public init(_ record: RunRecord) {
        var measures: [Measure] = []
        func add(_ path: String, _ title: String) {
            if record.variants.contains(where: { $0.scalar(path) != nil }) {
                let unit = record.variants.compactMap { $0.scalar(path)?.units }.first ?? "1"
                measures.append(
                    Measure(title: title, unit: unit, cells: record.variants.map { Summary.cell($0.scalar(path)) }))
            } else if record.variants.contains(where: { $0.array(path) != nil }) {
                let unit = record.variants.compactMap { $0.array(path)?.units }.first ?? "1"
                measures.append(
                    Measure(title: title, unit: unit, cells: record.variants.map { Summary.cell($0.array(path)) }))
            }
        }
        for (path, title) in Summary.first { add(path, title) }
        for group in Summary.groups(record) {
            let prefix = Summary.title(of: group)
            let start = measures.count
            for (name, title) in Summary.curvature { add("\(group)/\(name)", prefix + title) }
            if Summary.block(of: group) != nil { for i in start..<measures.count { measures[i].isOfBlock = true } }
        }
        var names: [String] = []
        for path in record.variants.flatMap({ $0.scalars.map(\.path) }) where path.hasPrefix("sharpness/") {
            let name = String(path.dropFirst("sharpness/".count))
            if !names.contains(name) { names.append(name) }
        }
        for name in names { add("sharpness/\(name)", Summary.title(ofMeasure: name)) }
        self.measures = measures
    }

    /// The groups of curvature numbers, in the order of the file: the Hessian's, other matrices', blocks'.
    static func groups(_ record: RunRecord) -> [String] {
        var groups: [String] = []
        for path in record.variants.flatMap({ $0.arrays.map(\.path) + $0.scalars.map(\.path) }) {
            let group = path.split(separator: "/").dropLast().joined(separator: "/")
            guard group.hasPrefix("curvature"), !group.hasSuffix("/density"), !group.hasSuffix("/diagonal"),
                !groups.contains(group)
            else { continue }
            groups.append(group)
        }
        // The whole matrix before its blocks, the Hessian before the others.
        return groups.sorted { ($0.split(separator: "/").count, $0) < ($1.split(separator: "/").count, $1) }
    }

    /// The block of parameters that a group's numbers belong to; `nil` for all parameters.
    static func block(of group: String) -> String? {
        let pieces = group.split(separator: "/").map(String.init)
        guard let position = pieces.firstIndex(of: "blocks"), position + 1 < pieces.count else { return nil }
        return pieces[(position + 1)...].joined(separator: "/")
    }

    /// The matrix of a group: "" for the Hessian, else its name in the file.
    static func matrix(of group: String) -> String {
        let first = group.split(separator: "/").dropFirst().first.map(String.init) ?? ""
        return first == "blocks" ? "" : first
    }

    /// What stands before a title to tell a group from the Hessian's over all parameters.
    static func title(of group: String) -> String {
        let pieces = group.split(separator: "/").dropFirst().map(String.init)
        guard let first = pieces.first else { return "" }
        let matrices = ["ggn": "GGN", "residual": "H − G", "fisher": "Fisher"]
        let matrix = matrices[first].map { "\($0) " } ?? ""
        return block(of: group).map { "\($0): \(matrix)" } ?? matrix
    }

    /// A number of a variant, or the first of an array.
    static func cell(_ variant: VariantRecord, _ path: String) -> Cell {
        variant.scalar(path).map { cell($0) } ?? cell(variant.array(path))
    }

    private static func cell(_ scalar: ScalarRecord?) -> Cell {
        guard let scalar else { return Cell() }
        switch scalar.status {
        case .pending: return Cell(text: "pending")
        case .failed: return Cell(text: "failed")
        case .done where scalar.undefinedReason != nil:
            return Cell(note: scalar.undefinedReason ?? "", text: "not defined")
        case .done, .interpolated:
            let error = scalar.standardError
            return Cell(
                value: scalar.value, error: error, note: scalar.chainNote ?? "",
                text: Number.text(scalar.value) + (error.isFinite ? " ± \(Number.error(error))" : ""))
        }
    }

    private static func cell(_ array: ArrayRecord?) -> Cell {
        guard let array, let value = array.values.first else { return Cell() }
        switch array.status {
        case .pending: return Cell(text: "pending")
        case .failed: return Cell(text: "failed")
        case .done, .interpolated:
            let (residual, isConverged) = (array.residuals[0], array.isConverged[0])
            return Cell(
                value: value, error: abs(residual * value), note: isConverged ? "" : "not converged",
                text: Number.text(value))
        }
    }
}
