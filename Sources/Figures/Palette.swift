import Foundation

/// The colours of variants and of surfaces.
enum Palette {
    /// Okabe & Ito's colours for all kinds of colour vision, in an order whose greys differ.
    static let variants = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#000000", "#E69F00", "#56B4E9", "#7F7F7F"]

    /// The same colours on dark paper: lighter where they would not stand out from it.
    static let variantsOnDark = [
        "#4aa3df", "#ff8a3d", "#2cc295", "#e2a3c4", "#f2f2f2", "#f0b429", "#9ad4f5", "#a6a6a6",
    ]

    /// The variable of a script that holds a variant's colour.
    static func colour(_ index: Int) -> String { "c\(index % variants.count)" }

    /// The assignments of these variables.
    static var variables: String {
        zip(variants, variantsOnDark).enumerated().map { index, pair in
            "    c\(index) = dark ? '\(pair.1)' : '\(pair.0)'"
        }.joined(separator: "; ").replacingOccurrences(of: ";     ", with: "; ")
    }

    /// Viridis at nine equally spaced points (Smith & van der Walt 2015, public domain).
    static let viridis =
        "set palette defined (0 '#440154', 1 '#472d7b', 2 '#3b528b', 3 '#2c728e', 4 '#21918c', 5 '#28ae80', 6 '#5ec962', 7 '#addc30', 8 '#fde725')"

    /// A colour bar, in fractions of the page; without a quantity only what is special about its scale is said.
    static func bar(_ scale: Scale, _ quantity: String, x: Double, y: Double, width: Double, height: Double) -> String {
        "set colorbox user origin \(x),\(y) size \(width),\(height) noborder\n"
            + "set cblabel \(Gnuplot.quote(scale.label(quantity).trimmingCharacters(in: .whitespaces)))\(quantity.isEmpty ? " font small" : ""); set cbtics nomirror out\(quantity.isEmpty ? " font small" : "")\n"
    }
}
