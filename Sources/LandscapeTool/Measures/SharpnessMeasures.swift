import Archive
import Foundation
import Landscape
import Networks
import Reports

/// `--measures sharpness`: the measures that `--sharpness` chooses.
struct SharpnessMeasures {
    let chosen: [any SharpnessMeasure]
    private let windows: Int

    /// What runs without `--sharpness`: together under 40 gradients.
    static let standard = [
        "sam", "m_sharpness", "asam", "asam_filter", "average", "average_adaptive", "quadratic_form", "fisher_rao",
        "relative_flatness", "critical", "effective_smoothness",
    ]

    /// Every measure, with the radii of its paper.
    static func all(_ workspace: Workspace, layer: String?) -> [any SharpnessMeasure] {
        let batches = (workspace.windows.count + workspace.batch - 1) / workspace.batch
        // Losses that are a negative log-likelihood already.
        let isLikelihood = workspace.loss == .native && ["moirai", "chronos"].contains(workspace.model.family)
        return [
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
            LocalLearningCoefficient(likelihoodScale: isLikelihood ? 1 : nil, batches: batches),
        ]
    }

    /// - Parameters:
    ///   - choice: `nil` for the standard ones, `all`, or names.
    ///   - layer: the parameter of the relative flatness.
    init(_ choice: String?, layer: String?, workspace: Workspace) throws {
        let known = SharpnessMeasures.all(workspace, layer: layer)
        windows = workspace.windows.count
        var names = SharpnessMeasures.standard
        if let choice {
            names =
                choice == "all"
                ? known.map(\.name) : choice.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        }
        chosen = try names.map { name in
            guard let measure = known.first(where: { $0.name == name }) else {
                throw Exit.Failure(
                    .usage,
                    "--sharpness: '\(name)' is no measure; known are all, \(known.map(\.name).joined(separator: ", "))")
            }
            return measure
        }
        guard !chosen.isEmpty, Set(names).count == names.count else {
            throw Exit.Failure(.usage, "--sharpness needs names, each once.")
        }
        if let layer {
            do { _ = try RelativeFlatness(parameter: layer).position(in: workspace.model.layout) } catch {
                throw Exit.Failure(.usage, "--flatness-layer: \(layer) is no matrix of this model")
            }
        }
    }

    private func path(_ measure: any SharpnessMeasure) -> String { "sharpness/\(measure.name)" }

    /// The paths that are computed together.
    var units: [[String]] { chosen.map { [path($0), path($0) + "_samples"] } }

    /// What all of them cost at one variant.
    var cost: SharpnessCost { chosen.reduce(SharpnessCost()) { $0 + $1.cost } }

    /// The most vectors as large as the model that one of them holds.
    var vectors: Int { chosen.map(\.vectors).max() ?? 0 }

    /// The values.
    var scalars: [ScalarPlan] {
        chosen.map { measure in
            var attributes: [String: AttributeValue] = [
                "definition": .string(measure.definition), "reference": .string(measure.reference),
                "first_order": .double(.nan), "undefined": 0, "difference": .double(.nan),
                "difference_error": .double(.nan), "forwards": .int(measure.cost.forward),
                "gradients": .int(measure.cost.gradient), "products": .int(measure.cost.product),
            ]
            for (name, value) in measure.settings { attributes[name] = .double(value) }
            for name in measure.detailNames { attributes[name] = .double(.nan) }
            return ScalarPlan(
                path: path(measure), longName: measure.title, units: measure.units, attributes: attributes)
        }
    }

    /// What the values are means of, for paired comparisons.
    var arrays: [ArrayPlan] {
        chosen.compactMap { measure -> ArrayPlan? in
            let count = measure.sampleCount(windows: windows)
            guard count > 1 else { return nil }
            return ArrayPlan(
                path: path(measure) + "_samples",
                dimensions: [.index("\(measure.name)_sample", count: count)],
                longName:
                    "what \(measure.title) is the mean of; position by position the same windows or draws for every variant",
                units: measure.units)
        }
    }

    /// Computes what is pending; one that fails is marked and the others go on.
    func run(
        _ point: VariantPoint, name: String, seed: UInt64, file: RunFile,
        perform: (String, [String], [String], (Stopwatch) throws -> Void) throws -> Void
    ) throws {
        for measure in chosen {
            let count = measure.sampleCount(windows: windows)
            let samples = count > 1 ? [path(measure) + "_samples"] : []
            try perform(measure.title, [path(measure)], samples) { begun in
                let sharpnessPoint = try SharpnessPoint(
                    point.objective, at: point.θ, loss: point.loss(), gradient: point.gradient(), seed: seed)
                var result = SharpnessResult(.nan)
                var isUndefined = false
                do { result = try measure.evaluate(sharpnessPoint) } catch let reason as SharpnessUndefined {
                    isUndefined = true
                    Log.warning("\(name): \(measure.title) is \(reason)")
                }
                if let path = samples.first {
                    let values = result.samples + [Double](repeating: .nan, count: max(0, count - result.samples.count))
                    try file.setArray(variant: name, path: path, values: values, seconds: begun.elapsed)
                }
                var attributes: [String: AttributeValue] = [
                    "first_order": .double(result.firstOrder ?? .nan), "undefined": .int(isUndefined ? 1 : 0),
                ]
                for detail in measure.detailNames { attributes[detail] = .double(result.details[detail] ?? .nan) }
                try file.setScalar(
                    variant: name, path: path(measure), value: result.value, standardError: result.standardError,
                    samples: result.samples.count, seconds: begun.elapsed, attributes: attributes,
                    status: result.value.isNaN && !isUndefined ? .failed : .done)
            }
        }
    }

    /// Differences from the first variant, from samples that belong together, once both are there.
    static func storeDifferences(in file: RunFile) throws {
        let variants = try file.record().variants
        guard let first = variants.first else { return }
        for variant in variants.dropFirst() {
            for scalar in variant.scalars where scalar.path.hasPrefix("sharpness/") && scalar.status == .done {
                guard scalar.attributes["difference"]?.number?.isNaN == true,
                    let own = variant.array(scalar.path + "_samples"), own.status == .done,
                    let other = first.array(scalar.path + "_samples"), other.status == .done,
                    own.values.count == other.values.count
                else { continue }
                let statistics = SampleStatistics(zip(own.values, other.values).map { $0 - $1 })
                guard statistics.mean.isFinite else { continue }
                let object = RunObject.scalar(variant: variant.name, path: scalar.path)
                try file.setAttribute("difference_error", of: object, to: .double(statistics.standardError))
                try file.setAttribute("difference", of: object, to: .double(statistics.mean))
            }
        }
    }
}
