import Foundation

/// Which weights a comparison starts from.
///
/// θ₁ are the pre-trained weights, θ₂ a random draw from the family's own initialisation (or given weights).
public enum Variant: Sendable, Equatable {
    /// θ₁.
    case pretrained
    /// A random draw. As in the published code it is not θ₂: training from scratch uses the first draw of a model, the
    /// auxiliary of SFF the second.
    case scratch
    /// Smoothed Full Fine-tuning: α θ₁ + (1 − α) θ₂ (Zhang, Wang & Wang, ICLR 2026, arXiv 2606.08578).
    case sff(Double)
    /// α θ₁: the shrinking part of SFF alone.
    case shrink(Double)
    /// θ₁ + (1 − α)(θ₂ − E θ₂): the random part of SFF alone.
    case perturb(Double)
    /// θ₁ plus Gaussian noise with, in every parameter, the norm of SFF's displacement (1 − α)‖θ₂ − θ₁‖.
    case gaussian(Double)
    /// NoisyTune (Wu et al., ACL 2022, arXiv 2202.12024): θ₁ + U(−λ/2, λ/2) · std(W) for every parameter W.
    case noisytune(Double)
    /// Weights of the same architecture from a file.
    case file(String)

    /// A text that names no variant.
    public struct ParsingError: Error, CustomStringConvertible, Sendable {
        /// What was found and what is allowed.
        public let description: String
    }

    /// Parses `sff:0.7` and the like.
    public init(_ text: String) throws(ParsingError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        func number(_ name: String, in range: ClosedRange<Double>) throws(ParsingError) -> Double {
            guard parts.count == 2, let value = Double(parts[1]), range.contains(value) else {
                throw ParsingError(
                    description:
                        "variant '\(text)': '\(parts[0])' needs a number between \(range.lowerBound) and \(range.upperBound), such as \(parts[0]):\(name)"
                )
            }
            return value
        }
        switch parts[0] {
        case "pretrained" where parts.count == 1: self = .pretrained
        case "scratch" where parts.count == 1: self = .scratch
        case "sff": self = .sff(try number("0.7", in: 0...1))
        case "shrink": self = .shrink(try number("0.7", in: 0...1))
        case "perturb": self = .perturb(try number("0.7", in: 0...1))
        case "gaussian": self = .gaussian(try number("0.7", in: 0...1))
        case "noisytune": self = .noisytune(try number("0.15", in: 0...10))
        case "file" where parts.count == 2 && !parts[1].isEmpty: self = .file(parts[1])
        default:
            throw ParsingError(
                description:
                    "'\(text)' is no variant; known are pretrained, scratch, sff:α, shrink:α, perturb:α, gaussian:α, "
                    + "noisytune:λ and file:PATH")
        }
    }

    /// Parses a comma-separated list without repetitions.
    public static func list(_ text: String) throws(ParsingError) -> [Variant] {
        var variants: [Variant] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let variant = try Variant(part.trimmingCharacters(in: .whitespaces))
            guard !variants.contains(variant) else {
                throw ParsingError(description: "variant '\(variant.name)' is listed twice")
            }
            variants.append(variant)
        }
        return variants
    }

    /// The kind without its parameter.
    public var kind: String {
        switch self {
        case .pretrained: "pretrained"
        case .scratch: "scratch"
        case .sff: "sff"
        case .shrink: "shrink"
        case .perturb: "perturb"
        case .gaussian: "gaussian"
        case .noisytune: "noisytune"
        case .file: "file"
        }
    }

    /// α, or λ of NoisyTune.
    public var parameter: Double? {
        switch self {
        case .sff(let value), .shrink(let value), .perturb(let value), .gaussian(let value), .noisytune(let value):
            value
        case .pretrained, .scratch, .file: nil
        }
    }

    /// The name in tables and files, such as `sff:0.7`.
    public var name: String {
        if case .file(let path) = self { return "file:\(path)" }
        return parameter.map { "\(kind):\(Variant.format($0))" } ?? kind
    }

    private static func format(_ value: Double) -> String {
        value == value.rounded() && abs(value) < 1e6 ? String(Int(value)) : String(value)
    }

    /// Where the variant lies on the path from θ₂ (0) to θ₁ (1), if it does.
    public var positionOnPath: Double? {
        switch self {
        case .pretrained: 1
        case .sff(let α): α
        default: nil
        }
    }
}
