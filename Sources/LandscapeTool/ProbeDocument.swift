import Archive
import Foundation

/// The results as one JSON document, schema `landscape-probe/1`. Numbers that are not finite are null with a reason beside
/// them.
struct ProbeDocument {
    let record: RunRecord
    let seconds: Double

    init(_ record: RunRecord, seconds: Double) {
        self.record = record
        self.seconds = seconds
    }

    func text() throws -> String {
        var object: [String: Any] = [
            "schema": "landscape-probe/1", "file": record.url.path, "windows": Int(record.number("windows") ?? 0),
            "model": [
                "family": record.text("model") ?? "", "architecture": record.text("architecture") ?? "",
                "parameters": Int(record.number("parameters") ?? 0),
            ], "complete": record.isComplete, "seconds": seconds, "peak_memory_bytes": ProbeDocument.peakMemory(),
            "variants": record.variants.map(variant),
            "planes": grids(prefix: "planes/"), "lines": grids(prefix: "lines/"),
        ]
        let manifest = try JSONSerialization.jsonObject(with: Data(record.manifest.utf8)) as? [String: Any] ?? [:]
        let configuration = manifest["configuration"] as? [String: Any] ?? [:]
        var data: [String: Any] = ["sha256": (manifest["sha256"] as? [String: Any])?["data"] ?? NSNull()]
        for key in ["data", "columns", "context", "horizon", "task", "loss", "windows"] {
            data[key == "data" ? "path" : key] = configuration[key] ?? NSNull()
        }
        object["data"] = data
        object["configuration"] = configuration
        let encoded = try JSONSerialization.data(
            withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
        return String(decoding: encoded, as: UTF8.self)
    }

    private func number(_ value: Double) -> Any { value.isFinite ? value : NSNull() }

    private func put(_ value: Double, _ key: String, into object: inout [String: Any], status: Status = .done) {
        object[key] = number(value)
        if !value.isFinite {
            object["\(key)_reason"] =
                switch status {
                case .pending: "pending"
                case .failed: "failed"
                case .done: value.isNaN ? "not defined" : value > 0 ? "infinite" : "minus infinite"
                }
        }
    }

    private func scalar(_ scalar: RunRecord.Scalar) -> [String: Any] {
        var object: [String: Any] = [:]
        put(scalar.value, "value", into: &object, status: scalar.status)
        put(scalar.standardError, "standard_error", into: &object, status: scalar.status)
        for name in ["samples", "seconds", "rho", "first_order"] {
            if let value = scalar.number(name) { put(value, name, into: &object, status: scalar.status) }
        }
        return object
    }

    private func spectrum(_ spectrum: RunRecord.Spectrum) -> [[String: Any]] {
        spectrum.values.indices.map { index in
            var object: [String: Any] = ["converged": spectrum.converged[index]]
            put(spectrum.values[index], "value", into: &object, status: spectrum.status)
            put(spectrum.residuals[index], "residual", into: &object, status: spectrum.status)
            return object
        }
    }

    private func variant(_ variant: RunRecord.Variant) -> [String: Any] {
        var object: [String: Any] = [
            "name": variant.name, "kind": variant.text("kind") ?? "", "alpha": number(variant.number("alpha") ?? .nan),
        ]
        var sharpness: [String: Any] = [:]
        var seconds = 0.0
        for item in variant.scalars {
            seconds += item.number("seconds").flatMap { $0.isFinite ? $0 : nil } ?? 0
            switch item.path {
            case "gradient_norm":
                put(item.value, "gradient_norm", into: &object, status: item.status)
            case "loss": object["loss"] = scalar(item)
            default:
                let name = String(item.path.split(separator: "/").last ?? "")
                if item.path.hasPrefix("sharpness/") { sharpness[name] = scalar(item) } else { object[name] = scalar(item) }
            }
        }
        if !sharpness.isEmpty { object["sharpness"] = sharpness }
        var products = 0
        if let largest = variant.largest {
            object["eigenvalues"] = spectrum(largest)
            products += Int(largest.number("products") ?? 0)
            seconds += largest.number("seconds").flatMap { $0.isFinite ? $0 : nil } ?? 0
        }
        if let smallest = variant.smallest { object["eigenvalues_smallest"] = spectrum(smallest) }
        products += Int(variant.scalar("curvature/trace")?.number("samples") ?? 0)
        let forward =
            (variant.scalar("loss") == nil ? 0 : 1) + variant.grids.reduce(0) { $0 + $1.status.filter { $0 != .pending }.count }
            + variant.scalars.filter { $0.path.hasPrefix("sharpness/average") }.reduce(0) { $0 + 2 * Int($1.number("samples") ?? 0) }
            + (variant.scalar("sharpness/sam")?.status == .done ? 1 : 0)
        object["work"] = [
            "forward": forward, "gradient": variant.scalar("gradient_norm")?.status == .done ? 1 : 0, "hvp": products,
            "seconds": seconds,
        ]
        return object
    }

    private func grids(prefix: String) -> [[String: Any]] {
        record.variants.flatMap { variant in
            variant.grids.filter { $0.path.hasPrefix(prefix) }.map { grid -> [String: Any] in
                var object: [String: Any] = [
                    "variant": variant.name, "name": String(grid.path.dropFirst(prefix.count)),
                    "done": grid.status.filter { $0 == .done }.count, "failed": grid.status.filter { $0 == .failed }.count,
                    "pending": grid.status.filter { $0 == .pending }.count,
                ]
                for axis in grid.axes { object[axis.name] = axis.values }
                for name in ["axis", "x_axis", "y_axis"] { if let text = grid.text(name) { object[name] = text } }
                if let cosine = grid.number("cosine") { object["cosine"] = number(cosine) }
                let columns = grid.axes.last?.values.count ?? 1
                let rows = stride(from: 0, to: grid.loss.count, by: max(1, columns)).map { start in
                    grid.loss[start..<min(start + columns, grid.loss.count)].map(number)
                }
                object["loss"] = grid.axes.count == 1 ? (rows.first ?? []) : rows as Any
                return object
            }
        }
    }

    /// The largest resident size of this process, in bytes.
    static func peakMemory() -> Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1024
    }
}
