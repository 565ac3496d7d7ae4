import Networks
import Tensor
import Testing

@testable import Forecasters

/// Every parameter of a large draw against the families' published rules: mean, standard deviation and range.
@Suite struct InitialisationTests {
    private func check(_ model: any Forecaster, _ rule: (ParameterSpecification) -> Double?) throws {
        let layout = model.layout
        let draw = try layout.sample(seed: 11, purpose: "test", dtype: .float64)
        for (specification, view) in zip(layout.parameters, try layout.views(of: draw)) {
            if let deviation = rule(specification) {
                try checkNormal(view, deviation: deviation, specification.name)
            } else {
                let isGain = specification.role == .norm && specification.name.hasSuffix("weight")
                #expect(
                    try view.flattened().doubles.allSatisfy { $0 == (isGain ? 1 : 0) }, "\(specification.name)")
            }
        }
    }

    @Test func timerOfTheLibrary() throws {
        let golden = try Golden("timer_hf")
        try check(golden.model().0.model) { $0.role == .weight ? 0.02 : nil }
    }

    @Test func sundial() throws {
        let golden = try Golden("sundial")
        try check(golden.model().0.model) { $0.role == .weight ? 0.02 : nil }
    }

    @Test func chronosBolt() throws {
        let golden = try Golden("chronos_bolt")
        let model = try #require(golden.model().0.model as? ChronosBoltForecaster)
        let c = model.configuration
        let (f, d) = (c.factor, Double(c.width))
        let layout = model.layout
        for (specification, draw) in zip(
            layout.parameters, try layout.views(of: layout.sample(seed: 11, purpose: "test", dtype: .float64)))
        {
            let name = specification.name
            let deviation: Double
            switch (name.split(separator: ".").dropLast().last, name.hasSuffix("bias") && !name.contains("relative")) {
            case (_, true):
                #expect(try draw.doubles.allSatisfy { $0 == 0 }, "\(name)")
                continue
            case ("shared", _): deviation = f
            case ("q", _): deviation = f / (d * Double(c.keyWidth)).squareRoot()
            case ("k", _), ("v", _), ("relative_attention_bias", _), ("wi", _): deviation = f / d.squareRoot()
            case ("o", _): deviation = f / Double(c.heads * c.keyWidth).squareRoot()
            case ("wo", _), ("output_layer", _): deviation = f / Double(c.feedForwardWidth).squareRoot()
            case ("hidden_layer", _), ("residual_layer", _):
                deviation = f / Double(2 * c.chronos.patchLength).squareRoot()
            default:
                #expect(name.hasSuffix("layer_norm.weight"), "\(name)")
                #expect(try draw.doubles.allSatisfy { $0 == f }, "\(name)")
                continue
            }
            try checkNormal(draw, deviation: deviation, name)
        }
    }
}
