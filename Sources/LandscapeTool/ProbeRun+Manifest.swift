import Checkpoints
import Foundation
import Tensor

/// What the file says of the run's settings and inputs.
extension ProbeRun {
    /// Everything that decides the numbers, in one text; threads and outputs are not among it.
    func configuration() -> [String: Any] {
        var text: [String: Any] = [
            "model": workspace.model.family, "architecture": workspace.model.architecture,
            "weights": workspace.weightsPath,
            "data": workspace.dataPath, "windows": workspace.windows.description,
            "data_scaling": workspace.dataset.provenance,
            "columns": workspace.dataset.series.names, "context": workspace.context, "horizon": workspace.horizon,
            "task": workspace.task.rawValue, "loss": workspace.loss.rawValue, "batch": workspace.batch,
            "precision": workspace.dtype.description, "device": workspace.device.description,
            "variants": settings.variants.map(\.name), "exclude": settings.exclude.terms,
            "measures": settings.measures.map(\.rawValue), "eigen": settings.eigen, "tolerance": settings.tolerance,
            "max_products": settings.maxProducts, "samples": settings.samples,
            "exact_search": settings.exactSearch, "ends": settings.ends.rawValue,
            "operators": settings.matrices.map(\.rawValue), "blocks": settings.blocks,
            "trace_method": settings.traceMethod.rawValue, "density_probes": settings.densityProbes,
            "density_steps": settings.densitySteps, "bandwidth": settings.bandwidth,
            "learning_rate": settings.learningRate, "theory_points": settings.theoryPoints,
            "theory_probes": settings.theoryProbes, "self_check": settings.selfCheck,
            "convexity_grid": [settings.convexityGrid.x, settings.convexityGrid.y],
            "axes": axesText, "orthogonal": settings.isOrthogonal, "derivatives": settings.derivatives,
            "one_dimensional": settings.oneDimensional.rawValue, "grid": settings.planeGrid,
            "points": settings.points,
            "range": settings.automaticFactor.map { ["auto", $0] as [Any] } ?? [
                settings.range.low, settings.range.high,
            ],
            "direction_seeds": settings.directionSeeds,
            "seed": String(settings.seed),
        ]
        if settings.has(.volume) { text["volume_grid"] = settings.volumeGrid }
        if settings.has(.sharpness) {
            text["sharpness"] = sharpness.chosen.map(\.name)
            if let layer = settings.flatnessLayer { text["flatness_layer"] = layer }
        }
        if let size = workspace.choices.patchSize { text["patch_size"] = size }
        if let frequency = workspace.choices.frequency { text["frequency"] = frequency }
        if let dataset = workspace.choices.dataset { text["dataset"] = dataset }
        if workspace.task == .imputation { text["mask_rate"] = workspace.maskRate }
        if let tolerance = settings.adaptiveTolerance { text["adaptive"] = tolerance }
        if let memory = settings.memory { text["memory"] = memory }
        if settings.has(.diagonal) { text["diagonal_probes"] = settings.diagonalProbes }
        if let error = settings.traceError { text["trace_error"] = error }
        if let auxiliary = settings.auxiliary { text["auxiliary"] = auxiliary }
        return text
    }

    private var axesText: String {
        switch settings.axes {
        case .random(let normalization): normalization.rawValue
        case .files(let paths): "file:" + paths.joined(separator: ",")
        case .trajectory(let paths): "trajectory:" + paths.joined(separator: ",")
        default: settings.axes.name
        }
    }

    /// SHA-256 of everything that was read, by what it is.
    func hashes() throws -> [String: String] {
        var result = [
            "weights": workspace.weightsHash, "data": workspace.dataHash,
            "configuration": SHA256.hash(of: Array(try workspace.model.configurationJSON().utf8)),
        ]
        if let auxiliaryHash { result["auxiliary"] = auxiliaryHash }
        for (path, hash) in fileHashes { result["file:\(path)"] = hash }
        return result
    }

    func fingerprint() throws -> String {
        var configuration = configuration()
        // Paths may move; contents may not.
        for key in ["weights", "data", "auxiliary"] { configuration[key] = nil }
        switch settings.axes {
        case .files: configuration["axes"] = "file"
        case .trajectory: configuration["axes"] = "trajectory"
        default: break
        }
        let object: [String: Any] = [
            "algorithm": 7, "configuration": configuration, "sha256": try hashes(),
            "libtorch": Runtime.version, "onednn": Runtime.usesOneDNN,
        ]
        return SHA256.hash(of: Array(try JSONSerialization.data(withJSONObject: object, options: [.sortedKeys])))
    }

    func manifestJSON() throws -> String {
        let system = ProcessInfo.processInfo
        let object: [String: Any] = [
            "configuration": configuration(), "sha256": try hashes(),
            "software": Version.software.merging([
                "matrix_products": Runtime.usesOneDNN ? "oneDNN" : "libtorch"
            ]) { own, _ in own },
            "machine": ["system": system.operatingSystemVersionString, "cores": system.activeProcessorCount],
        ]
        let data = try JSONSerialization.data(
            withJSONObject: object, options: [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes])
        return String(decoding: data, as: UTF8.self)
    }
}
