import Archive
import Landscape

/// What a slice says of the trajectory that its axes come from.
enum TrajectoryAttributes {
    /// Coordinates, distances from the slice relative to the way still to go, and explained shares of the variance.
    static func of(_ trajectory: TrajectoryPlane, along dimensions: Int) -> [String: AttributeValue] {
        var result: [String: AttributeValue] = [
            "trajectory_x": .doubles(trajectory.coordinates[0]),
            "trajectory_distance": .doubles(trajectory.distances), "trajectory_radius": .double(trajectory.radius),
            "explained_variance": .doubles(trajectory.explained),
        ]
        if dimensions == 2 { result["trajectory_y"] = .doubles(trajectory.coordinates[1]) }
        return result
    }
}
