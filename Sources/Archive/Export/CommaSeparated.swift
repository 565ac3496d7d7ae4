import Foundation

/// Lines, planes and volumes as text, one row for each point, for spreadsheets and programs without HDF5.
public enum CommaSeparated {
    /// `t`, or `x` and `y`, or `x`, `y` and `z`; every column; `status`. Numbers as short as they can be read back exactly, NaN empty.
    public static func text(_ grid: GridRecord) -> String {
        table(
            grid.kind.axes + grid.columns.map(\.name),
            rows: grid.status.indices.map { index in grid.position(index) + grid.columns.map { $0.values[index] } },
            grid.status)
    }

    /// Every scalar and every element of every array of all variants.
    public static func scalars(_ record: RunRecord) -> String {
        var text = "variant,path,index,value,standard_error,status\n"
        for variant in record.variants {
            let name = quoted(variant.name)
            for scalar in variant.scalars {
                text +=
                    "\(name),\(quoted(scalar.path)),,\(number(scalar.value)),\(number(scalar.standardError)),\(scalar.status)\n"
            }
            for array in variant.arrays {
                for (index, value) in array.values.enumerated() {
                    text += "\(name),\(quoted(array.path)),\(index),\(number(value)),,\(array.status)\n"
                }
            }
        }
        return text
    }

    private static func table(_ header: [String], rows: [[Double]], _ status: [ItemStatus]) -> String {
        var text = (header + ["status"]).map(quoted).joined(separator: ",") + "\n"
        for (row, status) in zip(rows, status) { text += row.map(number).joined(separator: ",") + ",\(status)\n" }
        return text
    }

    private static func number(_ value: Double) -> String {
        value.isNaN ? "" : value.isInfinite ? (value > 0 ? "inf" : "-inf") : "\(value)"
    }

    private static func quoted(_ text: String) -> String {
        // By code points: a quote with an accent upon it, or a line end of two bytes, is another Character.
        text.unicodeScalars.contains(where: { ",\"\n\r".unicodeScalars.contains($0) })
            ? "\"" + text.replacingOccurrences(of: "\"", with: "\"\"", options: .literal) + "\"" : text
    }
}
