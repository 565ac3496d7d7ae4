import Foundation

/// Chains of draws step by step: what each saw, thin, and its running mean after the burn-in, thick. Chains that have settled have
/// running means that meet.
public struct ChainFigure: Figure {
    /// The chains at one variant's weights.
    public struct Panel: Sendable {
        /// The variant.
        public let title: String
        /// What the diagnostics say, in a line.
        public let note: String
        /// One array per chain, all of one length; NaN is a gap.
        public let chains: [[Double]]
        /// Steps that do not count.
        public let burnIn: Int
        /// The mean over all chains after the burn-in.
        public let value: Double

        /// Chains with their estimate.
        public init(title: String, note: String, chains: [[Double]], burnIn: Int, value: Double) {
            self.title = title
            self.note = note
            self.chains = chains
            self.burnIn = burnIn
            self.value = value
        }

        /// Step, value, running mean (a gap before the first draw that counts).
        func rows(_ chain: Int) -> [[Double]] {
            var sum = 0.0
            return chains[chain].enumerated().map { step, value in
                guard step >= burnIn else { return [Double(step), value, .nan] }
                sum += value
                return [Double(step), value, sum / Double(step - burnIn + 1)]
            }
        }
    }

    /// See ``Figure/name``.
    public let name: String
    /// In the order of the comparison.
    public let panels: [Panel]
    /// The label of the vertical axis.
    public let quantity: String

    /// A figure of one panel per variant.
    public init(name: String, panels: [Panel], quantity: String) {
        self.name = name
        self.panels = panels
        self.quantity = quantity
    }

    /// See ``Figure/alternative``.
    public var alternative: String {
        "\(quantity) along chains of draws for "
            + panels.map { $0.note.isEmpty ? $0.title : "\($0.title) (\($0.note))" }.joined(separator: ", ") + "."
    }

    /// See ``Figure/script()``.
    public func script() -> String {
        let (panelHeight, top, bottom) = (4.2, 0.75, 0.45)
        let foot = 0.75
        let height = Double(panels.count) * (panelHeight + top + bottom) + foot
        let longest = panels.flatMap { $0.chains.map(\.count) }.max() ?? 1
        var data = ""
        var body =
            "set multiplot\nset border 3; set tics nomirror out; set xrange [0:\(max(1, longest - 1))]\n"
            + "set key at screen 0.785,\(Gnuplot.number(1 - top / height)) left top Left reverse samplen 2.5 noenhanced\n"
        for (index, panel) in panels.enumerated() {
            var plots: [String] = []
            for chain in panel.chains.indices {
                data += Gnuplot.block("p\(index)c\(chain)", panel.rows(chain))
                // Two hexadecimal digits of transparency before the colour.
                let thin = "('#a0'.\(Palette.colour(chain))[2:7])"
                plots.append("$p\(index)c\(chain) using 1:2 with lines lc rgb \(thin) lw 0.5 notitle")
            }
            for chain in panel.chains.indices {
                let title = index == 0 ? "title 'chain \(chain + 1)'" : "notitle"
                plots.append(
                    "$p\(index)c\(chain) using 1:3 with lines lc rgb \(Palette.colour(chain)) lw 2 dt \(chain % 4 + 1) \(title)"
                )
            }
            if panel.value.isFinite {
                plots.append(
                    "\(Gnuplot.number(panel.value)) with lines lc rgb ink lw 1 dt 3 \(index == 0 ? "title 'estimate'" : "notitle")"
                )
            }
            let y1 = height - Double(index) * (panelHeight + top + bottom) - top
            let isLast = index + 1 == panels.count
            let words = panel.note.isEmpty ? panel.title : "\(Gnuplot.label(panel.title, limit: 24)): \(panel.note)"
            body += """
                \(Gnuplot.margins(left: 0.115, right: 0.76, bottom: (y1 - panelHeight) / height, top: y1 / height))
                set title \(Gnuplot.quote(words)) noenhanced offset 0,-0.5
                set ylabel \(Gnuplot.quote(quantity)) noenhanced
                \(isLast ? "set format x '%g'; set xlabel 'step'" : "set format x ''; unset xlabel")
                set object 1 rect from 0, graph 0 to \(panel.burnIn), graph 1 fc rgb shade fs solid noborder behind
                \(index > 0 ? "unset key" : "")
                plot \(plots.joined(separator: ", \\\n     "))

                """
        }
        body += "unset multiplot"
        return FigurePage.script(name, width: FigurePage.page, height: height, data: data, body: body)
    }
}
