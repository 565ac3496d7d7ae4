import Foundation

/// How a training run went: the loss of every step, its mean over each epoch and the validation loss; below, the norm of the gradient.
public struct TrainingFigure: Figure {
    /// One phase of a run; those of one run follow each other.
    public struct Phase: Sendable {
        /// What is trained.
        public let title: String
        /// The loss of each step.
        public let losses: [Double]
        /// The gradient's norm at each step; may be empty.
        public let gradientNorms: [Double]
        /// The last step of each epoch (from 1), the epoch's mean loss, the validation loss after it (NaN where there is none), and
        /// whether its weights were taken.
        public let epochs: [(step: Int, training: Double, validation: Double, isBest: Bool)]

        /// A phase.
        public init(
            title: String, losses: [Double], gradientNorms: [Double],
            epochs: [(step: Int, training: Double, validation: Double, isBest: Bool)]
        ) {
            self.title = title
            self.losses = losses
            self.gradientNorms = gradientNorms
            self.epochs = epochs
        }
    }

    /// See ``Figure/name``.
    public let name: String
    /// In the order of training.
    public let phases: [Phase]
    /// What the validation loss is.
    public let validation: String

    /// A figure of a run.
    public init(name: String, phases: [Phase], validation: String) {
        self.name = name
        self.phases = phases
        self.validation = validation
    }

    /// See ``Figure/alternative``.
    public var alternative: String {
        let parts = phases.map { phase -> String in
            let (first, last) = (phase.losses.first ?? .nan, phase.losses.last ?? .nan)
            return
                "\(phase.title): \(phase.losses.count) steps, loss from \(Gnuplot.coordinate(first)) to \(Gnuplot.coordinate(last))"
        }
        return "Loss and norm of the gradient over the steps of training. \(parts.joined(separator: "; "))."
    }

    /// See ``Figure/script()``.
    public func script() -> String {
        var steps: [[Double]] = []
        var norms: [[Double]] = []
        var epochs: [[Double]] = []
        var best: [[Double]] = []
        var borders: [(step: Int, title: String)] = []
        var start = 0
        for phase in phases {
            borders.append((start, phase.title))
            for (index, loss) in phase.losses.enumerated() {
                steps.append([Double(start + index + 1), loss])
                if index < phase.gradientNorms.count {
                    norms.append([Double(start + index + 1), phase.gradientNorms[index]])
                }
            }
            for epoch in phase.epochs {
                let row = [Double(start + epoch.step), epoch.training, epoch.validation]
                epochs.append(row)
                if epoch.isBest { best.append(row) }
            }
            start += phase.losses.count
        }
        let hasNorms = norms.contains { $0[1].isFinite && $0[1] > 0 }
        let scale = Scale((steps + epochs).flatMap { $0.dropFirst() })
        var data = Gnuplot.block("steps", steps) + Gnuplot.block("epochs", epochs)
        var plots = [
            "$steps using 1:2 with lines lc rgb faint lw 0.6 title 'each step'",
            "$epochs using 1:2 with linespoints pt 7 ps 0.5 lc rgb c0 lw 1.4 title 'mean of the epoch'",
        ]
        if epochs.contains(where: { $0[2].isFinite }) {
            plots.append(
                "$epochs using 1:3 with linespoints pt 5 ps 0.5 lc rgb c1 lw 1.4 dt 2 title \(Gnuplot.quote(validation)) noenhanced"
            )
        }
        if !best.isEmpty {
            data += Gnuplot.block("best", best)
            plots.append("$best using 1:3 with points pt 6 ps 1.5 lw 1.5 lc rgb ink title 'weights taken'")
        }
        let marks = borders.dropFirst().map {
            "set arrow from first \($0.step), graph 0 to first \($0.step), graph 1 nohead lc rgb faint dt 2 back\n"
        }.joined()
        let titles =
            borders.count < 2
            ? ""
            : borders.enumerated().map { index, border in
                "set label \(index + 1) \(Gnuplot.quote(border.title)) at first \(border.step), graph 1.04 left noenhanced tc rgb mid font small\n"
            }.joined()
        let (low, split) = (0.14, hasNorms ? 0.45 : 0.2)
        var body = """
            set multiplot
            set border 3; set tics nomirror out; set xrange [0:\(max(1, start))]
            \(marks)\(titles)\(Gnuplot.margins(left: 0.10, right: 0.76, bottom: split, top: 0.92))
            set key at screen 0.785,0.9 left top Left reverse samplen 2.5
            set ylabel \(Gnuplot.quote(scale.label("loss"))); \(scale.isLogarithmic ? "set logscale y" : "")
            \(steps.contains { $0[1].isFinite } ? "" : "set yrange [0:1]")
            \(hasNorms ? "set format x ''" : "set xlabel 'step'")
            plot \(plots.joined(separator: ", \\\n     "))

            """
        if hasNorms {
            data += Gnuplot.block("norms", norms)
            body += """
                unset label; unset key; unset logscale y; set yrange [*:*]
                \(Gnuplot.margins(left: 0.10, right: 0.76, bottom: low, top: 0.38))
                \(Scale(norms.map { $0[1] }).isLogarithmic ? "set logscale y" : "")
                set ylabel 'gradient norm'; set format x '%g'; set xlabel 'step'
                plot $norms using 1:2 with lines lc rgb c2 lw 0.8

                """
        }
        body += "unset multiplot"
        return FigurePage.script(name, width: FigurePage.page, height: hasNorms ? 9.5 : 7, data: data, body: body)
    }
}
