import Archive
import Foundation

/// Whether the parts of a result file go together, without computing anything.
struct StructureCheck {
    /// What contradicts what, for people; empty in a sound file.
    private(set) var problems: [String] = []
    /// How many things were looked at.
    private(set) var count = 0

    init(_ record: RunRecord) {
        expect(!record.isComplete || record.counts.pending == 0) {
            "the file says that it is complete, and \(record.counts.pending) items are pending"
        }
        for variant in record.variants {
            let parameters = record.attributes["parameters"]?.integer
            expect(parameters.map { $0 == variant.parameters } ?? true) {
                "\(variant.name): \(variant.parameters) parameters, and the model has \(parameters ?? 0)"
            }
            for scalar in variant.scalars { check(scalar, of: variant.name) }
            let scale = variant.arrays.filter { $0.path.hasPrefix("curvature/eigenvalues") }.flatMap(\.values)
                .map(abs).filter(\.isFinite).max()
            for array in variant.arrays where array.path.contains("/eigenvalues") {
                check(array, of: variant.name, scale: array.path.hasPrefix("curvature/eigenvalues") ? scale : nil)
            }
            for grid in variant.grids { check(grid, of: variant.name) }
        }
    }

    private mutating func expect(_ isTrue: Bool, _ problem: () -> String) {
        count += 1
        if !isTrue { problems.append(problem()) }
    }

    private mutating func check(_ scalar: ScalarRecord, of variant: String) {
        guard scalar.status == .done, ["loss", "gradient_norm"].contains(scalar.path) else { return }
        expect(!scalar.value.isNaN) { "\(variant) \(scalar.path): status done, and the value is NaN" }
    }

    // MARK: Eigenvalues

    /// - Parameter scale: the largest eigenvalue known in magnitude; far below it a residual is measured otherwise.
    private mutating func check(_ array: ArrayRecord, of variant: String, scale: Double?) {
        guard array.status == .done else { return }
        let name = "\(variant) \(array.path)"
        let known = array.values.filter { !$0.isNaN }
        guard let tolerance = array.attributes["tolerance"]?.number else { return }
        let largest = scale ?? known.map(abs).max() ?? 0
        // Neighbours as close as they are known may stand in either order.
        let slack = tolerance * largest
        let ascending = array.path.hasSuffix("_smallest")
        let isSorted = zip(known, known.dropFirst()).allSatisfy {
            ascending ? $0 <= $1 + slack : $0 >= $1 - slack
        }
        expect(isSorted) { "\(name): is not \(ascending ? "ascending" : "descending")" }
        for (index, value) in array.values.enumerated() where !value.isNaN && abs(value) >= 0.01 * largest {
            let (residual, isConverged) = (array.residuals[index], array.isConverged[index])
            // One digit of rounding of the quotient.
            let isBelow = residual <= tolerance * (1 + 1e-9)
            expect(isBelow == isConverged || (!isBelow && residual <= tolerance * (1 + 1e-6))) {
                "\(name)[\(index)]: the residual \(residual) is \(isBelow ? "at most" : "above") the tolerance \(tolerance), and converged is \(isConverged ? 1 : 0)"
            }
        }
    }

    // MARK: Lines, planes and volumes

    private mutating func check(_ grid: GridRecord, of variant: String) {
        let name = "\(variant) \(grid.id)"
        for (axis, values) in zip(grid.kind.axes, grid.coordinates) {
            expect(zip(values, values.dropFirst()).allSatisfy { $0 < $1 }) { "\(name): \(axis) does not ascend" }
        }
        guard let losses = grid.column("loss") else { return }
        let errors = grid.column("standard_error") ?? losses
        let isAdaptive = grid.attributes["adaptive_tolerance"] != nil
        var wrong: [String] = []
        for (index, status) in grid.status.enumerated() {
            switch status {
            case .done where losses[index].isNaN: wrong.append("status done, and the loss is NaN")
            case .interpolated where !isAdaptive:
                wrong.append("status interpolated in a slice that was evaluated whole")
            case .interpolated where losses[index].isNaN: wrong.append("status interpolated, and the loss is NaN")
            case .interpolated where !errors[index].isNaN:
                wrong.append("status interpolated, and there is a standard error, which only evaluated points have")
            default: continue
            }
            wrong[wrong.count - 1] = "at \(grid.placeText(index)): " + wrong[wrong.count - 1]
        }
        expect(wrong.isEmpty) { "\(name): \(wrong.count) points contradict their status, the first \(wrong[0])" }
        if let evaluated = grid.attributes["adaptive_evaluated"]?.number, grid.status.allSatisfy({ $0 != .pending }) {
            let done = grid.status.count { $0 == .done || $0 == .failed }
            expect(Int(evaluated) == done) {
                "\(name): adaptive_evaluated is \(Int(evaluated)), and \(done) points were"
            }
        }
    }
}

extension GridRecord {
    /// The coordinates of a point, for people: `(−0.5, 1)`.
    func placeText(_ index: Int) -> String {
        "(" + position(index).map { String(format: "%.4g", $0) }.joined(separator: ", ") + ")"
    }
}
