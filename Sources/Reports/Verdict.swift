import Archive
import Foundation

/// What a comparison of a variant with the first one says, in sentences that carry their evidence.
struct Verdict {
    /// The variant.
    let variant: String
    /// What it is compared with.
    let reference: String
    /// One sentence for each kind of number.
    let statements: [String]

    /// A comparison for each further variant that has something to be compared.
    static func all(_ record: RunRecord) -> [Verdict] {
        guard let reference = record.variants.first else { return [] }
        return record.variants.dropFirst().compactMap { variant in
            let builder = VerdictBuilder(record: record, reference: reference, variant: variant)
            let statements = builder.statements()
            return statements.isEmpty
                ? nil : Verdict(variant: variant.name, reference: reference.name, statements: statements)
        }
    }
}

/// Makes the sentences of one comparison.
private struct VerdictBuilder {
    let record: RunRecord
    let reference: VariantRecord
    let variant: VariantRecord

    func statements() -> [String] {
        [loss(), largest(), trace(), sharpness()].compactMap { $0 }
    }

    private func text(_ value: Double) -> String { Number.text(value) }

    private func interval(_ low: Double, _ high: Double) -> String { "[\(text(low)), \(text(high))]" }

    /// A paired interval where there is one, else the standard errors of both.
    private func loss() -> String? {
        guard let a = reference.scalar("loss"), let b = variant.scalar("loss"), a.value.isFinite, b.value.isFinite
        else { return nil }
        let lead = "Its loss is \(text(b.value)), that of \(reference.name) \(text(a.value))"
        if variant.source == reference.source, let found = Comparison.loss(variant) {
            let range = "difference \(text(found.difference)) \(interval(found.low, found.high)), windows paired"
            return found.isEvident
                ? "\(lead): \(found.difference < 0 ? "lower" : "higher") (\(range))."
                : "\(lead): these windows do not tell which is lower (\(range))."
        }
        guard
            let found = PairedInterval(
                difference: b.value - a.value, error: hypot(a.standardError, b.standardError),
                samples: min(a.samples, b.samples))
        else { return "\(lead); the error of the difference is not known." }
        let range =
            "difference \(text(found.difference)) \(interval(found.low, found.high)) from the standard errors of both, not paired"
        return found.isEvident
            ? "\(lead): \(found.difference < 0 ? "lower" : "higher") (\(range))."
            : "\(lead): not told apart (\(range))."
    }

    /// λ with its residual, where it converged.
    private func eigenvalue(_ variant: VariantRecord) -> (value: Double, error: Double)? {
        guard let array = variant.largestEigenvalues, array.status == .done, array.isConverged.first == true,
            let value = array.values.first, value.isFinite, let residual = array.residuals.first
        else { return nil }
        return (value, abs(residual * value))
    }

    private func largest() -> String? {
        guard let a = eigenvalue(reference), let b = eigenvalue(variant), a.value > a.error else {
            guard variant.largestEigenvalues?.status == .done else { return nil }
            return
                "Its λ max is not compared: one of the two did not converge, or that of \(reference.name) is not positive."
        }
        let ratio = b.value / a.value
        let ends = [
            (b.value - b.error) / (a.value + a.error), (b.value + b.error) / (a.value - a.error),
        ]
        return
            "Its λ max is \(text(ratio)) \(interval(ends[0], ends[1])) times that of \(reference.name) (\(text(b.value)) against \(text(a.value)); the interval is what the residuals allow, on these windows)\(control { eigenvalue($0).map { $0.value / a.value } })."
    }

    private func trace() -> String? {
        guard let a = reference.scalar("curvature/trace"), let b = variant.scalar("curvature/trace"),
            a.status == .done, b.status == .done, a.value.isFinite, b.value.isFinite
        else { return nil }
        // A ratio means something where its divisor is known to be positive.
        guard a.value > 2 * a.standardError else {
            return
                "Its trace is \(text(b.value)) ± \(Number.error(b.standardError)), that of \(reference.name) \(text(a.value)) ± \(Number.error(a.standardError)): no ratio, since the latter is not clearly positive."
        }
        let ratio = b.value / a.value
        let error = abs(ratio) * hypot(b.standardError / b.value, a.standardError / a.value)
        guard let found = PairedInterval(difference: ratio, error: error, samples: min(a.samples, b.samples)) else {
            return "Its trace is \(text(ratio)) times that of \(reference.name); the error is not known."
        }
        let verdict = found.low > 1 ? "larger" : found.high < 1 ? "smaller" : "not told apart"
        return
            "Its trace is \(text(ratio)) \(interval(found.low, found.high)) times that of \(reference.name): \(verdict) (95 %, from the probes' standard errors)\(control { $0.scalar("curvature/trace").flatMap { $0.status == .done && $0.value.isFinite ? $0.value / a.value : nil } })."
    }

    /// Which measures of sharpness are clearly lower or higher.
    private func sharpness() -> String? {
        let found = Comparison.measures(record).filter { $0.title != "loss" }.compactMap { measure in
            measure.intervals.first { $0.variant == variant.name }.map { (measure.title, $0.interval) }
        }
        guard !found.isEmpty else { return nil }
        let lower = found.filter { $0.1.high < 0 }.map(\.0)
        let higher = found.filter { $0.1.low > 0 }.map(\.0)
        let open = found.filter { !$0.1.isEvident }.map(\.0)
        let parts = [("lower", lower), ("higher", higher), ("undecided", open)].compactMap { word, names in
            names.isEmpty ? nil : "\(word): \(names.joined(separator: ", "))"
        }
        return
            "Of \(found.count) measures of sharpness with paired errors, \(lower.count) are lower than those of \(reference.name) and \(higher.count) higher, by 95 % intervals (\(parts.joined(separator: "; "))). They are not independent, and \(found.count) intervals at once err together more often than 5 %."
    }

    /// What the variants that only shrink or only add noise give at the same α.
    private func control(_ ratio: (VariantRecord) -> Double?) -> String {
        guard variant.kind == "sff", let alpha = variant.alpha else { return "" }
        let words = record.variants.compactMap { other -> String? in
            guard other.alpha == alpha, other.source == variant.source,
                ["shrink", "gaussian", "perturb"].contains(other.kind),
                let value = ratio(other)
            else { return nil }
            return "\(other.name) alone gives \(text(value))"
        }
        return words.isEmpty ? "" : "; \(words.joined(separator: ", "))"
    }
}
