import Tensor
import Testing

@testable import Landscape

@Suite struct TrajectoryPlaneTests {
    /// θᵢ = θₙ + aᵢ e + bᵢ f + cᵢ g with orthonormal e, f, g: the components are those of the three numbers.
    private func trajectory(
        _ positions: [[Double]], size: Int = 50
    ) throws -> (weights: [Tensor], base: [Tensor]) {
        var base: [Tensor] = []
        for index in 0..<3 {
            var vector = try RandomStream(seed: 5, "base", index).normal([size])
            for other in base { vector = try vector.adding(other, times: -(other.dot(vector))) }
            try vector.scaleInPlace(1 / vector.euclideanNorm())
            base.append(vector)
        }
        let last = try RandomStream(seed: 6, "last").normal([size])
        let weights = try positions.map { position in
            var θ = last
            for (value, vector) in zip(position, base) { θ = try θ.adding(vector, times: value) }
            return θ
        }
        return (weights, base)
    }

    /// Mean 0 in every coordinate and uncorrelated, so the components are the base itself.
    @Test func componentsOfAKnownTrajectory() throws {
        let positions: [[Double]] = [[-4, 0, 1], [4, 0, 1], [0, -2, -1], [0, 2, -1], [0, 0, 0]]
        let (weights, base) = try trajectory(positions)
        let plane = try #require(try TrajectoryPlane(weights, count: 2))
        #expect(abs(plane.radius - 4) < 1e-12)
        // Squares 32, 8 and 4.
        #expect(abs(plane.explained[0] - 32.0 / 44) < 1e-12 && abs(plane.explained[1] - 8.0 / 44) < 1e-12)
        for (axis, vector) in zip(plane.axes, base) {
            #expect(abs(abs(try axis.dot(vector)) - 4) < 1e-10)
        }
        // The first weights are on the left.
        #expect(abs(plane.coordinates[0][0] + 1) < 1e-12)
        #expect(zip(plane.coordinates[0], [-1, 1, 0, 0, 0]).allSatisfy { abs($0 - $1) < 1e-12 })
        #expect(zip(plane.coordinates[1].map(abs), [0, 0, 0.5, 0.5, 0]).allSatisfy { abs($0 - $1) < 1e-12 })
        let expected = [1 / 17.0.squareRoot(), 1 / 17.0.squareRoot(), 1 / 5.0.squareRoot(), 1 / 5.0.squareRoot(), 0]
        #expect(zip(plane.distances, expected).allSatisfy { abs($0 - $1) < 1e-12 })
    }

    /// Slices go through the last weights, though the components are those of centred points.
    @Test func theLastWeightsAreTheOrigin() throws {
        let positions: [[Double]] = [[-9, 3, 0], [-7, 1, 0.5], [-4, -1, 0], [-1, -1, 0.5], [0, 0, 0]]
        let (weights, _) = try trajectory(positions)
        let plane = try #require(try TrajectoryPlane(weights, count: 2))
        #expect(plane.coordinates.allSatisfy { $0.last == 0 } && plane.distances.last == 0)
        #expect(abs(try plane.axes[0].dot(plane.axes[1])) < 1e-12 * plane.radius * plane.radius)
        #expect(plane.coordinates.joined().allSatisfy { abs($0) <= 1 } && plane.coordinates[0][0] < 0)
        // Projection and distance make up the whole displacement.
        for index in 0..<4 {
            let displacement = try (weights[index] - weights[4]).euclideanNorm()
            let inPlane = plane.coordinates.reduce(0) { $0 + $1[index] * $1[index] } * plane.radius * plane.radius
            let off = plane.distances[index] * displacement
            #expect(abs(inPlane + off * off - displacement * displacement) < 1e-9)
        }
    }

    @Test func straightTrajectoriesHaveNoPlane() throws {
        let (weights, _) = try trajectory([[-3, 0, 0], [-2, 0, 0], [-1, 0, 0], [0, 0, 0]])
        #expect(try TrajectoryPlane(weights, count: 2) == nil)
        let line = try #require(try TrajectoryPlane(weights, count: 1))
        #expect(abs(line.explained[0] - 1) < 1e-12 && line.coordinates[0][0] == -1)
        #expect(try TrajectoryPlane([weights[0], weights[0], weights[0]], count: 1) == nil)
        #expect(try TrajectoryPlane([weights[0]], count: 1) == nil)
    }
}
