// The predictive distribution of MOIRAI 1.x (Woo et al., ICML 2024, arXiv 2402.02592), as in uni2ts 2.0.0.

import Foundation
import Tensor

/// A mixture of four distributions for every point, on the axis z = (y − location) / scale: Student t, a normal of fixed
/// width, a negative binomial extended to real z ≥ 0, and a log-normal.
///
/// Parameters are `[B, L, P]` each, for every point of every token.
struct MoiraiMixture {
    /// Of the series, `[B, L, 1]`.
    let location: Tensor
    /// Of the series, `[B, L, 1]`.
    let scale: Tensor
    /// ln w of the components in the order above, `[B, L, P, 4]`.
    let logWeights: Tensor
    /// Degrees of freedom, above 2.
    let studentFreedom: Tensor
    let studentLocation: Tensor
    let studentScale: Tensor
    let normalLocation: Tensor
    let binomialCount: Tensor
    let binomialLogits: Tensor
    let logNormalLocation: Tensor
    let logNormalScale: Tensor

    /// The width of the normal component.
    static let normalScale = 1e-3
    private static let halfLogTwoPi = 0.5 * Foundation.log(2 * Double.pi)

    /// ln p(y), `[B, L, P]` → `[B, L, P]`; a component whose support excludes z counts as 0.
    func logProbability(_ y: Tensor) throws(TensorError) -> Tensor {
        let z = try (y - location) / scale
        let positive = try z.isGreater(than: 0)
        let negative = try z.isLess(than: 0)
        let parts = [
            try student(z), try normal(z),
            try binomial(z.clamped(below: 0)).filled(with: -.infinity, where: negative),
            // Evaluated at a safe point outside the support, so that no NaN reaches the derivatives.
            try logNormal(z.filled(with: 1, where: positive.negated()))
                .filled(with: -.infinity, where: positive.negated()),
        ]
        return try (logWeights + Tensor.stack(parts, dimension: -1)).logSumExp([-1]) - scale.logarithm()
    }

    private func student(_ z: Tensor) throws(TensorError) -> Tensor {
        let u = try (z - studentLocation) / studentScale
        let kernel = try (studentFreedom + 1) * (u.squared() / studentFreedom).logarithmOfOnePlus() * -0.5
        let normaliser =
            try studentScale.logarithm() + studentFreedom.logarithm() * 0.5 + 0.5 * Foundation.log(Double.pi)
            + (studentFreedom * 0.5).logGamma() - ((studentFreedom + 1) * 0.5).logGamma()
        return try kernel - normaliser
    }

    private func normal(_ z: Tensor) throws(TensorError) -> Tensor {
        let width = MoiraiMixture.normalScale
        return try (z - normalLocation).squared() * (-0.5 / (width * width))
            - (Foundation.log(width) + MoiraiMixture.halfLogTwoPi)
    }

    private func binomial(_ z: Tensor) throws(TensorError) -> Tensor {
        let failures = try binomialCount * (-binomialLogits).logSigmoid()
        let successes = try z * binomialLogits.logSigmoid()
        let normaliser =
            try (z + 1).logGamma() + binomialCount.logGamma() - (z + 1 + binomialCount).logGamma()
            + (binomialCount + z).logarithm()
        return try failures + successes - normaliser
    }

    private func logNormal(_ z: Tensor) throws(TensorError) -> Tensor {
        let logarithm = try z.logarithm()
        let kernel = try ((logarithm - logNormalLocation) / logNormalScale).squared() * -0.5
        return try kernel - logNormalScale.logarithm() - MoiraiMixture.halfLogTwoPi - logarithm
    }

    private func weighted(_ parts: [Tensor]) throws(TensorError) -> Tensor {
        try (logWeights.exponential() * Tensor.stack(parts, dimension: -1)).sum([-1])
    }

    private var componentMeans: [Tensor] {
        get throws(TensorError) {
            [
                studentLocation, normalLocation, try binomialCount * binomialLogits.exponential(),
                try (logNormalLocation + logNormalScale.squared() * 0.5).exponential(),
            ]
        }
    }

    /// E[y], `[B, L, P]`.
    var mean: Tensor {
        get throws(TensorError) { try weighted(componentMeans) * scale + location }
    }

    /// Var[y], `[B, L, P]`.
    var variance: Tensor {
        get throws(TensorError) {
            let means = try componentMeans
            let odds = try binomialLogits.exponential()
            let width = MoiraiMixture.normalScale
            let spread = try logNormalScale.squared()
            let variances = [
                try studentScale.squared() * studentFreedom / (studentFreedom - 2),
                try Tensor.full(means[1].shape, width * width, dtype: means[1].dtype, device: means[1].device),
                try binomialCount * odds * (odds + 1),
                try (spread.exponential() - 1) * means[3].squared(),
            ]
            var moments: [Tensor] = []
            for (mean, variance) in zip(means, variances) { moments.append(try variance + mean.squared()) }
            return try (weighted(moments) - weighted(means).squared()) * scale.squared()
        }
    }

    /// The mixture of one window over and over, `[B, L, P]` → `[count, L, P]`; without copies.
    func repeated(_ window: Int, count: Int) throws(TensorError) -> MoiraiMixture {
        func part(_ x: Tensor) throws(TensorError) -> Tensor {
            try x.narrowed(0, from: window, count: 1).expanded([count] + x.shape.dropFirst())
        }
        return MoiraiMixture(
            location: try part(location), scale: try part(scale), logWeights: try part(logWeights),
            studentFreedom: try part(studentFreedom), studentLocation: try part(studentLocation),
            studentScale: try part(studentScale), normalLocation: try part(normalLocation),
            binomialCount: try part(binomialCount), binomialLogits: try part(binomialLogits),
            logNormalLocation: try part(logNormalLocation), logNormalScale: try part(logNormalScale))
    }

    /// One draw of every point, `[B, L, P]`.
    func sample(from stream: RandomStream) throws(TensorError) -> Tensor {
        let shape = studentLocation.shape
        let device = studentLocation.device
        func normal() throws(TensorError) -> Tensor { try stream.normal(shape, dtype: .float64) }
        func gamma(_ parameter: Tensor) throws(TensorError) -> Tensor { try stream.gamma(parameter.to(.float64)) }
        // Generators live on the CPU, so every number is drawn there.
        func host(_ x: Tensor) throws(TensorError) -> Tensor { try x.detached().to(.float64, device: .cpu) }
        let freedom = try host(studentFreedom)
        let spread = try (freedom * 0.5 / gamma(freedom * 0.5)).squareRoot()
        let rate = try gamma(host(binomialCount)) * host(binomialLogits).exponential()
        let draws = try Tensor.stack(
            [
                host(studentLocation) + host(studentScale) * normal() * spread,
                host(normalLocation) + normal() * MoiraiMixture.normalScale,
                stream.poisson(rate),
                (host(logNormalLocation) + host(logNormalScale) * normal()).exponential(),
            ], dimension: -1)
        let cumulative = try host(logWeights).exponential().cumulativeSum(-1)
        let level = try stream.uniform(shape, dtype: .float64).unsqueezed(-1)
        // The first component whose cumulative weight exceeds the level; rounding must not lead past the last.
        let index = try cumulative.isLess(than: level).to(.float64).sum([-1], keepingDimensions: true).clamped(above: 3)
        let chosen = try draws.gathered(-1, indices: index.to(.int64)).squeezed(-1)
        return try chosen.to(studentLocation.dtype, device: device) * scale + location
    }
}
