import Foundation

/// `--config FILE.yaml`: a file that sets options by their long names; the command line has the last word.
public enum ConfigurationArguments {
    /// Replaces `--config FILE` by the options of the file that the command line does not set itself.
    ///
    /// Keys that are no option of the verb, and values that are neither numbers, texts, switches nor lists, are errors.
    public static func expand(_ arguments: [String]) throws -> [String] {
        guard let position = arguments.firstIndex(where: { $0 == "--config" || $0.hasPrefix("--config=") }) else {
            return arguments
        }
        var rest = arguments
        let path: String
        if rest[position] == "--config" {
            guard position + 1 < rest.count else { throw ConfigurationError(.usage, "--config needs a file") }
            path = rest[position + 1]
            rest.removeSubrange(position...(position + 1))
        } else {
            path = String(rest[position].dropFirst("--config=".count))
            rest.remove(at: position)
        }
        guard rest.first == "probe" else { throw ConfigurationError(.usage, "--config belongs to 'landscape probe'") }
        let mapping = try StrictMapping(file: path)
        try mapping.requireOptions(Array(ProbeOptionNames.all), of: "probe")
        var fromFile: [String] = []
        for key in mapping.keys {
            let option = "--\(key)"
            if rest.contains(where: { $0 == option || $0.hasPrefix(option + "=") }) { continue }
            if ProbeOptionNames.flags.contains(key) {
                if try mapping.flag(key) { fromFile.append(option) }
            } else {
                fromFile.append("\(option)=\(try mapping.texts(key)!.joined(separator: ","))")
            }
        }
        return [rest[0]] + fromFile + rest.dropFirst()
    }
}

/// The long names that a configuration file may use.
public enum ProbeOptionNames {
    /// Switches.
    public static let flags: Set<String> = [
        "resume", "overwrite", "no-report", "no-notebook", "json", "dry-run", "strict", "quiet", "self-check",
        "exact-search",
        "orthogonal", "derivatives",
    ]
    /// All options, switches included.
    public static let all: Set<String> = flags.union([
        "model", "weights", "patch-size", "frequency", "dataset", "data", "columns", "split", "borders", "context",
        "horizon", "stride", "windows", "batch",
        "task", "mask-rate", "loss", "variants", "auxiliary", "exclude", "measures", "eigen", "tolerance",
        "max-products", "ends", "operators", "blocks", "trace-error", "trace-method", "diagonal-probes",
        "density-probes",
        "density-steps", "bandwidth", "learning-rate", "sharpness", "flatness-layer", "theory-points", "theory-probes",
        "convexity-grid",
        "samples", "precision", "device", "threads", "memory", "axes", "direction-seeds", "one-dimensional", "grid",
        "adaptive",
        "points", "range",
        "seed", "output", "report", "notebook", "shard", "rank-timeout",
    ])
}
