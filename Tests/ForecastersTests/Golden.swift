import Checkpoints
import Forecasters
import Foundation
import Networks
import Tensor
import Testing

/// A fixture folder: the official implementation's model, configuration and values.
struct Golden {
    let folder: URL
    let values: Checkpoint

    init(_ name: String) throws {
        folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures/ltsm/\(name)")
        values = try Checkpoint(folder.appendingPathComponent("golden.safetensors"))
    }

    func tensor(_ name: String, _ dtype: DType = .float64) throws -> Tensor {
        let entry = try #require(values.entry(name), "golden \(name)")
        let bytes = try values.read(name)
        let type = try #require(DType(entry.type))
        let tensor = try bytes.withUnsafeBytes { try Tensor(bytes: $0, dtype: type, shape: entry.shape) }
        return type.isFloatingPoint ? try tensor.to(dtype) : tensor
    }

    func model(_ dtype: DType = .float64) throws -> (PretrainedModel, Weights) {
        let model = try PretrainedModel(folder.appendingPathComponent("model.safetensors"))
        return (model, try model.weights(dtype: dtype))
    }
}

/// Prints the errors of the ladder when LANDSCAPE_LADDER is set: where the figures of docs/models.md come from.
func reached(_ rung: String, _ error: Double) -> Double {
    if ProcessInfo.processInfo.environment["LANDSCAPE_LADDER"] != nil {
        print("LADDER", Test.current?.id.description ?? "?", rung, error)
    }
    return error
}

/// max |a − b| / max |b|.
func relativeError(_ a: Tensor, _ b: Tensor) throws -> Double {
    try #require(a.shape == b.shape, "shapes \(a.shape) and \(b.shape)")
    let (x, y) = (try a.doubles, try b.doubles)
    let scale = y.map(abs).max() ?? 1
    return reached("tensor", zip(x, y).map { abs($0 - $1) }.max()! / max(scale, .leastNormalMagnitude))
}

func relativeError(_ a: Double, _ b: Double, _ rung: String = "number") -> Double {
    reached(rung, abs(a - b) / abs(b))
}

/// Loss, gradient and Hessian-vector product of a scalar function of the parameters against the golden ladder.
///
/// - Parameters:
///   - root: what stands before the names of the values.
///   - direction: v of the product, where the fixture does not hold it.
func checkDerivatives(
    _ golden: Golden, _ name: String, weights: Weights, model: any Forecaster, prefix: String = "",
    root: String = "f64", direction given: ((ParameterSpecification) throws -> Tensor)? = nil,
    _ scalar: (Parameters) throws -> Tensor
) throws {
    let layout = model.layout
    let leaves = try layout.views(of: weights.flat).map { try $0.differentiableLeaf() }
    let loss = try scalar(Parameters(tensors: leaves, buffers: weights.buffers))
    #expect(
        relativeError(try loss.item, try golden.tensor("\(root)/\(name)/loss").item, "loss") < 1e-10, "\(name) loss")
    let gradients = try Autograd.gradients(of: [loss], withRespectTo: leaves, differentiable: true)
    let flat = try layout.flatten(gradients, dtype: .float64)
    #expect(
        relativeError(
            try flat.detached().euclideanNorm(), try golden.tensor("\(root)/\(name)/grad_norm").item, "gradient")
            < 1e-8,
        "\(name) norm")
    var direction: [Tensor] = []
    for (specification, gradient) in zip(layout.parameters, gradients) {
        let key = "\(root)/\(name)/grad/\(prefix)\(specification.name)"
        if golden.values.entry(key) != nil {
            let expected = try golden.tensor(key)
            let found = try gradient ?? expected.zerosLike()
            // Gradients that vanish by symmetry (a key's bias) are rounding noise on both sides.
            let scale = try golden.tensor("\(root)/\(name)/grad_norm").item
            let difference = try (found.detached() - expected).flattened().euclideanNorm()
            #expect(difference < 1e-8 * max(try expected.flattened().euclideanNorm(), 1e-6 * scale), "\(key)")
        }
        direction.append(try given?(specification) ?? golden.tensor("hvp/v/\(prefix)\(specification.name)"))
    }
    let used = zip(gradients, direction).compactMap { gradient, v in gradient.map { ($0, v) } }
    let products = try Autograd.gradients(of: used.map(\.0), withRespectTo: leaves, seeds: used.map(\.1))
    let product = try layout.flatten(products, dtype: .float64)
    let v = try layout.flatten(direction, dtype: .float64)
    #expect(
        relativeError(try product.euclideanNorm(), try golden.tensor("\(root)/\(name)/hvp/Hv_norm").item, "product")
            < 1e-7,
        "\(name) Hv norm")
    #expect(
        relativeError(try product.dot(v), try golden.tensor("\(root)/\(name)/hvp/vHv").item, "product") < 1e-7,
        "\(name) vHv")
    #expect(
        relativeError(try flat.detached().dot(v), try golden.tensor("\(root)/\(name)/hvp/gv").item) < 1e-7, "\(name) gv"
    )
    let norm = try golden.tensor("\(root)/\(name)/hvp/Hv_norm").item
    var compared = 0
    for (specification, part) in zip(layout.parameters, products) {
        let key = "\(root)/\(name)/hvp/Hv/\(prefix)\(specification.name)"
        guard golden.values.entry(key) != nil else { continue }
        compared += 1
        let expected = try golden.tensor(key)
        let difference = try ((part ?? expected.zerosLike()) - expected).flattened().euclideanNorm()
        #expect(difference < 1e-7 * max(try expected.flattened().euclideanNorm(), 1e-6 * norm), "\(key)")
    }
    #expect(compared > 0, "the fixture holds products for \(name)")
}

/// Official names and shapes of every released size.
///
/// - Parameter isCovered: releases of another architecture in the same manifest are left out.
func checkManifest(
    _ golden: Golden, only isCovered: (String) -> Bool = { _ in true },
    _ make: (String, [String: Any]) throws -> any Forecaster
) throws {
    let data = try Data(contentsOf: golden.folder.appendingPathComponent("MANIFEST.json"))
    let manifest = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    let checkpoints = try #require(manifest["checkpoints"] as? [String: [String: Any]])
    try checkManifest(checkpoints, only: isCovered, make)
}

/// The same for the entries of a manifest.
func checkManifest(
    _ checkpoints: [String: [String: Any]], only isCovered: (String) -> Bool = { _ in true },
    _ make: (String, [String: Any]) throws -> any Forecaster
) throws {
    let covered = checkpoints.keys.filter(isCovered)
    #expect(!covered.isEmpty)
    for (name, entry) in checkpoints where isCovered(name) {
        let model = try make(name, try #require(entry["config"] as? [String: Any]))
        let owner = (entry["state_dict_same_as"] as? String).flatMap { checkpoints[$0] } ?? entry
        let buffers = owner["persistent_buffers"] as? [String: [Int]] ?? [:]
        let expected = try #require((owner["state_dict"] ?? owner["parameters"]) as? [String: [Int]])
            .merging(buffers) { own, _ in own }
        var found: [String: [Int]] = [:]
        for parameter in model.layout.parameters { found[parameter.name] = parameter.shape }
        for buffer in model.layout.buffers { found[buffer.name] = buffer.shape }
        #expect(found == expected, "\(name)")
        #expect(model.layout.count == (entry["param_count"] ?? entry["parameter_count"]) as? Int, "\(name)")
        #expect(
            Set(entry["buffers"] as? [String] ?? Array(buffers.keys)) == Set(model.layout.buffers.map(\.name)),
            "\(name)")
    }
}
