import Archive
import Checkpoints
import Foundation
import OracleSupport
import Testing

/// A number that is not finite ends in a named error or a failed status; nothing else of the run suffers from it.
@Suite struct NumericalTrustTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private static let embedded = Program.root.appendingPathComponent("Sources/LandscapeTool/Resources/Embedded")
    private static let measures =
        "loss,gradient,eigen,trace,diagonal,density,preconditioned,sharpness,line,path,plane,volume,theory,convexity"

    /// The embedded weights with the last matrix times a number.
    private func weights(_ name: String, head factor: Float) throws -> String {
        let checkpoint = try Checkpoint(Self.embedded.appendingPathComponent("model.safetensors"))
        let items = try checkpoint.entries.map { entry in
            let tensor = entry.name
            var bytes = try checkpoint.read(tensor)
            if tensor == "proj.weight" {
                bytes.withUnsafeMutableBytes { buffer in
                    let values = buffer.bindMemory(to: Float.self)
                    for index in values.indices { values[index] *= factor }
                }
            }
            return SafetensorsWriter.Item(name: tensor, type: .float32, shape: entry.shape) { [bytes] in bytes }
        }
        let url = scratch.url.appendingPathComponent(name)
        try SafetensorsWriter.write(items, to: url, overwrite: true)
        return url.path
    }

    /// 1e20 squares beyond the largest float32 number, 3e17 stays below it while some sums do not.
    @Test(arguments: [Float(1e20), 3e17] + (runsSlowTests ? [1e10] : []))
    func overflowIsNamed(_ factor: Float) throws {
        let path = try weights("large.safetensors", head: factor)
        let arguments = [
            "--windows", "6", "--batch", "6", "--measures", Self.measures, "--eigen", "1", "--max-products", "12",
            "--samples", "6",
            "--diagonal-probes", "2", "--density-probes", "1", "--density-steps", "6", "--points", "3", "--grid",
            "3x3,2x2x2", "--convexity-grid", "3x1", "--theory-points", "2", "--theory-probes", "2", "--sharpness",
            "sam,asam,average,lpf,local_entropy,pac_bayes,quadratic_form,keskar", "--quiet",
        ]
        let result = try Program.run(
            [
                "probe", "--variants", "pretrained,file:\(path)", "--output", scratch.path("run.h5"), "--report",
                scratch.path("report"),
            ]
                + arguments, in: scratch.url)
        #expect(result.signal == nil && [0, 1].contains(result.status), "\(result.errors)")
        let record = try RunReader.read(scratch.path("run.h5"))
        let large = try #require(record.variants.last)
        var failures: [String] = []
        for variant in record.variants {
            for scalar in variant.scalars {
                switch scalar.status {
                case .failed: failures.append("\(variant.name) \(scalar.path)")
                case .pending: Issue.record("\(variant.name) \(scalar.path) was left out")
                case .done, .interpolated:
                    // The loss may be infinite; what is not defined says why.
                    let isExplained = (scalar.attributes["undefined"]?.number ?? 0) > 0
                    #expect(
                        scalar.value.isFinite || isExplained || (scalar.path == "loss" && scalar.value == .infinity),
                        "\(variant.name) \(scalar.path) is \(scalar.value)")
                }
            }
            for array in variant.arrays {
                switch array.status {
                case .failed: failures.append("\(variant.name) \(array.path)")
                case .pending: Issue.record("\(variant.name) \(array.path) was left out")
                case .done, .interpolated:
                    guard !array.path.hasSuffix("/nodes"), !array.path.hasSuffix("_samples") else { continue }
                    #expect(array.values.allSatisfy { $0.isFinite }, "\(variant.name) \(array.path): \(array.values)")
                }
            }
            for grid in variant.grids {
                for (index, status) in grid.status.enumerated() {
                    #expect(status != .pending)
                    if status == .failed { failures.append("\(variant.name) \(grid.id) \(index)") }
                    if status == .done {
                        let loss = grid.column("loss")?[index] ?? .nan
                        #expect(!loss.isNaN && loss > -.infinity, "\(variant.name) \(grid.id) \(index)")
                        for column in grid.columns where column.name.hasPrefix("lambda") || column.name == "trace" {
                            #expect(column.values[index].isFinite, "\(variant.name) \(grid.id) \(column.name) \(index)")
                        }
                    }
                }
            }
        }
        // Every failure is said, and the exit code tells of it; the other weights have all their numbers.
        #expect((result.status == 1) == !failures.isEmpty, "\(failures)")
        if !failures.isEmpty { #expect(result.errors.contains("failed"), "\(result.errors)") }
        #expect(!failures.contains { $0.hasPrefix("pretrained ") && !$0.contains("theory") }, "\(failures)")
        if factor >= 1e20 {
            #expect(failures.contains("\(large.name) curvature/trace"))
            #expect(failures.contains("\(large.name) curvature/eigenvalues"))
        } else if factor <= 1e10 {
            #expect(failures.isEmpty, "\(failures)")
        }
    }
}
