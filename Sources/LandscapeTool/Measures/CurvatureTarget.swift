import Forecasters
import Landscape
import Networks
import Smoothing
import Tensor

/// A curvature matrix over all parameters or over a block of them, as `--operators` and `--blocks` ask for it.
struct CurvatureTarget: Sendable {
    let matrix: CurvatureMatrix
    /// The block as the user named it; `nil` for all parameters.
    let block: String?
    /// Positions of the block's parameters in the layout.
    let indices: [Int]
    /// The number of entries of θ it covers.
    let dimension: Int

    /// Where its results lie below the variant.
    var group: String {
        var parts = ["curvature"]
        if matrix != .hessian { parts.append(matrix.rawValue) }
        if let block { parts += ["blocks", CurvatureTarget.safe(block)] }
        return parts.joined(separator: "/")
    }

    /// For people, after "of the": "Hessian", "Hessian's block head".
    var title: String { block.map { "\(matrix.title)'s block \($0)" } ?? matrix.title }

    /// The objective of the block, and the weights there.
    func restricted(_ objective: Objective, at θ: Tensor) throws -> (objective: Objective, point: Tensor) {
        block == nil ? (objective, θ) : try objective.restricted(to: indices, at: θ)
    }

    /// The block's part of a flat vector.
    func part(of flat: Tensor, in layout: ParameterLayout) throws -> Tensor {
        guard block != nil else { return flat }
        let views = try layout.views(of: flat)
        return try Tensor.concatenate(indices.map { try views[$0].flattened() })
    }

    private static func safe(_ name: String) -> String {
        String(name.map { $0 == "/" || $0.isWhitespace ? "_" : $0 })
    }

    // MARK: Choice

    /// Every operator over all parameters, then over each block.
    static func all(
        matrices: [CurvatureMatrix], blocks terms: [String], layout: ParameterLayout
    ) throws -> [CurvatureTarget] {
        let blocks = try terms.flatMap { try CurvatureTarget.blocks($0, layout) }
        let names = blocks.map { safe($0.name) }
        guard Set(names).count == names.count else {
            throw Exit.Failure(.usage, "--blocks: two blocks have the same name among \(names.joined(separator: ", "))")
        }
        return matrices.flatMap { matrix in
            [CurvatureTarget(matrix: matrix, block: nil, indices: [], dimension: layout.count)]
                + blocks.map { block in
                    CurvatureTarget(
                        matrix: matrix, block: block.name, indices: block.indices,
                        dimension: block.indices.reduce(0) { $0 + layout.parameters[$1].count })
                }
        }
    }

    /// The blocks a term stands for: `layers` for one per numbered layer, `parameters` for one per parameter, else the
    /// parameters that the term matches, as one block.
    private static func blocks(
        _ term: String, _ layout: ParameterLayout
    ) throws -> [(name: String, indices: [Int])] {
        let names = layout.parameters.map(\.name)
        switch term {
        case "parameters": return names.indices.map { (names[$0], [$0]) }
        case "layers":
            var order: [String] = []
            var members: [String: [Int]] = [:]
            for (index, name) in names.enumerated() {
                let parts = name.split(separator: ".")
                guard let number = parts.firstIndex(where: { Int($0) != nil }) else { continue }
                let layer = parts[...number].joined(separator: ".")
                if members[layer] == nil { order.append(layer) }
                members[layer, default: []].append(index)
            }
            guard !order.isEmpty else {
                throw Exit.Failure(
                    .usage, "--blocks layers: no parameter of this model has a numbered layer in its name")
            }
            return order.map { ($0, members[$0] ?? []) }
        default:
            let filter = ParameterFilter(terms: [term])
            let chosen = names.indices.filter { filter.matches(layout.parameters[$0]) }
            guard !chosen.isEmpty else {
                throw Exit.Failure(
                    .usage,
                    "--blocks: no parameter matches '\(term)'; the names are those of 'landscape inspect', such as \(names.prefix(3).joined(separator: ", "))"
                )
            }
            return [(term, chosen)]
        }
    }
}
