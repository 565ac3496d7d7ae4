import Archive
import Foundation
import Landscape
import Networks
import Reports

/// `--measures sharpness`: the measures that `--sharpness` chooses.
struct SharpnessMeasures {
    let chosen: [any SharpnessMeasure]
    private let windows: Int

    /// - Parameters:
    ///   - choice: `nil` for the standard ones, `all`, or names.
    ///   - layer: the parameter of the relative flatness.
    init(_ choice: String?, layer: String?, workspace: Workspace) throws {
        // Losses that are a negative log-likelihood already.
        let isLikelihood = workspace.loss == .native && ["moirai", "chronos"].contains(workspace.model.family)
        let known = SharpnessCatalogue.all(
            layer: layer, likelihoodScale: isLikelihood ? 1 : nil,
            batches: (workspace.windows.count + workspace.batch - 1) / workspace.batch)
        windows = workspace.windows.count
        var names = SharpnessCatalogue.standard
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
    var units: [[String]] { chosen.map { [path($0), path($0) + "_samples", path($0) + "_chains"] } }

    /// What all of them cost at one variant.
    var cost: SharpnessCost { chosen.reduce(SharpnessCost()) { $0 + $1.cost } }

    /// The most vectors as large as the model that one of them holds.
    var vectors: Int { chosen.map(\.vectors).max() ?? 0 }

    /// The values.
    var scalars: [ScalarPlan] {
        chosen.map { measure in
            var attributes: [String: AttributeValue] = [
                "definition": .string(measure.definition), "reference": .string(measure.reference),
                "error_source": .string(measure.errorSource.text), "first_order": .double(.nan), "undefined": 0,
                "undefined_meanings": .strings(SharpnessUndefined.Kind.allCases.map(\.words)),
                "difference": .double(.nan),
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
        } + chosen.compactMap(chainPlan)
    }

    /// What the chains saw at every step.
    private func chainPlan(_ measure: any SharpnessMeasure) -> ArrayPlan? {
        guard let shape = measure.chainShape else { return nil }
        return ArrayPlan(
            path: path(measure) + "_chains",
            dimensions: [
                .index("\(measure.name)_chain", count: shape.chains),
                .index("\(measure.name)_step", count: shape.steps),
            ],
            longName:
                "what each chain of the \(measure.title) saw at each step; the value is the mean after the burn-in",
            units: measure.units, attributes: ["burn_in": .int(shape.burnIn)])
    }

    /// Computes what is pending; one that fails is marked and the others go on.
    func run(
        _ point: VariantPoint, name: String, seed: UInt64, file: RunFile,
        perform: (String, [String], [String], (Stopwatch) throws -> Void) throws -> Void
    ) throws {
        for measure in chosen {
            let count = measure.sampleCount(windows: windows)
            let samples = count > 1 ? [path(measure) + "_samples"] : []
            let chains = chainPlan(measure)
            try perform(measure.title, [path(measure)], samples + (chains.map { [$0.path] } ?? [])) { begun in
                let sharpnessPoint = try SharpnessPoint(
                    point.objective, at: point.θ, loss: point.loss(), gradient: point.gradient(), seed: seed)
                var result = SharpnessResult(.nan)
                var undefined = 0
                let before = point.objective.work
                do { result = try measure.evaluate(sharpnessPoint) } catch let reason as SharpnessUndefined {
                    undefined = reason.kind.rawValue
                    Log.warning("\(name): \(measure.title) is \(reason)")
                }
                if let path = samples.first {
                    let values = result.samples + [Double](repeating: .nan, count: max(0, count - result.samples.count))
                    try file.setArray(variant: name, path: path, values: values, seconds: begun.elapsed)
                }
                if let chains {
                    let length = chains.dimensions.reduce(1) { $0 * $1.count }
                    let values = result.chains.flatMap { $0 }
                    try file.setArray(
                        variant: name, path: chains.path,
                        values: values.count == length ? values : [Double](repeating: .nan, count: length),
                        seconds: begun.elapsed)
                }
                if result.details["converged"] == 0 {
                    Log.warning(
                        "\(name): the chains of the \(measure.title) have not settled: R-hat is \(Number.text(result.details["r_hat"] ?? .nan)), above \(ChainDiagnostics.threshold)"
                    )
                }
                let spent = point.objective.work - before
                var attributes: [String: AttributeValue] = [
                    "first_order": .double(result.firstOrder ?? .nan), "undefined": .int(undefined),
                    "forwards": .int(spent.forward), "gradients": .int(spent.gradient),
                    "products": .int(spent.product),
                ]
                for detail in measure.detailNames { attributes[detail] = .double(result.details[detail] ?? .nan) }
                try file.setScalar(
                    variant: name, path: path(measure), value: result.value, standardError: result.standardError,
                    samples: result.samples.count, seconds: begun.elapsed, attributes: attributes,
                    status: result.value.isNaN && undefined == 0 ? .failed : .done)
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
