import ArgumentParser
import Forecasters
import Foundation
import Networks
import Smoothing
import Tensor

/// Writes the weights of a variant.
struct SmoothCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "smooth", abstract: "Write smoothed (or control) weights as safetensors.",
        discussion: """
            landscape smooth --weights model.safetensors --variant sff:0.7 --output smoothed/model.safetensors

            With --published NAME instead of --weights, the architecture of an official checkpoint is built and its own \
            initialisation drawn: --variant scratch only. A config.json is written beside the weights.
            """)

    @OptionGroup var model: ModelOptions

    @Option(
        help: ArgumentHelp("Draw weights for this official size ('landscape models' lists them).", valueName: "name"),
        completion: .published)
    var published: String?

    @Option(
        help: ArgumentHelp("scratch, sff:α, shrink:α, perturb:α, gaussian:α or noisytune:λ.", valueName: "variant"),
        completion: .variants)
    var variant: String = "sff:0.7"

    @Option(
        help: ArgumentHelp("Use these weights as θ₂ instead of a fresh draw.", valueName: "path"),
        completion: .checkpoint)
    var auxiliary: String?

    @Option(help: ArgumentHelp("Parameters to leave alone, as in 'landscape probe'.", valueName: "list"))
    var exclude: String?

    @Option(help: ArgumentHelp("Seed of the random draw.", valueName: "n"))
    var seed: UInt64 = 0

    @Option(
        name: .shortAndLong, help: ArgumentHelp("The safetensors file to write.", valueName: "file"),
        completion: .file(extensions: ["safetensors"]))
    var output: String

    @Flag(help: "Replace an existing file.")
    var overwrite = false

    func validate() throws {
        if (model.weights == nil) == (published == nil) {
            throw ValidationError("Give either --weights or --published.")
        }
        if published != nil && variant != "scratch" {
            throw ValidationError(
                "--published names an architecture without weights: only --variant scratch can be drawn from it.")
        }
    }

    func run() throws {
        let chosen = try Variant(variant)
        let url = URL(fileURLWithPath: output)
        do {
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        } catch {
            throw Exit.Failure(.cannotCreate, "\(output): its folder cannot be created: \(error.localizedDescription)")
        }
        try OutputFile.requireWritable(output, overwriting: overwrite)
        let architecture: any Forecaster
        let weights: Weights
        if let published {
            guard let size = Families.all.flatMap(\.published).first(where: { $0.name == published }) else {
                throw Exit.Failure(
                    .usage,
                    "--published: '\(published)' is unknown; known are \(Families.all.flatMap(\.published).map(\.name).joined(separator: ", "))"
                )
            }
            architecture = try size.make()
            weights = Weights(
                flat: try architecture.layout.sample(seed: seed, purpose: "scratch", dtype: .float32),
                buffers: try architecture.layout.initialBuffers(dtype: .float32))
        } else {
            let pretrained = try PretrainedModel(
                URL(fileURLWithPath: model.weights ?? ""), family: model.model, choices: model.choices)
            architecture = pretrained.model
            let original = try pretrained.weights(dtype: .float32)
            let filter = ParameterFilter(
                terms: (exclude ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) })
            let unmatched = filter.unmatched(in: architecture.layout)
            guard unmatched.isEmpty else {
                throw Exit.Failure(.usage, "--exclude: no parameter matches \(unmatched.joined(separator: ", "))")
            }
            let second = try auxiliary.map { try AuxiliaryWeights($0, for: architecture, dtype: .float32).flat }
            let variants = try VariantWeights(
                model: architecture, pretrained: original, auxiliary: second, excluded: filter, seed: seed)
            weights = original.with(flat: try variants.flat(chosen))
        }
        try ModelFolder.write(
            weights, architecture, to: url, metadata: ["variant": chosen.name, "seed": String(seed)],
            overwrite: overwrite)
        print(
            "\(output): \(architecture.architecture), \(architecture.layout.count) parameters, \(chosen.name), seed \(seed)"
        )
    }
}
