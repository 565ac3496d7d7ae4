import Foundation

/// A way to fine-tune.
public enum Strategy: Sendable, Equatable {
    /// θ₁ as it is.
    case zeroShot
    /// Training from a random draw.
    case scratch
    /// Linear probing: the head drawn anew and trained, everything else fixed.
    case linearProbing
    /// Linear probing, then everything (Kumar et al., ICLR 2022, arXiv 2202.10054).
    case probingThenFull
    /// Everything from θ₁.
    case full
    /// Everything from a variant of θ₁: SFF and its controls.
    case from(Variant)
    /// Sharpness-Aware Minimisation of radius ρ from θ₁ (Foret et al., ICLR 2021, arXiv 2010.01412).
    case sam(Double)
    /// Everything from θ₁ with λ/2 ‖θ − θ₁‖² (L2-SP: Li, Grandvalet & Davoine, ICML 2018, arXiv 1802.01483).
    case l2sp(Double)
    /// Low-rank adaptation of the backbone's matrices by rank r (Hu et al., ICLR 2022, arXiv 2106.09685).
    case lora(Int)

    /// A text that names no strategy.
    public struct ParsingError: Error, CustomStringConvertible, Sendable {
        /// What was found and what is allowed.
        public let description: String
    }

    /// The strategies for people.
    public static let known =
        "zero-shot, scratch, lp, lpff, full, sff:α, shrink:α, perturb:α, gaussian:α, noisytune:λ, sam:ρ, l2sp:λ and lora:r"

    /// Parses `full`, `sff:0.7` and the like; `sam` is `sam:0.05`, `l2sp` is `l2sp:0.01`, `lora` is `lora:8`.
    public init(_ text: String) throws(ParsingError) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        func number(_ standard: Double, _ example: String) throws(ParsingError) -> Double {
            guard parts.count == 2 else { return standard }
            guard let value = Double(parts[1]), value > 0, value.isFinite else {
                throw ParsingError(
                    description:
                        "strategy '\(text)': '\(parts[0])' takes a positive number, such as \(parts[0]):\(example)")
            }
            return value
        }
        switch (parts[0], parts.count) {
        case ("zero-shot", 1): self = .zeroShot
        case ("scratch", 1): self = .scratch
        case ("lp", 1): self = .linearProbing
        case ("lpff", 1): self = .probingThenFull
        case ("full", 1): self = .full
        case ("sam", _): self = .sam(try number(0.05, "0.05"))
        case ("l2sp", _): self = .l2sp(try number(0.01, "0.01"))
        case ("lora", _):
            let rank = try number(8, "8")
            guard rank == rank.rounded(), rank < 1e6 else {
                throw ParsingError(description: "strategy '\(text)': the rank is a whole number, such as lora:8")
            }
            self = .lora(Int(rank))
        case ("sff", _), ("shrink", _), ("perturb", _), ("gaussian", _), ("noisytune", _):
            do { self = .from(try Variant(text)) } catch {
                throw ParsingError(description: error.description.replacingOccurrences(of: "variant", with: "strategy"))
            }
        default: throw ParsingError(description: "'\(text)' is no strategy; known are \(Strategy.known)")
        }
    }

    /// Parses a comma-separated list without repetitions.
    public static func list(_ text: String) throws(ParsingError) -> [Strategy] {
        var strategies: [Strategy] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let strategy = try Strategy(part.trimmingCharacters(in: .whitespaces))
            guard !strategies.contains(strategy) else {
                throw ParsingError(description: "strategy '\(strategy.name)' is listed twice")
            }
            strategies.append(strategy)
        }
        return strategies
    }

    /// The name in tables and files, such as `sff:0.7`.
    public var name: String {
        switch self {
        case .zeroShot: "zero-shot"
        case .scratch: "scratch"
        case .linearProbing: "lp"
        case .probingThenFull: "lpff"
        case .full: "full"
        case .from(let variant): variant.name
        case .sam(let ρ): "sam:\(ρ)"
        case .l2sp(let λ): "l2sp:\(λ)"
        case .lora(let rank): "lora:\(rank)"
        }
    }

    /// The weights it starts from; linear probing then draws the head anew.
    public var start: Variant {
        switch self {
        case .scratch: .scratch
        case .from(let variant): variant
        default: .pretrained
        }
    }

    /// Whether its start depends on a random draw: θ₂, a new head, noise.
    public var isRandomAtStart: Bool {
        switch self {
        case .scratch, .linearProbing, .probingThenFull, .lora: true
        case .from(let variant): variant.kind != "shrink"
        case .zeroShot, .full, .sam, .l2sp: false
        }
    }

    /// Whether anything is trained.
    public var isTrained: Bool { self != .zeroShot }
}
