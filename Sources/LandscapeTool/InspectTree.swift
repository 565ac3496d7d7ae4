import Archive
import Foundation
import Reports

/// What a result file holds, as a tree with the key number of every object.
struct InspectTree {
    /// One line, with what hangs on it.
    struct Branch {
        let label: String
        var text = ""
        var children: [Branch] = []
    }

    /// No line is longer, in characters.
    static let width = 110
    /// So many children of a branch are shown: blocks and experiments have hundreds.
    static let longest = 24
    /// Numbers of an array that are shown.
    private static let firstValues = 4

    let branches: [Branch]

    init(_ record: RunRecord) { branches = record.variants.map(InspectTree.variant) }

    // MARK: Objects

    private static func variant(_ variant: VariantRecord) -> Branch {
        var branch = Branch(
            label: variant.name,
            text: "\(variant.parameters) parameters, weights \(variant.weightsSHA256.prefix(12))…")
        // Folders and what is in them stand in the order of the file, folders where their first object stands.
        for scalar in variant.scalars { add(text(scalar), at: scalar.path, to: &branch) }
        for array in variant.arrays { add(text(array), at: array.path, to: &branch) }
        for kind in GridKind.allCases {
            let grids = variant.grids.filter { $0.kind == kind }
            if !grids.isEmpty { branch.children.append(Branch(label: kind.folder, children: grids.map(grid))) }
        }
        return branch
    }

    private static func add(_ text: String, at path: String, to branch: inout Branch) {
        guard let slash = path.firstIndex(of: "/") else {
            branch.children.append(Branch(label: path, text: text))
            return
        }
        let folder = String(path[..<slash])
        let rest = String(path[path.index(after: slash)...])
        if let known = branch.children.firstIndex(where: { $0.label == folder && $0.text.isEmpty }) {
            return add(text, at: rest, to: &branch.children[known])
        }
        var new = Branch(label: folder)
        add(text, at: rest, to: &new)
        branch.children.append(new)
    }

    private static func text(_ scalar: ScalarRecord) -> String {
        guard scalar.status == .done else { return "\(scalar.status)" }
        if let reason = scalar.undefinedReason { return "undefined: \(reason)" }
        var text = Number.text(scalar.value)
        if scalar.standardError.isFinite { text += " ± \(Number.error(scalar.standardError))" }
        if scalar.units != "1" { text += " \(scalar.units)" }
        if scalar.samples > 0 { text += ", \(scalar.samples) samples" }
        if scalar.attributes["converged"]?.number == 0 { text += ", not converged" }
        return text
    }

    private static func text(_ array: ArrayRecord) -> String {
        var text = "[\(array.shape.map(String.init).joined(separator: " × "))] "
        guard array.status == .done else { return text + "\(array.status)" }
        text += array.values.prefix(firstValues).map(Number.text).joined(separator: ", ")
        if array.values.count > firstValues { text += ", …" }
        if array.units != "1" { text += " \(array.units)" }
        if array.companions.contains(where: { $0.name.hasPrefix("converged") }) {
            text += ", \(array.isConverged.count { $0 }) of \(array.values.count) converged"
        }
        return text
    }

    private static func grid(_ grid: GridRecord) -> Branch {
        let done = grid.status.count { $0 == .done }
        var parts = ["\(done) of \(grid.count) points"]
        for status in [ItemStatus.interpolated, .failed, .pending] {
            let count = grid.status.count { $0 == status }
            if count > 0 { parts.append("\(count) \(status)") }
        }
        let losses = (grid.column("loss") ?? []).filter(\.isFinite)
        if let low = losses.min(), let high = losses.max() {
            parts.append("loss \(Number.text(low)) to \(Number.text(high))")
        }
        if let centre = grid.centre, let loss = grid.column("loss")?[centre] {
            parts.append("centre \(Number.text(loss))")
        }
        let size = grid.kind == .line ? "" : grid.coordinates.map { String($0.count) }.joined(separator: " × ") + ": "
        return Branch(
            label: grid.name, text: size + parts.joined(separator: ", "), children: axes(grid) + evidence(grid))
    }

    private static func axes(_ grid: GridRecord) -> [Branch] {
        zip(grid.kind.axes, grid.coordinates).map { axis, values in
            let name = grid.attributes[grid.kind == .line ? "axis" : "\(axis)_axis"]?.text
            let ends = (Number.text(values.first ?? .nan), Number.text(values.last ?? .nan))
            let range = values.count == 1 ? ends.0 : "\(ends.0) to \(ends.1)"
            return Branch(label: axis, text: range + (name.map { ", \($0)" } ?? ""))
        }
    }

    private static func evidence(_ grid: GridRecord) -> [Branch] {
        var branches: [Branch] = []
        let cosines = ["cosine", "cosine_xy", "cosine_xz", "cosine_yz"].compactMap { name in
            grid.attributes[name]?.number.map { (name.dropFirst("cosine_".count), $0) }
        }
        if !cosines.isEmpty {
            let text = cosines.map { $0.isEmpty ? Number.text($1) : "\($0) \(Number.text($1))" }
            branches.append(Branch(label: "cosine", text: text.joined(separator: ", ")))
        }
        if let tolerance = grid.attributes["adaptive_tolerance"]?.number {
            let error = Number.percent(grid.attributes["adaptive_error"]?.number ?? .nan)
            branches.append(
                Branch(
                    label: "adaptive",
                    text: "interpolated with an error of \(error) of the range, asked for \(Number.percent(tolerance))")
            )
        }
        if let error = grid.attributes["precision_error_relative"]?.number {
            branches.append(Branch(label: "bfloat16", text: "\(Number.percent(error)) from float32"))
        }
        if let marks = grid.attributes["marks"]?.texts, !marks.isEmpty {
            branches.append(Branch(label: "marks", text: marks.joined(separator: ", ")))
        }
        return branches
    }

    // MARK: Text

    /// The tree below a name, its texts aligned within each variant, no line longer than ``width``.
    func text(root: String) -> String {
        var lines = [InspectTree.cut(root)]
        for (index, branch) in branches.enumerated() {
            var rows: [(label: String, text: String)] = []
            InspectTree.rows(branch, lead: "", isLast: index == branches.count - 1, into: &rows)
            // The variant's own line has a name of any length.
            let column = min(44, rows.dropFirst().map(\.label.count).max() ?? 0)
            for (position, row) in rows.enumerated() {
                let padding = position == 0 ? 0 : max(0, column - row.label.count)
                let line =
                    row.text.isEmpty
                    ? row.label : row.label + String(repeating: " ", count: padding) + "  " + row.text
                lines.append(InspectTree.cut(line))
            }
        }
        return lines.joined(separator: "\n")
    }

    private static func rows(
        _ branch: Branch, lead: String, isLast: Bool, into rows: inout [(label: String, text: String)]
    ) {
        rows.append((lead + (isLast ? "└─ " : "├─ ") + branch.label, branch.text))
        let below = lead + (isLast ? "   " : "│  ")
        var children = branch.children
        if children.count > longest {
            let hidden = children.count - longest
            children = children.prefix(longest) + [Branch(label: "… \(hidden) more", text: "--json lists all")]
        }
        for (index, child) in children.enumerated() {
            InspectTree.rows(child, lead: below, isLast: index == children.count - 1, into: &rows)
        }
    }

    private static func cut(_ line: String) -> String {
        // A name may hold whatever a path can.
        let line = line.unicodeScalars.map { $0.properties.generalCategory == .control ? " " : String($0) }.joined()
        return line.count <= width ? line : line.prefix(width - 1) + "…"
    }
}
