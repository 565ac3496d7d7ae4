import Archive
import Landscape

/// What a slice says of the trajectory that its axes come from.
enum TrajectoryAttributes {
    /// Coordinates, distances from the slice relative to the way still to go, and explained shares of the variance.
    static func of(_ trajectory: TrajectoryPlane, along dimensions: Int) -> [String: AttributeValue] {
        var result: [String: AttributeValue] = [
            "trajectory_distance": .doubles(trajectory.distances), "trajectory_radius": .double(trajectory.radius),
            "explained_variance": .doubles(trajectory.explained),
        ]
        for (name, coordinates) in zip(["x", "y", "z"], trajectory.coordinates.prefix(dimensions)) {
            result["trajectory_\(name)"] = .doubles(coordinates)
        }
        return result
    }
}
