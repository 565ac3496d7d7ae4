/// Interpolation by the cubic spline with not-a-knot ends, as weights: s(t) = Σₖ wₖ(t) fₖ. Few nodes give the polynomial through them.
///
/// The spline is linear in the values, so one set of weights serves every row of a grid. It reproduces cubic polynomials; the error
/// for smooth functions falls with the fourth power of the spacing (de Boor 1978, A Practical Guide to Splines, chapter IV).
struct CubicSpline {
    let nodes: [Double]
    /// `moments[k][i]`: the second derivative at node i where the value is 1 at node k and 0 at the others.
    private let moments: [[Double]]

    /// The spline over ascending nodes. Cost: O(n²) for n nodes.
    init(nodes: [Double]) {
        precondition(!nodes.isEmpty, "a spline needs a node")
        self.nodes = nodes
        moments = nodes.count < 4 ? [] : CubicSpline.moments(nodes)
    }

    /// wₖ(t) for every node.
    func weights(at t: Double) -> [Double] {
        let n = nodes.count
        guard n >= 4 else {
            return nodes.indices.map { k in
                nodes.indices.reduce(1.0) { $1 == k ? $0 : $0 * (t - nodes[$1]) / (nodes[k] - nodes[$1]) }
            }
        }
        let above = nodes.firstIndex { $0 > t } ?? n - 1
        let left = min(max(above - 1, 0), n - 2)
        let h = nodes[left + 1] - nodes[left]
        let b = (t - nodes[left]) / h
        let a = 1 - b
        let (u, v) = ((a * a * a - a) * h * h / 6, (b * b * b - b) * h * h / 6)
        var weights = (0..<n).map { u * moments[$0][left] + v * moments[$0][left + 1] }
        weights[left] += a
        weights[left + 1] += b
        return weights
    }

    /// The second derivatives of the n cardinal splines. Not-a-knot, m₀ = m₁ + (m₁ − m₂) h₀/h₁ and alike at the other end, is put into
    /// the equations of the inner nodes, which stay tridiagonal.
    private static func moments(_ x: [Double]) -> [[Double]] {
        let n = x.count
        let h = (0..<(n - 1)).map { x[$0 + 1] - x[$0] }
        let (first, last) = (h[0] / h[1], h[n - 2] / h[n - 3])
        var lower = (1..<(n - 1)).map { h[$0 - 1] }
        var diagonal = (1..<(n - 1)).map { 2 * (h[$0 - 1] + h[$0]) }
        var upper = (1..<(n - 1)).map { h[$0] }
        diagonal[0] += h[0] * (1 + first)
        upper[0] -= h[0] * first
        diagonal[n - 3] += h[n - 2] * (1 + last)
        lower[n - 3] -= h[n - 2] * last
        return x.indices.map { k in
            func value(_ i: Int) -> Double { i == k ? 1 : 0 }
            var right = (1..<(n - 1)).map { i in
                6 * ((value(i + 1) - value(i)) / h[i] - (value(i) - value(i - 1)) / h[i - 1])
            }
            var pivot = diagonal
            for i in 1..<(n - 2) {
                let factor = lower[i] / pivot[i - 1]
                pivot[i] -= factor * upper[i - 1]
                right[i] -= factor * right[i - 1]
            }
            var inner = right
            inner[n - 3] /= pivot[n - 3]
            for i in stride(from: n - 4, through: 0, by: -1) {
                inner[i] = (right[i] - upper[i] * inner[i + 1]) / pivot[i]
            }
            let start = inner[0] + (inner[0] - inner[1]) * first
            let end = inner[n - 3] + (inner[n - 3] - inner[n - 4]) * last
            return [start] + inner + [end]
        }
    }
}
