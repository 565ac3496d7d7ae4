import Archive
import Figures
import Foundation

extension FigureSelection {
    /// What the theory of smoothing says, measured on the path and at its controls.
    static func theory(_ record: RunRecord) -> [Entry] {
        guard let holder = record.variants.first(where: { $0.line("theory_sff") != nil }),
            let path = holder.line("theory_sff"), let bound = path.column("bound"),
            let defect = path.column("defect"), defect.contains(where: \.isFinite)
        else { return [] }
        let lines = [
            ("αθ₁ + (1 − α)θ₂", "theory_sff"), ("shrunk: αθ₁", "theory_shrink"),
            ("equal noise", "theory_noise"),
        ].compactMap { title, name in holder.line(name).map { (title, $0) } }
        let curves = lines.map { title, line -> TheoryFigure.Curve in
            func column(_ name: String) -> [Double] { line.column(name) ?? line.t.map { _ in .nan } }
            func series(_ name: String, residual: String) -> TheoryFigure.Series {
                let values = column(name)
                return TheoryFigure.Series(
                    values: values, errors: zip(values, column(residual)).map { abs($0 * $1) })
            }
            let (trace, norm) = (column("trace"), column("frobenius"))
            return TheoryFigure.Curve(
                title: title, t: line.t,
                series: [
                    .loss: TheoryFigure.Series(values: column("loss"), errors: column("standard_error")),
                    .largest: series("lambda_max", residual: "lambda_max_residual"),
                    .smallest: series("lambda_min", residual: "lambda_min_residual"),
                    .trace: TheoryFigure.Series(values: trace, errors: column("trace_error")),
                    .traceRatio: TheoryFigure.Series(
                        values: zip(trace, norm).map { $0 / $1 },
                        errors: zip(column("trace_error"), norm).map { $0 / $1 }),
                ])
        }
        let marks = record.variants.filter { $0.source == holder.source }
            .compactMap { $0.attributes["position_on_path"]?.number }.filter { $0 > 0 && $0 < 1 }
        let figure = TheoryFigure(
            name: "theory", curves: curves, bound: bound,
            defect: TheoryFigure.Series(
                values: defect, errors: path.column("defect_error") ?? defect.map { _ in .nan }),
            marks: marks)
        let largest = path.column("lambda_max") ?? []
        let above = zip(path.t, zip(largest, bound)).filter { $1.0 > $1.1 * 1.001 }.map { Number.text($0.0) }
        let worst = defect.filter(\.isFinite).max() ?? .nan
        let verdict =
            "The Hessian of the mix differs from the mix of the Hessians by up to \(Number.text(worst)) of its Frobenius norm"
            + (above.isEmpty
                ? ", and λ max stays below the affine bound."
                : "; λ max exceeds the affine bound at α = \(above.joined(separator: ", ")).")
        return [
            Entry(
                figure: figure, title: "The path of smoothing: loss and curvature",
                caption:
                    "From the random draw (α = 0) to the pre-trained weights (α = 1), with two controls: shrinking alone, and noise of the same size alone. Dashed: the variants compared. Dotted: the bound αλmax(H₁) + (1 − α)λmax(H₂) that an affine Hessian would obey. \(verdict) Bands: residual of eigenvalues, one standard error elsewhere.",
                header: ["α", "loss", "λ max", "bound", "λ min", "trace", "D(α)", "λ max, shrinking", "λ max, noise"],
                rows: path.t.indices.map { index in
                    func text(_ line: String, _ column: String) -> String {
                        Number.text(holder.line(line)?.column(column)?[index] ?? .nan)
                    }
                    return [
                        Number.text(path.t[index]), text("theory_sff", "loss"), text("theory_sff", "lambda_max"),
                        text("theory_sff", "bound"), text("theory_sff", "lambda_min"), text("theory_sff", "trace"),
                        text("theory_sff", "defect"),
                        text("theory_shrink", "lambda_max"), text("theory_noise", "lambda_max"),
                    ]
                })
        ]
    }

    /// |λmin/λmax| over a plane or along a line.
    static func convexity(_ record: RunRecord) -> [Entry] {
        let found = record.variants.compactMap { variant in variant.plane("convexity").map { (variant.name, $0) } }
        let panels = found.compactMap { title, plane -> PlanePanel? in
            guard let ratio = plane.column("ratio"), ratio.contains(where: \.isFinite) else { return nil }
            return PlanePanel(title: title, x: plane.x, y: plane.y, loss: ratio)
        }
        guard !panels.isEmpty else { return [] }
        let caption =
            "|λ min / λ max| of the Hessian at every point: 0 where the loss is convex, 1 where negative curvature is as strong as positive (Li et al. 2018). The same axes for every variant. Cross: the variant's own weights; triangle: the smallest ratio."
        let header = ["variant", "least", "greatest", "centre"]
        let rows = found.compactMap { title, plane -> [String]? in
            guard let ratio = plane.column("ratio") else { return nil }
            let finite = ratio.filter(\.isFinite)
            return [
                title, Number.text(finite.min() ?? .nan), Number.text(finite.max() ?? .nan),
                Number.text(plane.centre.map { ratio[$0] } ?? .nan),
            ]
        }
        let drawable = panels.filter(\.isDrawable)
        guard drawable.isEmpty else {
            return [
                Entry(
                    figure: PlaneFigure(name: "convexity", panels: drawable, quantity: "|λ min / λ max|"),
                    title: "Convexity over the plane", caption: caption, isNarrow: drawable.count == 1, header: header,
                    rows: rows)
            ]
        }
        let curves = panels.map { panel in
            LineFigure.Curve(
                title: panel.title, t: panel.x.count >= panel.y.count ? panel.x : panel.y, loss: panel.loss,
                standardError: panel.loss.map { _ in .nan })
        }
        return [
            Entry(
                figure: LineFigure(
                    name: "convexity", curves: curves, xLabel: "distance along a random direction",
                    yLabel: "|λ min / λ max|"), title: "Convexity along a line", caption: caption, header: header,
                rows: rows)
        ]
    }
}
