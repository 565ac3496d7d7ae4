import Checkpoints
import Forecasters
import Foundation
import Networks
import Tensor
import Testing

/// The largest official size, written with random weights, loaded and run once. Takes 3 GB of disk and, in a debug build, eight minutes,
/// most of them for the checksum; so it runs when asked for: LANDSCAPE_LARGE=1.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["LANDSCAPE_LARGE"] == "1", "set LANDSCAPE_LARGE=1"))
struct LargeModelTests {
    @Test func peakMemoryOfTheLargestModel() throws {
        let scratch = try Scratch()
        let published = try #require(Families.all.flatMap(\.published).max { $0.parameters < $1.parameters })
        #expect(published.parameters > 500_000_000)
        let model = try published.make()
        try model.configurationJSON().write(
            to: scratch.url.appendingPathComponent("config.json"), atomically: true, encoding: .utf8)
        let items = model.layout.parameters.map { specification in
            SafetensorsWriter.Item(
                name: specification.name, type: .float32, shape: specification.shape,
                bytes: {
                    let stream = try RandomStream(seed: 1, specification.name)
                    let values = try specification.initializer.sample(
                        specification.shape, from: stream, dtype: .float32)
                    var bytes = [UInt8](repeating: 0, count: values.count * 4)
                    try bytes.withUnsafeMutableBytes { try values.copyBytes(into: $0) }
                    return bytes
                })
        }
        try SafetensorsWriter.write(
            items, metadata: [:], to: scratch.url.appendingPathComponent("model.safetensors"), overwrite: false)
        var csv = "date,a\n"
        for row in 0..<4000 { csv += "\(row),\(sin(Double(row) / 7) + Double(row % 13) / 9)\n" }
        try scratch.write("series.csv", csv)
        let result = try Program.run(
            [
                "probe", "--weights", scratch.url.path, "--data", scratch.path("series.csv"), "--windows", "1",
                "--measures", "loss", "--variants", "pretrained", "--json", "--no-report", "--quiet", "--output",
                scratch.path("run.h5"),
            ], in: scratch.url)
        #expect(result.status == 0, "\(result.errors)")
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        let peak = try #require(document["peak_memory_bytes"] as? Int)
        print(
            "\(published.name): \(published.parameters) parameters, peak \(peak) bytes,",
            Double(peak) / Double(4 * published.parameters), "times the weights")
        #expect(Double(peak) < 1.3 * 4 * Double(published.parameters) + 1_073_741_824)
    }
}
