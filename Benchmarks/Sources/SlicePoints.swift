import ArgumentParser
import Checkpoints
import Foundation
import Landscape
import Tensor

/// Times the loss at the points of a plane.
struct SliceBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slice", abstract: "Time the loss over a plane, and write its directions for the peers.")

    @OptionGroup var workload: Workload
    @Option(help: "Points along each axis.") var points = 7
    @Option(help: "Where to write both directions, by parameter.") var directions: String?
    @Option(help: "Counted runs.") var repeats = 3

    func run() throws {
        let (objective, θ) = try workload.load()
        let layout = objective.function.layout
        let axes = try (0..<2).map {
            try Directions.random(.filter, layout: layout, reference: θ, seed: 0, index: $0)
        }
        if let directions {
            let items = try axes.enumerated().flatMap { index, axis in
                try zip(layout.parameters, layout.views(of: axis)).map { specification, view in
                    let values = try view.to(.float32).array(of: Float.self)
                    return SafetensorsWriter.Item(
                        name: "\(index)/\(specification.name)", type: .float32, shape: specification.shape
                    ) { values.withUnsafeBytes { Array($0) } }
                }
            }
            try SafetensorsWriter.write(items, to: URL(fileURLWithPath: directions), overwrite: true)
        }
        let coordinates = Slices.coordinates(from: -1, to: 1, count: points)
        let places = coordinates.flatMap { y in coordinates.map { [$0, y] } }
        var losses = [Double](repeating: .nan, count: places.count)
        let seconds = try medianTime(repeats) {
            try Slices.evaluate(
                objective, .affine(centre: θ, axes: axes), points: places.enumerated().map { ($0.offset, $0.element) }
            ) { losses[$0] = $1.mean }
        }
        try report([
            "task": "slice", "batch": workload.batch, "precision": workload.precision, "points": places.count,
            "seconds_per_point": seconds / Double(places.count), "losses": losses,
        ])
    }
}
