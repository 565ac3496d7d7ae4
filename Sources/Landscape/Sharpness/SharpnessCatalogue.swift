/// Every measure of sharpness with the radii of its paper: what `--sharpness all` runs, docs/measures.md describes and the
/// tests of invariances and costs go through.
public enum SharpnessCatalogue {
    /// What runs where none is chosen: together under the time of 40 gradients.
    public static let standard = [
        "sam", "m_sharpness", "asam", "asam_filter", "average", "average_adaptive", "quadratic_form", "fisher_rao",
        "relative_flatness", "critical", "effective_smoothness",
    ]

    /// The measures, in the order of the report.
    ///
    /// - Parameters:
    ///   - layer: the parameter of the relative flatness; `nil` for the last matrix.
    ///   - likelihoodScale: what makes the loss a negative log-likelihood; `nil` for 1/(2L).
    ///   - batches: of one pass over the windows.
    public static func all(
        layer: String? = nil, likelihoodScale: Double? = nil, batches: Int
    ) -> [any SharpnessMeasure] {
        [
            SAMSharpness(), BatchSharpness(), AdaptiveSharpness(), AdaptiveSharpness(scale: .filterwise),
            WorstCaseSharpness(radius: 0.05, norm: .l2, isAdaptive: false),
            WorstCaseSharpness(radius: 0.5, norm: .l2, isAdaptive: true),
            WorstCaseSharpness(radius: 5e-4, norm: .linf, isAdaptive: false),
            WorstCaseSharpness(radius: 4e-3, norm: .linf, isAdaptive: true), KeskarSharpness(),
            KeskarSharpness(subspace: 32), AverageSharpness(radius: 0.01, isAdaptive: false),
            AverageSharpness(radius: 0.1, isAdaptive: true),
            AverageSharpness(radius: 0.01, isAdaptive: false, distribution: .uniform),
            AverageSharpness(radius: 0.1, isAdaptive: true, distribution: .uniform), LowPassFilter(),
            LowPassFilter(scale: .filterwise), LocalEntropy(), PACBayesSharpness(),
            PACBayesSharpness(isMagnitudeAware: true), QuadraticForm(), FisherRaoNorm(),
            RelativeFlatness(parameter: layer, probes: 6), CriticalSharpness(), EffectiveSmoothness(),
            LocalLearningCoefficient(likelihoodScale: likelihoodScale, batches: batches),
        ]
    }
}
