import Foundation

/// Several result files side by side, as one record.
public enum RunComparison {
    /// Puts the variants of all files into one record, each named `STEM: NAME` after its file, with an attribute `source_file`.
    ///
    /// Losses compare only on the same windows: data (by its hash), columns, scaling, windows, context, horizon, task and loss
    /// must be equal. Slices compare point by point only along the same directions: where weights, seed or axes differ, those of the
    /// later file are left out. Paired differences are from the first variant of each file, so that those of later files are left
    /// out too. What was left out stands in the root attribute `comparison_notes`.
    ///
    /// - Throws: ``ArchiveError/notComparable(path:other:object:expected:found:)`` with the first thing that differs.
    public static func combine(_ records: [RunRecord]) throws(ArchiveError) -> RunRecord {
        precondition(!records.isEmpty, "at least one file")
        guard records.count > 1, let first = records.first else { return records[0] }
        let settings = try records.map { record throws(ArchiveError) in try Settings(record) }
        let stems = distinct(records.map(\.path))
        var notes: [String] = []
        var variants: [VariantRecord] = []
        for (index, record) in records.enumerated() {
            try settings[0].require(settings[index], first.path, record.path)
            let difference = settings[0].otherDirections(settings[index])
            if let difference, !record.variants.allSatisfy({ $0.grids.isEmpty }) {
                notes.append(
                    "The slices of \(stems[index]) are left out: they do not follow the directions of \(stems[0]) (\(difference))."
                )
            }
            if let precision = settings[0].otherPrecision(settings[index]) {
                notes.append("\(stems[index]) differs from \(stems[0]) in precision (\(precision)).")
            }
            variants += record.variants.map { variant in
                renamed(
                    variant, stem: stems[index], keepsDifferences: index == 0, keepsSlices: difference == nil)
            }
        }
        var attributes = first.attributes
        attributes["comparison_notes"] = .strings(notes)
        let architectures = Set(records.compactMap { $0.attributes["architecture"]?.text })
        if architectures.count > 1 {
            attributes["architecture"] = .string(architectures.sorted().joined(separator: "; "))
        }
        return RunRecord(
            path: first.path, schema: first.schema, isComplete: records.allSatisfy(\.isComplete),
            title: "Loss landscapes of \(stems.joined(separator: ", "))",
            command: records.map(\.command).joined(separator: "\n"),
            created: records.map(\.created).joined(separator: ", "),
            history: first.history, seed: first.seed, fingerprint: records.map(\.fingerprint).joined(separator: " "),
            software: first.software, attributes: attributes,
            manifestJSON: "[\n" + records.map(\.manifestJSON).joined(separator: ",\n") + "\n]", variants: variants)
    }

    /// Short names of the files that tell them apart: their stems, with as many folders before them as that needs.
    static func distinct(_ paths: [String]) -> [String] {
        let pieces = paths.map { path in
            URL(fileURLWithPath: path).deletingPathExtension().pathComponents.filter { $0 != "/" }
        }
        for count in 1...max(1, pieces.map(\.count).max() ?? 1) {
            let names = pieces.map { $0.suffix(count).joined(separator: "/") }
            if Set(names).count == names.count { return names }
        }
        return paths.indices.map { "\(pieces[$0].last ?? "run") \($0 + 1)" }
    }

    private static func renamed(
        _ variant: VariantRecord, stem: String, keepsDifferences: Bool, keepsSlices: Bool
    ) -> VariantRecord {
        let paired = ["difference", "difference_error"]
        func clean(_ attributes: [String: AttributeValue]) -> [String: AttributeValue] {
            keepsDifferences ? attributes : attributes.filter { !paired.contains($0.key) }
        }
        func grids(_ grids: [GridRecord]) -> [GridRecord] {
            guard keepsSlices else { return [] }
            return keepsDifferences
                ? grids
                : grids.map { grid in
                    GridRecord(
                        name: grid.name, groupName: grid.groupName, coordinates: grid.coordinates,
                        columns: grid.columns.filter { !paired.contains($0.name) }, status: grid.status,
                        attributes: grid.attributes)
                }
        }
        var attributes = variant.attributes
        attributes["source_file"] = .string(stem)
        return VariantRecord(
            name: "\(stem): \(variant.name)", groupName: "\(stem): \(variant.groupName)", kind: variant.kind,
            alpha: variant.alpha, weightsSHA256: variant.weightsSHA256, parameters: variant.parameters,
            attributes: attributes,
            scalars: variant.scalars.map { scalar in
                ScalarRecord(
                    path: scalar.path, value: scalar.value, standardError: scalar.standardError,
                    samples: scalar.samples, seconds: scalar.seconds, status: scalar.status, longName: scalar.longName,
                    units: scalar.units, attributes: clean(scalar.attributes))
            },
            arrays: variant.arrays, lines: grids(variant.lines), planes: grids(variant.planes),
            volumes: grids(variant.volumes))
    }

    /// What the manifest says of a run, as texts that can be compared.
    private struct Settings {
        /// In the order in which differences are reported.
        let windows: [(key: String, value: String)]
        let directions: [(key: String, value: String)]
        let precision: String

        init(_ record: RunRecord) throws(ArchiveError) {
            guard record.attributes["experiment"] == nil else {
                throw .notComparable(
                    path: record.path, other: record.path, object: "kind of run", expected: "a probe",
                    found: "an experiment")
            }
            guard
                let manifest = try? JSONSerialization.jsonObject(with: Data(record.manifestJSON.utf8))
                    as? [String: Any],
                let configuration = manifest["configuration"] as? [String: Any]
            else {
                throw .damaged(path: record.path, object: "/manifest", reason: "it holds no configuration")
            }
            let hashes = manifest["sha256"] as? [String: Any] ?? [:]
            func text(_ value: Any?) -> String {
                guard let value else { return "none" }
                let data = try? JSONSerialization.data(
                    withJSONObject: value, options: [.fragmentsAllowed, .sortedKeys, .withoutEscapingSlashes])
                return data.map { String(decoding: $0, as: UTF8.self) } ?? "\(value)"
            }
            windows =
                [("SHA-256 of the data", text(hashes["data"]))]
                + ["columns", "data_scaling", "windows", "context", "horizon", "task", "loss", "mask_rate"].map {
                    ($0, text(configuration[$0]))
                }
            directions =
                [("SHA-256 of the weights", text(hashes["weights"]))]
                + ["seed", "axes", "orthogonal", "one_dimensional", "direction_seeds"].map {
                    ($0, text(configuration[$0]))
                }
            precision = text(configuration["precision"])
        }

        func require(_ other: Settings, _ path: String, _ otherPath: String) throws(ArchiveError) {
            for (mine, theirs) in zip(windows, other.windows) where mine.value != theirs.value {
                throw .notComparable(
                    path: otherPath, other: path, object: mine.key, expected: mine.value, found: theirs.value)
            }
        }

        /// The first thing by which the directions of slices differ.
        func otherDirections(_ other: Settings) -> String? {
            zip(directions, other.directions).first { $0.value != $1.value }.map { mine, theirs in
                mine.key.hasPrefix("SHA") ? "other weights" : "\(mine.key) \(theirs.value) instead of \(mine.value)"
            }
        }

        func otherPrecision(_ other: Settings) -> String? {
            precision == other.precision ? nil : "\(other.precision) instead of \(precision)"
        }
    }
}
