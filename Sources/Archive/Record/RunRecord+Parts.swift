// What readers of a record ask for by name.

extension VariantRecord {
    /// The upper end of the Hessian's spectrum, descending.
    public var largestEigenvalues: ArrayRecord? { array("curvature/eigenvalues") }
    /// The lower end, ascending.
    public var smallestEigenvalues: ArrayRecord? { array("curvature/eigenvalues_smallest") }
}

extension ArrayRecord {
    private func companion(prefix: String) -> [Double] {
        companions.first { $0.name.hasPrefix(prefix) }?.values ?? values.map { _ in .nan }
    }

    /// Relative residuals ‖Hv − λv‖/|λ| of eigenvalues, one for each; NaN where the file has none.
    public var residuals: [Double] { companion(prefix: "residuals") }
    /// Which eigenvalues converged, one for each; none where the file does not say.
    public var isConverged: [Bool] { companion(prefix: "converged").map { $0 == 1 } }
}

extension GridRecord {
    /// The point whose coordinates are all 0, where 0 lies inside every range: the weights that the slice surrounds.
    public var centre: Int? {
        var index = 0
        var stride = 1
        for values in coordinates {
            guard let place = values.firstIndex(of: 0), values.count == 1 || (place > 0 && place < values.count - 1)
            else { return nil }
            index += place * stride
            stride *= values.count
        }
        return index
    }
}
