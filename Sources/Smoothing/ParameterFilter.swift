import Foundation
import Networks

/// A choice of parameters that an interpolation leaves as they are.
public struct ParameterFilter: Sendable, Equatable {
    /// Terms: `norms`, `biases`, `weights`, `embedding`, `backbone`, `head`, or a pattern over names with `*` and `?`.
    public let terms: [String]

    /// No parameter.
    public static let none = ParameterFilter(terms: [])

    /// The parameters that any of the terms matches.
    public init(terms: [String]) {
        self.terms = terms
    }

    /// Whether a parameter is chosen.
    public func matches(_ parameter: ParameterSpecification) -> Bool {
        terms.contains { term in
            switch term {
            case "norms": parameter.role == .norm
            case "biases": parameter.role == .bias
            case "weights": parameter.role == .weight
            case "embedding": parameter.part == .embedding
            case "backbone": parameter.part == .backbone
            case "head": parameter.part == .head
            default: fnmatch(term, parameter.name, 0) == 0
            }
        }
    }

    /// Terms that match nothing in a layout: most likely spelling mistakes.
    public func unmatched(in layout: ParameterLayout) -> [String] {
        terms.filter { term in !layout.parameters.contains { ParameterFilter(terms: [term]).matches($0) } }
    }
}
