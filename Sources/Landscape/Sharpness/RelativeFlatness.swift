import Networks
import Tensor

/// Relative flatness of one layer: κ = Σ_{s,s'} ⟨w_s, w_s'⟩ Tr H_{s,s'}, with the rows w_s of its weight and the blocks of the Hessian for them.
///
/// Source: Petzka et al., NeurIPS 2021, arXiv 2001.00939, definition 3. It is Tr((W Wᵀ ⊗ 1) H_W), estimated by Hutchinson's method: with random
/// signs Z (in × in) and V = W Z, E[vᵀ H_W v] = κ. H_W needs derivatives with respect to the layer alone.
/// Invariances: rescalings of the layer against others that keep the function; scales with the loss. Meant for minima: elsewhere it
/// is a number about this parametrisation, and may be negative. Not defined for layers that are no matrices.
/// Cost: `probes` Hessian-vector products of the layer's parameters.
public struct RelativeFlatness: SharpnessMeasure {
    /// The parameter; where none is given the model's last matrix that the loss depends on.
    public let parameter: String?
    /// Random probes.
    public let probes: Int

    /// The measure.
    public init(parameter: String? = nil, probes: Int = 8) {
        self.parameter = parameter
        self.probes = probes
    }

    /// See ``SharpnessMeasure/name``.
    public let name = "relative_flatness"
    /// See ``SharpnessMeasure/title``.
    public let title = "relative flatness of a layer"
    /// See ``SharpnessMeasure/definition``.
    public let definition = "sum over rows s, t of <w_s, w_t> Tr H_st"
    /// See ``SharpnessMeasure/reference``.
    public let reference = "arXiv:2001.00939"
    /// See ``SharpnessMeasure/settings``.
    public var settings: [String: Double] { ["probes": Double(probes)] }
    /// See ``SharpnessMeasure/cost``.
    public var cost: SharpnessCost { SharpnessCost(product: probes) }
    /// See ``SharpnessMeasure/sampleCount(windows:)``.
    public func sampleCount(windows: Int) -> Int { probes }

    /// The position of the named weight.
    public func position(in layout: ParameterLayout) throws -> Int? {
        guard let parameter else { return nil }
        guard let found = layout.parameters.firstIndex(where: { $0.name == parameter }),
            layout.parameters[found].shape.count == 2
        else { throw SharpnessUndefined(.noMatrix, "\(parameter) is no matrix of this model") }
        return found
    }

    /// See ``SharpnessMeasure/errorSource``.
    public let errorSource = SharpnessErrorSource.draws
    /// See ``SharpnessMeasure/evaluate(_:)``.
    public func evaluate(_ point: SharpnessPoint) throws -> SharpnessResult {
        let layout = point.objective.function.layout
        let slopes = try layout.views(of: point.gradient)
        // Not all weights take part in every task.
        let used = try layout.parameters.indices.filter { index in
            let specification = layout.parameters[index]
            guard specification.shape.count == 2, specification.role == .weight else { return false }
            return try slopes[index].flattened().euclideanNorm() > 0
        }
        guard let index = try position(in: layout) ?? used.last, used.contains(index) else {
            throw SharpnessUndefined(.noMatrix, "the loss does not depend on \(parameter ?? "any matrix")")
        }
        let shape = layout.parameters[index].shape
        let (objective, flat) = try point.objective.restricted(to: [index], at: point.θ)
        let weight = try flat.reshaped(shape)
        let vectors = try (0..<probes).map { probe in
            let signs = try RandomStream(seed: point.seed, "sharpness/relative", probe)
                .signs([shape[1], shape[1]], dtype: objective.dtype).to(objective.dtype, device: objective.device)
            return try weight.matmul(signs).flattened()
        }
        let products = try objective.products(at: flat, with: vectors)
        // The layer's objective has a count of its own.
        point.objective.count { $0.product += probes }
        return SharpnessResult(meanOf: try zip(vectors, products).map { try $0.dot($1) })
    }
}
