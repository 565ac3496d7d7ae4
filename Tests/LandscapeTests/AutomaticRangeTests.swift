import Landscape
import Tensor
import Testing

@testable import Landscape

@Suite struct AutomaticRangeTests {
    /// L = L₀ + ½ a t² along a direction from the minimum of a quadratic: r = √(2 (factor − 1) |L₀| / a).
    @Test(arguments: [(1.5, 1.0), (10, 1), (2, 1e-4), (3, 1e4)])
    func quadraticInClosedForm(factor: Double, length: Double) throws {
        let loss = try QuadraticLoss()
        let objective = try Objective(loss, dtype: .float64)
        let θ = loss.centre
        let found = try objective.gradient(at: θ)
        // Along a direction without slope, curved upwards.
        let candidates = try (0..<20).map {
            try Directions.orthogonalized(
                RandomStream(seed: 12, "d", $0).normal([QuadraticLoss.size]), against: [found])
        }
        let curvatures = try candidates.map { try $0.dot(loss.hessian.matmul($0)) }
        let chosen = try #require(curvatures.firstIndex { $0 > 0.5 })
        let (direction, curvature) = (candidates[chosen], curvatures[chosen])
        try direction.scaleInPlace(length)
        let start = try objective.loss(at: θ).mean
        let range = try AutomaticRange(objective, at: θ, along: [direction], factor: factor)
        let exact = (2 * (factor - 1) * abs(start) / curvature).squareRoot() / length
        #expect(range.isReached)
        #expect(range.radius >= exact * (1 - 1e-9) && range.radius <= 1.06 * exact)
        #expect(range.evaluations < 95)
    }

    @Test func aFlatDirectionIsNotReached() throws {
        let loss = try QuadraticLoss()
        let objective = try Objective(loss, dtype: .float64)
        let range = try AutomaticRange(
            objective, at: loss.centre, along: [Tensor.zeros([QuadraticLoss.size], dtype: .float64)], factor: 2)
        #expect(!range.isReached && range.radius == 1_048_576)
    }
}
