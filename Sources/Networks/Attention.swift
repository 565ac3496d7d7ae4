import Tensor

/// Multi-head attention as explicit products and a softmax: fused kernels have no second derivative.
public enum Attention {
    /// `[…, N, heads·d]` → `[…, heads, N, d]`.
    public static func split(_ x: Tensor, heads: Int) throws(TensorError) -> Tensor {
        let shape = x.shape
        return try x.reshaped(shape.dropLast() + [heads, shape[shape.count - 1] / heads]).transposed(-3, -2)
    }

    /// `[…, heads, N, d]` → `[…, N, heads·d]`.
    public static func merge(_ x: Tensor) throws(TensorError) -> Tensor {
        let shape = x.shape
        let rank = shape.count
        return try x.transposed(-3, -2).reshaped(
            shape.dropLast(3) + [shape[rank - 2], shape[rank - 3] * shape[rank - 1]])
    }

    /// softmax(q kᵀ · scale + bias) v.
    ///
    /// - Parameters:
    ///   - query: `[B, heads, N, d]`; `key` and `value` `[B, heads, M, d]`.
    ///   - bias: added to the scores, broadcast to `[B, heads, N, M]`.
    /// - Returns: `[B, heads, N, d]`.
    public static func scaledDotProduct(
        query: Tensor, key: Tensor, value: Tensor, scale: Double, bias: Tensor? = nil
    ) throws(TensorError) -> Tensor {
        var scores = try (query * scale).matmul(key.transposed())
        if let bias { scores = try scores + bias }
        return try scores.softmax().matmul(value)
    }

    /// A score bias that hides the future: 0 on and below the diagonal, −∞ above, `[queries, keys]`, where the last
    /// query sees every key.
    public static func causalBias(queries: Int, keys: Int, like reference: Tensor) throws(TensorError) -> Tensor {
        try Tensor.full([queries, keys], -Double.infinity, dtype: reference.dtype, device: reference.device)
            .upperTriangle(diagonal: 1 + keys - queries)
    }
}
