import Foundation
import Tensor

/// Sinusoidal position tables.
public enum SinusoidalPositions {
    /// The table of "Attention Is All You Need": even columns sin(pos·ωᵢ), odd columns cos(pos·ωᵢ),
    /// ωᵢ = 10000^(−2i/width), computed in float32 as the reference does. `[1, length, width]`.
    public static func table(length: Int, width: Int) throws(TensorError) -> Tensor {
        var values = [Float](repeating: 0, count: length * width)
        let step = Float(-(Foundation.log(10000.0) / Double(width)))
        for column in stride(from: 0, to: width, by: 2) {
            let frequency = Foundation.exp(Float(column) * step)
            for position in 0..<length {
                let angle = Float(position) * frequency
                values[position * width + column] = Foundation.sin(angle)
                if column + 1 < width { values[position * width + column + 1] = Foundation.cos(angle) }
            }
        }
        return try Tensor(values, shape: [1, length, width])
    }
}

/// Rotary position embedding (Su et al. 2021, arXiv 2104.09864) in the layout that rotates halves.
public struct RotaryEmbedding: Sendable {
    /// cos(pos·θᵢ) and sin(pos·θᵢ), `[length, headWidth]`, each angle at column i and i + headWidth/2.
    public let cosine: Tensor
    /// See ``cosine``.
    public let sine: Tensor

    /// Tables for positions `0..<length`, θᵢ = base^(−2i/headWidth).
    public init(
        length: Int, headWidth: Int, base: Double = 10000, dtype: DType, device: Device = .cpu
    ) throws(TensorError) {
        let half = headWidth / 2
        var cosines = [Double](repeating: 0, count: length * headWidth)
        var sines = cosines
        for column in 0..<half {
            let frequency = Foundation.pow(base, -2 * Double(column) / Double(headWidth))
            for position in 0..<length {
                let angle = Double(position) * frequency
                for target in [column, column + half] {
                    cosines[position * headWidth + target] = Foundation.cos(angle)
                    sines[position * headWidth + target] = Foundation.sin(angle)
                }
            }
        }
        cosine = try Tensor(cosines, shape: [length, headWidth]).to(dtype, device: device)
        sine = try Tensor(sines, shape: [length, headWidth]).to(dtype, device: device)
    }

    private init(cosine: Tensor, sine: Tensor) {
        self.cosine = cosine
        self.sine = sine
    }

    /// The tables of chosen positions, `int64` `[B, N]` → tables `[B, 1, N, headWidth]`.
    public func selecting(_ positions: Tensor) throws(TensorError) -> RotaryEmbedding {
        let shape = positions.shape
        let width = cosine.shape[1]
        let index = try positions.reshaped([-1])
        let target = [shape[0], 1, shape[1], width]
        return RotaryEmbedding(
            cosine: try cosine.selected(0, indices: index).reshaped(target),
            sine: try sine.selected(0, indices: index).reshaped(target))
    }

    /// The tables from `start` on.
    public func from(_ start: Int, count: Int) throws(TensorError) -> RotaryEmbedding {
        RotaryEmbedding(
            cosine: try cosine.narrowed(0, from: start, count: count),
            sine: try sine.narrowed(0, from: start, count: count))
    }

    /// Rotates queries or keys `[…, N, headWidth]`.
    public func rotate(_ x: Tensor) throws(TensorError) -> Tensor {
        let half = cosine.shape[cosine.rank - 1] / 2
        let first = try x.narrowed(-1, from: 0, count: half)
        let second = try x.narrowed(-1, from: half, count: half)
        let rotated = try Tensor.concatenate([-second, first], dimension: -1)
        return try x * cosine + rotated * sine
    }
}

/// Rotary position embedding that turns neighbouring pairs (x₂ᵢ, x₂ᵢ₊₁) of the leading part of a head.
public struct InterleavedRotaryEmbedding: Sendable {
    private let cosine: Tensor
    private let sine: Tensor
    private let width: Int

    /// Tables for the positions of a batch, θᵢ = base^(−2i/width).
    ///
    /// - Parameters:
    ///   - positions: `int64` `[B, N]`.
    ///   - width: how many leading entries of a head are turned.
    public init(positions: Tensor, width: Int, base: Double = 10000, dtype: DType) throws(TensorError) {
        let frequencies = (0..<width).map { Foundation.pow(base, -2 * Double($0 / 2) / Double(width)) }
        let angles =
            try positions.to(.float64).unsqueezed(1).unsqueezed(3)
            * Tensor(frequencies).to(.float64, device: positions.device)
        cosine = try angles.cosine().to(dtype)
        sine = try angles.sine().to(dtype)
        self.width = width
    }

    /// Rotates queries or keys `[B, heads, N, headWidth]`.
    public func rotate(_ x: Tensor) throws(TensorError) -> Tensor {
        let turned = try x.narrowed(-1, from: 0, count: width)
        let shape = turned.shape
        let pairs = try turned.reshaped(shape.dropLast() + [width / 2, 2])
        let swapped = try Tensor.stack([-pairs.selected(-1, at: 1), pairs.selected(-1, at: 0)], dimension: -1)
            .reshaped(shape)
        let rotated = try turned * cosine + swapped * sine
        let rest = x.shape[3] - width
        if rest == 0 { return rotated }
        return try Tensor.concatenate([rotated, x.narrowed(-1, from: width, count: rest)], dimension: -1)
    }
}
