import Tensor
import Testing

/// Mean, standard deviation and range of a draw from U(−bound, bound), within 5 standard errors.
func checkUniform(_ draw: Tensor, bound: Double, _ name: String = "") throws {
    let values = try draw.doubles
    let n = Double(values.count)
    let mean = values.reduce(0, +) / n
    let second = values.reduce(0) { $0 + $1 * $1 } / n
    #expect(abs(mean) < 5 * bound / (3 * n).squareRoot(), "\(name) mean \(mean)")
    // Var(x²) = 4/45 bound⁴.
    #expect(abs(second - bound * bound / 3) < 5 * bound * bound * (4 / (45 * n)).squareRoot(), "\(name) second moment")
    let largest = values.map(abs).max() ?? 0
    // P(max < b (1 − t)) = (1 − t)ⁿ, below 1e-6 for t = 14/n.
    #expect(largest <= bound && largest > bound * max(0, 1 - 14 / n), "\(name) range \(largest) of \(bound)")
}

/// Mean, standard deviation and range of a draw from N(0, deviation²), within 5 standard errors.
func checkNormal(_ draw: Tensor, deviation: Double, _ name: String = "") throws {
    let values = try draw.doubles.map { $0 / deviation }
    let n = Double(values.count)
    let mean = values.reduce(0, +) / n
    let second = values.reduce(0) { $0 + $1 * $1 } / n
    #expect(abs(mean) < 5 / n.squareRoot(), "\(name) mean \(mean)")
    #expect(abs(second - 1) < 5 * (2 / n).squareRoot(), "\(name) second moment \(second)")
    let largest = values.map(abs).max() ?? 0
    #expect(largest < 7, "\(name) range \(largest)")
    #expect(n < 1000 || largest > 2.5, "\(name) range \(largest)")
}
