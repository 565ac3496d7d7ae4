import Archive
import Foundation
import Landscape

/// The results as one JSON document: schema `landscape-probe/1` of a run that has just ended, `landscape-inspect/1` of a file. Numbers that are not
/// finite are null with a reason beside them.
struct ProbeDocument {
    let record: RunRecord
    /// How long the run took; `nil` for a file that was found.
    let seconds: Double?

    init(_ record: RunRecord, seconds: Double? = nil) {
        self.record = record
        self.seconds = seconds
    }

    func text() throws -> String {
        var object: [String: Any] = [
            "schema": seconds == nil ? "landscape-inspect/1" : "landscape-probe/1", "file": record.path,
            "windows": record.attributes["windows"]?.integer ?? 0,
            "model": [
                "family": record.attributes["model"]?.text ?? "",
                "architecture": record.attributes["architecture"]?.text ?? "",
                "parameters": record.attributes["parameters"]?.integer ?? 0,
            ], "complete": record.isComplete,
            "variants": record.variants.map(variant),
            "planes": record.variants.flatMap { variant in variant.planes.map { plane(variant.name, $0) } },
            "lines": record.variants.flatMap { variant in variant.lines.map { line(variant.name, $0) } },
            "volumes": record.variants.flatMap { variant in variant.volumes.map { volume(variant.name, $0) } },
        ]
        let manifest = try JSONSerialization.jsonObject(with: Data(record.manifestJSON.utf8)) as? [String: Any] ?? [:]
        let configuration = manifest["configuration"] as? [String: Any] ?? [:]
        var data: [String: Any] = ["sha256": (manifest["sha256"] as? [String: Any])?["data"] ?? NSNull()]
        for key in ["data", "columns", "context", "horizon", "task", "loss", "windows"] {
            data[key == "data" ? "path" : key] = configuration[key] ?? NSNull()
        }
        object["data"] = data
        if let shard = record.shard { object["shard"] = ["index": shard.index, "count": shard.count] }
        object["configuration"] = configuration
        if let seconds {
            (object["seconds"], object["peak_memory_bytes"]) = (seconds, ProcessMemory.peak)
        } else {
            (object["title"], object["created"], object["command"]) = (record.title, record.created, record.command)
            // Larger seeds than JSON's numbers hold are texts, as in the configuration.
            object["seed"] = String(record.seed)
        }
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
                case .done, .interpolated: value.isNaN ? "not defined" : value > 0 ? "infinite" : "minus infinite"
                }
        }
    }

    private func scalar(_ scalar: ScalarRecord) -> [String: Any] {
        var object: [String: Any] = [:]
        put(scalar.value, "value", into: &object, status: scalar.status)
        put(scalar.standardError, "standard_error", into: &object, status: scalar.status)
        object["samples"] = scalar.samples
        put(scalar.seconds, "seconds", into: &object, status: scalar.status)
        for name in [
            "rho", "first_order", "difference", "difference_error", "undefined", "residual", "threshold",
            "learning_rate", "r_hat", "effective_draws", "converged",
        ] {
            if let value = scalar.attributes[name]?.number { put(value, name, into: &object, status: scalar.status) }
        }
        object["units"] = scalar.units
        if let source = scalar.attributes["error_source"]?.text { object["error_source"] = source }
        if let reason = scalar.undefinedReason { object["undefined_reason"] = reason }
        return object
    }

    private func density(_ density: ArrayRecord) -> [String: Any] {
        var object: [String: Any] = [:]
        put(density.attributes["bandwidth"]?.number ?? .nan, "bandwidth", into: &object, status: density.status)
        object["eigenvalue"] = (density.dimension("eigenvalue") ?? []).map(number)
        object["density"] = density.values.map(number)
        for name in ["density_error", "cumulative", "cumulative_error"] {
            object[name] = (density.companion(name) ?? []).map(number)
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

    /// Numbers that come with a trace, from the same products.
    private static func isBesideTrace(_ path: String) -> Bool {
        ["/trace_per_parameter", "/frobenius", "/trace_to_frobenius"].contains(where: path.hasSuffix)
    }

    /// Numbers that come from the computation of another, which has its time.
    private static func isBesideAnother(_ path: String) -> Bool {
        isBesideTrace(path)
            || [
                "/trace_positive", "/trace_negative", "/negative_mass", "/effective_rank", "/stable_rank",
                "/density/tail_positive", "/density/nodes", "/diagonal/samples",
            ].contains(where: path.hasSuffix)
    }

    /// Likewise for arrays; both ends of a spectrum come from one search.
    private func isBesideAnother(_ path: String, in variant: VariantRecord) -> Bool {
        if path.hasSuffix("_smallest") { return variant.array(String(path.dropLast("_smallest".count))) != nil }
        return ProbeDocument.isBesideAnother(path)
    }

    private func diagonal(_ diagonal: ArrayRecord) -> [[String: Any]] {
        guard case .strings(let names)? = diagonal.attributes["parameters"], names.count == diagonal.values.count else {
            return []
        }
        return names.indices.map { index in
            var object: [String: Any] = ["parameter": names[index]]
            put(diagonal.values[index], "mean", into: &object, status: diagonal.status)
            for (column, name) in [("mean_error", "standard_error"), ("entries", "entries"), ("negative", "negative")] {
                let value = diagonal.companion(column)?[index] ?? .nan
                put(value, name, into: &object, status: diagonal.status)
            }
            return object
        }
    }

    /// Numbers of the Hessian over all parameters that measure sharpness too, where they were measured.
    private func curvature(_ variant: VariantRecord) -> [String: Any] {
        var object: [String: Any] = [:]
        for name in [
            "trace", "trace_per_parameter", "frobenius", "trace_to_frobenius", "preconditioned_sharpness",
        ] {
            if let found = variant.scalar("curvature/\(name)") { object[name] = scalar(found) }
        }
        if let largest = variant.largestEigenvalues, let first = spectrum(largest).first {
            object["lambda_max"] = first
        }
        return object
    }

    private func variant(_ variant: VariantRecord) -> [String: Any] {
        var object: [String: Any] = [
            "name": variant.name, "kind": variant.kind, "alpha": number(variant.alpha ?? .nan),
        ]
        var sharpness: [String: Any] = [:]
        // Numbers of the Hessian over all parameters stand at the top, those of other matrices and blocks by their group.
        var parts: [String: [String: Any]] = [:]
        var seconds = 0.0
        func file(_ value: Any, _ path: String, _ name: String? = nil) {
            let pieces = path.split(separator: "/").map(String.init)
            let name = name ?? pieces.last ?? path
            let group = pieces.dropFirst().dropLast().joined(separator: "/")
            if group.isEmpty { object[name] = value } else { parts[group, default: [:]][name] = value }
        }
        for item in variant.scalars {
            if item.seconds.isFinite, !ProbeDocument.isBesideAnother(item.path) { seconds += item.seconds }
            switch item.path {
            case "gradient_norm":
                put(item.value, "gradient_norm", into: &object, status: item.status)
            case let path where path.hasPrefix("sharpness/"):
                sharpness[String(path.dropFirst("sharpness/".count))] = scalar(item)
            default: file(scalar(item), item.path)
            }
        }
        if !sharpness.isEmpty { object["sharpness"] = sharpness.merging(curvature(variant)) { own, _ in own } }
        var products = 0
        for array in variant.arrays {
            if array.path.contains("/eigenvalues") {
                file(spectrum(array), array.path)
            } else if array.path.hasSuffix("/density/density") {
                file(density(array), String(array.path.dropLast("/density".count)))
            } else if array.path.hasSuffix("/diagonal/mean") {
                file(diagonal(array), String(array.path.dropLast("/mean".count)))
            }
            // Samples and chains come with their measure.
            let isCounted = !array.path.hasPrefix("sharpness/") && !isBesideAnother(array.path, in: variant)
            if array.seconds.isFinite, isCounted { seconds += array.seconds }
        }
        if !parts.isEmpty { object["parts"] = parts }
        // Both ends of a spectrum come from one search, and so do the numbers of one estimate of a trace.
        let searches = variant.arrays.filter { array in
            !array.path.hasSuffix("_smallest") || variant.array(String(array.path.dropLast("_smallest".count))) == nil
        }
        for attributes in searches.map(\.attributes)
            + variant.scalars.filter({ !ProbeDocument.isBesideTrace($0.path) }).map(\.attributes)
        {
            products &+= attributes["products"]?.integer ?? 0
        }
        // The loss and its gradient are computed once, whoever asks first; a search of eigenvalues starts from the gradient.
        let done = Set(variant.scalars.filter { $0.status == .done }.map(\.path))
        var forward = done.contains("loss") || done.contains { $0.hasPrefix("sharpness/") } ? 1 : 0
        for grid in variant.grids {
            let evaluated = grid.status.count { $0 == .done || $0 == .failed }
            forward &+= evaluated &* max(1, grid.attributes["directions"]?.integer ?? 1)
        }
        let needsGradient =
            done.contains("gradient_norm") || done.contains { $0.hasPrefix("sharpness/") }
            || searches.contains { $0.path.contains("eigenvalues") && $0.status == .done }
        var gradients =
            (needsGradient ? 1 : 0) + (done.contains("curvature/preconditioned_sharpness") ? 1 : 0)
        for item in variant.scalars where item.status == .done {
            forward &+= item.attributes["forwards"]?.integer ?? 0
            gradients &+= item.attributes["gradients"]?.integer ?? 0
        }
        object["work"] = [
            "forward": forward,
            "gradient": gradients,
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
        if let tolerance = attributes["adaptive_tolerance"]?.number {
            object["interpolated"] = status.count { $0 == .interpolated }
            object["adaptive"] = [
                "tolerance": tolerance, "error": number(attributes["adaptive_error"]?.number ?? .nan),
                "checked": attributes["adaptive_checked"]?.integer ?? 0,
                "converged": attributes["adaptive_converged"]?.number == 1,
                "logarithmic": attributes["adaptive_logarithmic"]?.number == 1,
            ]
        }
        for key in ["axis", "x_axis", "y_axis", "z_axis"] { if let text = attributes[key]?.text { object[key] = text } }
        for key in [
            "cosine", "cosine_xy", "cosine_xz", "cosine_yz", "total_variation", "local_minima", "quadratic_deviation",
            "basins", "mean_persistence",
            "largest_persistence", "barrier", "barrier_mean_ends", "precision_error", "precision_error_relative",
        ] {
            if let value = attributes[key]?.number { object[key] = number(value) }
        }
        if let marks = attributes["marks"]?.texts {
            object["marks"] = marks.indices.map { index in
                var mark: [String: Any] = ["variant": marks[index]]
                for axis in ["x", "y", "z"] {
                    if let values = attributes["marks_\(axis)"]?.numbers, index < values.count {
                        mark[axis] = values[index]
                    }
                }
                return mark
            }
        }
        return object
    }

    private func line(_ variant: String, _ line: GridRecord) -> [String: Any] {
        var object = grid(variant, line.name, line.status, line.attributes)
        object["t"] = line.t
        object["loss"] = (line.column("loss") ?? []).map(number)
        object["standard_error"] = (line.column("standard_error") ?? []).map(number)
        for column in line.columns where object[column.name] == nil { object[column.name] = column.values.map(number) }
        return object
    }

    /// Rows are y, columns x.
    private func plane(_ variant: String, _ plane: GridRecord) -> [String: Any] {
        var object = grid(variant, plane.name, plane.status, plane.attributes)
        object["x"] = plane.x
        object["y"] = plane.y
        for values in plane.columns
        where values.name == "loss" || values.name.hasPrefix("directions_") || plane.name != "random" {
            object[values.name] = plane.y.indices.map { row in
                plane.x.indices.map { column in number(values.values[plane.index(row: row, column: column)]) }
            }
        }
        return object
    }

    /// Layers are z, their rows y, columns x.
    private func volume(_ variant: String, _ volume: GridRecord) -> [String: Any] {
        var object = grid(variant, volume.name, volume.status, volume.attributes)
        (object["x"], object["y"], object["z"]) = (volume.x, volume.y, volume.z)
        for values in volume.columns {
            object[values.name] = volume.z.indices.map { layer in
                volume.y.indices.map { row in
                    let start = (layer * volume.y.count + row) * volume.x.count
                    return values.values[start..<(start + volume.x.count)].map(number)
                }
            }
        }
        return object
    }
}
