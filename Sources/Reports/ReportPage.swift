import Archive
import Figures
import Foundation
import Mustache

/// The page as one self-contained HTML text: no script, no request, pictures inside.
struct ReportPage {
    private let record: RunRecord
    private let figures: [DrawnFigure]
    private let failures: [FigureError]

    init(_ record: RunRecord, figures: [DrawnFigure], failures: [FigureError] = []) {
        self.record = record
        self.figures = figures
        self.failures = failures
    }

    func html() throws -> String {
        EscapedHTML.register()
        let template = try MustacheTemplate(string: EscapedHTML.pragma + ReportTemplate.text)
        return ReportPage.allowed(template.render(try content()))
    }

    /// HTML has no place for control characters, which a name or a command may hold: each becomes the sign for what has no sign.
    static func allowed(_ text: String) -> String {
        let isForbidden = { (scalar: Unicode.Scalar) in
            (scalar.value < 0x20 && scalar != "\n" && scalar != "\t") || (0x7F...0x9F).contains(scalar.value)
                || (0xFDD0...0xFDEF).contains(scalar.value) || scalar.value & 0xFFFE == 0xFFFE
        }
        guard text.unicodeScalars.contains(where: isForbidden) else { return text }
        var cleaned = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { cleaned.append(isForbidden(scalar) ? "\u{FFFD}" : scalar) }
        return String(cleaned)
    }

    private func content() throws -> [String: Any] {
        let summary = Summary(record)
        let pictures = try figures.enumerated().map { index, drawn -> [String: Any] in
            func source(_ format: FigureFormat) throws -> String {
                guard let file = drawn.files.files[format] else { preconditionFailure("\(format) was not drawn") }
                let data = try Data(contentsOf: file).base64EncodedString()
                return "data:image/\(drawn.entry.isRaster ? "png" : "svg+xml");base64,\(data)"
            }
            let isRaster = drawn.entry.isRaster
            var object: [String: Any] = [
                "number": index + 1, "title": drawn.entry.title, "caption": Number.bound(drawn.entry.caption),
                "alternative": drawn.entry.figure.alternative, "name": drawn.entry.figure.name,
                "narrow": drawn.entry.isNarrow,
                "source": try source(isRaster ? .png : .svg), "sourceDark": try source(isRaster ? .pngDark : .svgDark),
            ]
            if let space = drawn.entry.space { object["space"] = ["json": space.json, "number": "\(index + 1)"] }
            if !drawn.entry.rows.isEmpty {
                object["table"] = ["header": drawn.entry.header, "rows": drawn.entry.rows.map { ["cells": $0] }]
            }
            return object
        }
        let verdicts = Verdict.all(record)
        return [
            "hasVerdicts": !verdicts.isEmpty,
            "verdicts": verdicts.map {
                ["variant": $0.variant, "reference": $0.reference, "statements": $0.statements.map(Number.bound)]
                    as [String: Any]
            },
            "interactive": figures.contains { $0.entry.space != nil }, "scriptHash": SpaceScript.hash,
            "title": record.title, "complete": record.isComplete, "warnings": warnings().map(Number.bound),
            "hasWarnings": !warnings().isEmpty, "variants": record.variants.map(\.name),
            "measures": summary.measures.map { measure -> [String: Any] in
                [
                    "title": measure.title, "unit": measure.unit,
                    "cells": measure.cells.map { ["text": $0.text, "note": $0.note] },
                ]
            },
            "lead": lead(), "figures": pictures, "facts": facts(), "command": record.command,
            "methods": Methods.used(in: record), "manifest": record.manifestJSON,
        ]
    }

    private func attribute(_ name: String) -> String {
        guard let value = record.attributes[name] else { return "–" }
        return value.text ?? value.integer.map(String.init) ?? value.number.map(Number.text) ?? "–"
    }

    private func lead() -> String {
        "\(attribute("architecture")) with \(attribute("parameters")) parameters on \(attribute("windows")) windows of \(attribute("source")), "
            + "\(attribute("task")), loss \(attribute("loss")). The same windows, directions and probes for every variant."
    }

    private func facts() -> [[String: String]] {
        var facts = [
            ("created", record.created), ("seed", String(record.seed)), ("precision", attribute("precision")),
            ("fingerprint", record.fingerprint),
        ]
        facts += record.software.sorted { $0.key < $1.key }.map {
            ($0.key == "commit" ? "commit" : "version of \($0.key)", $0.value)
        }
        for variant in record.variants where !variant.weightsSHA256.isEmpty {
            facts.append(("SHA-256 of \(variant.name)", variant.weightsSHA256))
        }
        return facts.map { ["name": $0.0, "value": $0.1] }
    }

    private func warnings() -> [String] {
        var warnings: [String] = []
        if !record.isComplete {
            warnings.append(
                "The run is not complete: pending numbers are left out. Go on with the same command and --resume.")
        }
        warnings += record.attributes["comparison_notes"]?.texts ?? []
        warnings += failures.map { "A figure is missing: \($0)" }
        let counts = record.counts
        if counts.failed > 0 { warnings.append("\(counts.failed) numbers or points failed; they are left out.") }
        warnings += AdaptiveNote.warnings(record)
        for variant in record.variants {
            let open = variant.arrays.filter { $0.status == .done }.flatMap { array in
                array.companions.filter { $0.name.hasPrefix("converged") }.flatMap(\.values)
            }.filter { $0 != 1 }.count
            if open > 0 { warnings.append("\(variant.name): \(open) eigenvalues did not converge.") }
            for scalar in variant.scalars where scalar.status == .done {
                guard let note = scalar.chainNote else { continue }
                warnings.append(
                    "\(variant.name): the chains of the \(scalar.longName) have not settled (\(note), above 1.01).")
            }
            let losses = Array(variant.grids.compactMap { $0.column("loss") }.joined())
            let infinite = losses.filter(\.isInfinite).count
            if infinite > 0 {
                warnings.append(
                    "\(variant.name): the loss is infinite at \(infinite) points, which are holes in the figures.")
            }
            let huge = losses.filter { $0.isFinite && !Renderer.canDraw($0) }.count
            if huge > 0 {
                warnings.append(
                    "\(variant.name): the loss is beyond 1e150 at \(huge) points, which are holes in the figures.")
            }
        }
        let slices = record.variants.flatMap { $0.grids.map(\.attributes) }
        let errors = slices.compactMap { $0["precision_error_relative"]?.number }.filter(\.isFinite)
        if let largest = errors.max() {
            warnings.append(
                "Slices are in bfloat16: where it was checked, at \(slices.compactMap { $0["precision_points"]?.integer }.reduce(0, &+)) points, the loss differs from float32 by up to \(Number.text(100 * largest)) %."
            )
        }
        if let windows = record.attributes["windows"]?.integer, windows < 30 {
            warnings.append("Only \(windows) windows: standard errors are themselves uncertain.")
        }
        return warnings
    }
}

/// Short definitions of what a page shows.
enum Methods {
    private static func traceMethod(_ record: RunRecord) -> String {
        let method = record.variants.compactMap { $0.scalar("curvature/trace")?.attributes["method"]?.text }.first
        return switch method {
        case "deflated":
            "Exactly on a Krylov space, by random signs outside it (Hutchinson 1990; Chen & Hallman 2023)"
        case "hutch++": "Hutch++ (Meyer et al. 2021)"
        case "xtrace": "XTrace (Epperly, Tropp & Webber 2024)"
        default: "Hutchinson's estimator with random signs (Hutchinson 1990)"
        }
    }

    static func used(in record: RunRecord) -> [[String: String]] {
        let paths = Set(record.variants.flatMap { $0.scalars.map(\.path) + $0.arrays.map(\.path) })
        let slices = !record.variants.flatMap(\.grids).isEmpty
        let all: [(used: Bool, term: String, text: String)] = [
            (
                paths.contains("loss"), "Loss",
                "Mean over the windows in evaluation mode; standard error s/√n over windows, a lower bound where windows overlap."
            ),
            (
                paths.contains("curvature/eigenvalues"), "λ max, λ min",
                "Largest and smallest eigenvalues of the Hessian by thick-restart Lanczos with full reorthogonalisation; the residual ‖Hv − λv‖/|λ| comes from one more true product."
            ),
            (
                paths.contains("curvature/trace"), "Trace, Frobenius norm",
                "\(traceMethod(record)); Tr H/‖H‖F is the ratio of Fort & Scherlis (arXiv 1807.02581)."
            ),
            (
                paths.contains { $0.hasSuffix("/diagonal/mean") }, "Diagonal",
                "E[z ⊙ Hz] over random signs z (Bekas, Kokiopoulou & Saad 2007), summed over the entries of each parameter; exact for a diagonal matrix, else with the standard error over the probes."
            ),
            (
                paths.contains { $0.hasSuffix("density/density") }, "Spectral density",
                "Stochastic Lanczos quadrature (Ghorbani et al., arXiv 1901.10159) with full reorthogonalisation; converged outliers count as exactly one eigenvalue each."
            ),
            (
                paths.contains { $0.hasPrefix("curvature/ggn") || $0.hasPrefix("curvature/residual") }, "GGN, H − G",
                "The generalised Gauss-Newton matrix G = Jᵀ(∇²ℓ)J over the network's outputs is positive semidefinite; all negative curvature is in H − G, which grows with the errors of the fit."
            ),
            (
                paths.contains { $0.hasPrefix("curvature/fisher") }, "Fisher",
                "The empirical Fisher matrix (1/n) Σ ∇ℓᵢ∇ℓᵢᵀ over the windows."
            ),
            (
                paths.contains("curvature/preconditioned_sharpness"), "λ max / Adam",
                "λ max of P⁻¹H with Adam's diagonal P from the gradients of the batches; full-batch Adam settles at 38/η (Cohen et al., arXiv 2207.14484)."
            ),
            (
                paths.contains { $0.hasPrefix("sharpness/") }, "Sharpness",
                "Each by its published definition, which stands with its radius and source in the attributes of the number; docs/measures.md has invariances and pitfalls. The same windows and random draws for every variant. Where a gradient is not 0 the attribute first_order tells what the slope alone explains."
            ),
            (
                !Comparison.measures(record).isEmpty, "Differences",
                "Paired: the mean over windows or draws of the difference between two variants, with Student's 95 % interval. Common noise cancels, so it is far shorter than the two standard errors suggest. No correction for many comparisons."
            ),
            (
                paths.contains { $0.contains("/blocks/") }, "Blocks",
                "A diagonal block of the Hessian is the Hessian of the loss as a function of those parameters alone, the others held fixed."
            ),
            (
                record.variants.contains { $0.line("theory_sff") != nil }, "Affine bound, D(α)",
                "Were the Hessian affine along the path, λ max of the mix would be at most αλmax(H₁) + (1 − α)λmax(H₂), by convexity. D(α) = ‖H(α) − αH₁ − (1 − α)H₂‖F / ‖αH₁ + (1 − α)H₂‖F, estimated by random probes, says how far it is from that."
            ),
            (
                slices, "Slices",
                "Random directions follow Li et al. (arXiv 1712.09913), normalised once to the pre-trained weights and shared by all variants, so that pictures can be compared point by point."
            ),
            (
                record.variants.flatMap(\.planes).contains { $0.attributes["adaptive_tolerance"] != nil },
                "Adaptive planes",
                "Tensor cubic splines through the losses, or their logarithms, at chosen columns and rows; the error stated is three times the largest difference at evaluated points that the splines do not use."
            ),
            (
                record.variants.contains { $0.kind == "sff" }, "sff:α",
                "Smoothed Full Fine-tuning (arXiv 2606.08578): αθ₁ + (1 − α)θ₂ with pre-trained θ₁ and a random draw θ₂, every parameter, no buffer."
            ),
        ]
        return all.filter(\.used).map { ["term": $0.term, "text": $0.text] }
    }
}
