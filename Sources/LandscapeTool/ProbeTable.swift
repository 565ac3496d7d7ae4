import Archive
import Foundation

/// The results as a table for people.
struct ProbeTable {
    let record: RunRecord

    init(_ record: RunRecord) { self.record = record }

    func text() -> String {
        var rows: [[String]] = [[""] + record.variants.map(\.name)]
        func add(_ title: String, _ cell: (VariantRecord) -> String?) {
            let cells = record.variants.map { cell($0) }
            if cells.contains(where: { $0 != nil }) { rows.append([title] + cells.map { $0 ?? "" }) }
        }
        func scalar(_ path: String) -> (VariantRecord) -> String? {
            { variant in
                guard let scalar = variant.scalar(path) else { return nil }
                switch scalar.status {
                case .pending: return "pending"
                case .failed: return "failed"
                case .done:
                    let error = scalar.standardError
                    return Format.number(scalar.value) + (error.isNaN ? "" : " ± \(Format.error(error))")
                }
            }
        }
        func end(_ spectrum: @escaping (VariantRecord) -> ArrayRecord?) -> (VariantRecord) -> String? {
            { variant in
                guard let spectrum = spectrum(variant), let value = spectrum.values.first else { return nil }
                switch spectrum.status {
                case .pending: return "pending"
                case .failed: return "failed"
                case .done: return Format.number(value) + (spectrum.isConverged.first == true ? "" : " (not converged)")
                }
            }
        }
        add("loss", scalar("loss"))
        add("gradient norm", scalar("gradient_norm"))
        add("λ max", end { $0.largestEigenvalues })
        add("λ min", end { $0.smallestEigenvalues })
        add("trace", scalar("curvature/trace"))
        add("Frobenius norm", scalar("curvature/frobenius"))
        add("trace / Frobenius", scalar("curvature/trace_to_frobenius"))
        add("SAM sharpness", scalar("sharpness/sam"))
        add("average sharpness", scalar("sharpness/average"))
        add("  adaptive", scalar("sharpness/average_adaptive"))
        return Table.text(rows)
    }
}

/// Columns of equal width: the first flush left, the others flush right.
enum Table {
    static func text(_ rows: [[String]], flushLeft: Set<Int> = [0]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return flushLeft.contains(column) ? cell + padding : padding + cell
            }.joined(separator: "  ").trimmingTrailingSpace()
        }.joined(separator: "\n")
    }
}

extension String {
    fileprivate func trimmingTrailingSpace() -> String {
        var text = self
        while text.last == " " { text.removeLast() }
        return text
    }
}

extension VariantRecord {
    /// The upper end of the Hessian's spectrum, descending.
    var largestEigenvalues: ArrayRecord? { array("curvature/eigenvalues") }
    /// The lower end, ascending.
    var smallestEigenvalues: ArrayRecord? { array("curvature/eigenvalues_smallest") }
}

extension ArrayRecord {
    private func companion(prefix: String) -> [Double] {
        companions.first { $0.name.hasPrefix(prefix) }?.values ?? values.map { _ in .nan }
    }
    /// Relative residuals of eigenvalues.
    var residuals: [Double] { companion(prefix: "residuals") }
    /// Which eigenvalues converged.
    var isConverged: [Bool] { companion(prefix: "converged").map { $0 == 1 } }
}
