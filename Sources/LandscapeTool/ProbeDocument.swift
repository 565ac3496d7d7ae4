import Archive
import Foundation
import Landscape

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
            "schema": "landscape-probe/1", "file": record.path,
            "windows": Int(record.attributes["windows"]?.number ?? 0),
            "model": [
                "family": record.attributes["model"]?.text ?? "",
                "architecture": record.attributes["architecture"]?.text ?? "",
                "parameters": Int(record.attributes["parameters"]?.number ?? 0),
            ], "complete": record.isComplete, "seconds": seconds, "peak_memory_bytes": ProcessMemory.peak,
            "variants": record.variants.map(variant),
            "planes": record.variants.flatMap { variant in variant.planes.map { plane(variant.name, $0) } },
            "lines": record.variants.flatMap { variant in variant.lines.map { line(variant.name, $0) } },
        ]
        let manifest = try JSONSerialization.jsonObject(with: Data(record.manifestJSON.utf8)) as? [String: Any] ?? [:]
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

    private func put(_ value: Double, _ key: String, into object: inout [String: Any], status: ItemStatus = .done) {
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

    private func scalar(_ scalar: ScalarRecord) -> [String: Any] {
        var object: [String: Any] = [:]
        put(scalar.value, "value", into: &object, status: scalar.status)
        put(scalar.standardError, "standard_error", into: &object, status: scalar.status)
        object["samples"] = scalar.samples
        put(scalar.seconds, "seconds", into: &object, status: scalar.status)
        for name in ["rho", "first_order"] {
            if let value = scalar.attributes[name]?.number { put(value, name, into: &object, status: scalar.status) }
        }
        return object
    }

    private func spectrum(_ spectrum: ArrayRecord) -> [[String: Any]] {
        spectrum.values.indices.map { index in
            var object: [String: Any] = ["converged": spectrum.isConverged[index]]
            put(spectrum.values[index], "value", into: &object, status: spectrum.status)
            put(spectrum.residuals[index], "residual", into: &object, status: spectrum.status)
            return object
        }
    }

    private func variant(_ variant: VariantRecord) -> [String: Any] {
        var object: [String: Any] = [
            "name": variant.name, "kind": variant.kind, "alpha": number(variant.alpha ?? .nan),
        ]
        var sharpness: [String: Any] = [:]
        var seconds = 0.0
        for item in variant.scalars {
            seconds += item.seconds.isFinite ? item.seconds : 0
            switch item.path {
            case "gradient_norm":
                put(item.value, "gradient_norm", into: &object, status: item.status)
            case "loss": object["loss"] = scalar(item)
            default:
                let name = String(item.path.split(separator: "/").last ?? "")
                if item.path.hasPrefix("sharpness/") {
                    sharpness[name] = scalar(item)
                } else {
                    object[name] = scalar(item)
                }
            }
        }
        if !sharpness.isEmpty { object["sharpness"] = sharpness }
        var products = 0
        if let largest = variant.largestEigenvalues {
            object["eigenvalues"] = spectrum(largest)
            products += Int(largest.attributes["products"]?.number ?? 0)
            seconds += largest.seconds.isFinite ? largest.seconds : 0
        }
        if let smallest = variant.smallestEigenvalues { object["eigenvalues_smallest"] = spectrum(smallest) }
        let samples = Int(variant.scalar("curvature/trace")?.samples ?? 0)
        products += samples
        // The loss and its gradient are computed once, whoever asks first; a search of eigenvalues starts from the gradient.
        let done = Set(variant.scalars.filter { $0.status == .done }.map(\.path))
        var forward = done.contains("loss") || done.contains { $0.hasPrefix("sharpness/") } ? 1 : 0
        for status in variant.lines.map(\.status) + variant.planes.map(\.status) {
            forward += status.filter { $0 != .pending }.count
        }
        for item in variant.scalars where item.status == .done {
            if item.path == "sharpness/sam" { forward += 1 }
            if item.path.hasPrefix("sharpness/average") { forward += 2 * item.samples }
        }
        object["work"] = [
            "forward": forward,
            "gradient": done.isDisjoint(with: ["gradient_norm", "sharpness/sam"]) && products == samples ? 0 : 1,
            "hvp": products,
            "seconds": seconds,
        ]
        return object
    }

    private func grid(
        _ variant: String, _ name: String, _ status: [ItemStatus], _ attributes: [String: AttributeValue]
    ) -> [String: Any] {
        var object: [String: Any] = ["variant": variant, "name": name]
        for (title, state) in [("done", ItemStatus.done), ("failed", .failed), ("pending", .pending)] {
            object[title] = status.filter { $0 == state }.count
        }
        for key in ["axis", "x_axis", "y_axis"] { if let text = attributes[key]?.text { object[key] = text } }
        if let cosine = attributes["cosine"]?.number { object["cosine"] = number(cosine) }
        return object
    }

    private func line(_ variant: String, _ line: LineRecord) -> [String: Any] {
        var object = grid(variant, line.name, line.status, line.attributes)
        object["t"] = line.t
        object["loss"] = (line.column("loss") ?? []).map(number)
        object["standard_error"] = (line.column("standard_error") ?? []).map(number)
        return object
    }

    /// Rows are y, columns x.
    private func plane(_ variant: String, _ plane: PlaneRecord) -> [String: Any] {
        var object = grid(variant, plane.name, plane.status, plane.attributes)
        object["x"] = plane.x
        object["y"] = plane.y
        let loss = plane.column("loss") ?? []
        object["loss"] = plane.y.indices.map { row in
            plane.x.indices.map { column in number(loss[plane.index(row: row, column: column)]) }
        }
        return object
    }
}
