import ArgumentParser
import Foundation
import Landscape

/// Our side of `make bench`. Each command prints one JSON object; `Benchmarks/compare.py` runs them beside the peers.
@main
struct Benchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "LandscapeBenchmarks", abstract: "Our side of the benchmarks.",
        subcommands: [
            PrepareBenchmark.self, ProductBenchmark.self, EigenBenchmark.self, DenseBenchmark.self, TraceBenchmark.self,
            DensityBenchmark.self, SliceBenchmark.self, TrainingBenchmark.self,
        ])
}

/// Prints a JSON object with what the process took.
func report(_ values: [String: Any]) throws {
    var object = values
    object["peer"] = "landscape"
    object["peak_memory_bytes"] = ProcessMemory.peak
    let data = try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys, .withoutEscapingSlashes])
    print(String(decoding: data, as: UTF8.self))
}

/// The median time of several runs after one that is not counted, in seconds.
func medianTime(_ repeats: Int, _ body: () throws -> Void) rethrows -> Double {
    try body()
    var times: [Double] = []
    for _ in 0..<repeats {
        let begun = ContinuousClock.now
        try body()
        times.append(seconds(since: begun))
    }
    return times.sorted()[repeats / 2]
}

func seconds(since begun: ContinuousClock.Instant) -> Double {
    let (seconds, attoseconds) = (ContinuousClock.now - begun).components
    return Double(seconds) + Double(attoseconds) * 1e-18
}
