import Checkpoints
import Forecasters
import Foundation
import Networks
import Tensor
import Testing

/// The ladder for fixtures whose float64 values have plain names and whose directions are in a file of their own.
///
/// - Parameters:
///   - direction: the file with v; parameters it lacks have v = 0.
///   - names: the official name of a parameter in the fixture.
func checkPlainDerivatives(
    _ golden: Golden, _ name: String, direction file: String = "direction.safetensors", weights: Weights,
    model: any Forecaster, named names: (String) -> String = { $0 }, _ scalar: (Parameters) throws -> Tensor
) throws {
    let layout = model.layout
    let leaves = try layout.views(of: weights.flat).map { try $0.differentiableLeaf() }
    let loss = try scalar(Parameters(tensors: leaves, buffers: weights.buffers))
    #expect(relativeError(try loss.item, try golden.tensor("\(name)/loss").item, "loss") < 1e-9, "\(name) loss")
    let gradients = try Autograd.gradients(of: [loss], withRespectTo: leaves, differentiable: true)
    let norm = try golden.tensor("\(name)/grad_norm").item
    #expect(
        relativeError(try layout.flatten(gradients, dtype: .float64).detached().euclideanNorm(), norm, "gradient")
            < 1e-8,
        "\(name) gradient norm")
    var compared = 0
    for (specification, gradient) in zip(layout.parameters, gradients) {
        let official = names(specification.name)
        let own = try (gradient ?? Tensor.zeros(specification.shape, dtype: .float64)).detached()
        if golden.values.entry("\(name)/pgn/\(official)") != nil {
            compared += 1
            let expected = try golden.tensor("\(name)/pgn/\(official)").item
            let found = try own.flattened().euclideanNorm()
            // A gradient that vanishes by symmetry is rounding noise on both sides.
            #expect(abs(found - expected) < 1e-7 * max(expected, 1e-6 * norm), "\(name)/pgn/\(official)")
        }
        if golden.values.entry("\(name)/grad/\(official)") != nil {
            compared += 1
            let expected = try golden.tensor("\(name)/grad/\(official)")
            let difference = try (own - expected).flattened().euclideanNorm()
            #expect(
                difference < 1e-7 * max(try expected.flattened().euclideanNorm(), 1e-6 * norm),
                "\(name)/grad/\(official)")
        }
    }
    #expect(compared > 0, "the fixture holds gradients for \(name)")

    let stored = try Checkpoint(golden.folder.appendingPathComponent(file))
    var v: [Tensor] = []
    for specification in layout.parameters {
        guard let entry = stored.entry(names(specification.name)), let type = DType(entry.type) else {
            v.append(try Tensor.zeros(specification.shape, dtype: .float64))
            continue
        }
        let bytes = try stored.read(entry.name)
        let tensor = try bytes.withUnsafeBytes { try Tensor(bytes: $0, dtype: type, shape: entry.shape) }
        v.append(try tensor.to(.float64))
    }
    // A gradient that does not depend on the parameters (a bias behind a piecewise linear loss) adds nothing.
    let used = zip(gradients, v).compactMap { gradient, v in
        gradient.flatMap { $0.requiresGradient ? ($0, v) : nil }
    }
    let products = try Autograd.gradients(of: used.map(\.0), withRespectTo: leaves, seeds: used.map(\.1))
    let product = try layout.flatten(products, dtype: .float64)
    let productNorm = try golden.tensor("\(name)/hvp_norm").item
    #expect(relativeError(try product.euclideanNorm(), productNorm, "product") < 1e-7, "\(name) Hv norm")
    let flat = try layout.flatten(v, dtype: .float64)
    #expect(
        relativeError(try product.dot(flat), try golden.tensor("\(name)/vHv").item, "product") < 1e-7, "\(name) vHv")
    for (specification, part) in zip(layout.parameters, products) {
        let key = "\(name)/hvp/\(names(specification.name))"
        guard golden.values.entry(key) != nil else { continue }
        let expected = try golden.tensor(key)
        let difference = try ((part ?? expected.zerosLike()) - expected).flattened().euclideanNorm()
        #expect(difference < 1e-6 * max(try expected.flattened().euclideanNorm(), 1e-6 * productNorm), "\(key)")
    }
}
