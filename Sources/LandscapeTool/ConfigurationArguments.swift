import Foundation
import Yams

/// `--config FILE.yaml`: a file that sets options by their long names; the command line has the last word.
enum ConfigurationArguments {
    /// Replaces `--config FILE` by the options of the file that the command line does not set itself.
    ///
    /// Keys that are no option of the verb, and values that are neither numbers, texts, switches nor lists, are errors.
    static func expand(_ arguments: [String]) throws -> [String] {
        guard let position = arguments.firstIndex(where: { $0 == "--config" || $0.hasPrefix("--config=") }) else {
            return arguments
        }
        var rest = arguments
        let path: String
        if rest[position] == "--config" {
            guard position + 1 < rest.count else { throw Exit.Failure(.usage, "--config needs a file") }
            path = rest[position + 1]
            rest.removeSubrange(position...(position + 1))
        } else {
            path = String(rest[position].dropFirst("--config=".count))
            rest.remove(at: position)
        }
        guard rest.first == "probe" else { throw Exit.Failure(.usage, "--config belongs to 'landscape probe'") }
        guard FileManager.default.fileExists(atPath: path) else {
            throw Exit.Failure(.noInput, "\(path): there is no such configuration file")
        }
        let node: Node?
        do {
            node = try Yams.compose(yaml: String(contentsOfFile: path, encoding: .utf8))
        } catch {
            throw Exit.Failure(.badData, "\(path): is not valid YAML: \(error)")
        }
        guard let mapping = node?.mapping else {
            throw Exit.Failure(.badData, "\(path): must be a mapping from option names to values")
        }
        var fromFile: [String] = []
        for (key, value) in mapping {
            guard let name = key.string, ProbeOptionNames.all.contains(name) else {
                throw Exit.Failure(.usage, unknown(key.string ?? "?", path))
            }
            let option = "--\(name)"
            if rest.contains(where: { $0 == option || $0.hasPrefix(option + "=") }) { continue }
            if ProbeOptionNames.flags.contains(name) {
                guard let isOn = value.bool else {
                    throw Exit.Failure(.badData, "\(path): '\(name)' is a switch; expected true or false")
                }
                if isOn { fromFile.append(option) }
            } else if let sequence = value.sequence {
                let parts = sequence.compactMap(\.scalar?.string)
                guard parts.count == sequence.count else {
                    throw Exit.Failure(.badData, "\(path): '\(name)' must be a list of plain values")
                }
                fromFile.append("\(option)=\(parts.joined(separator: ","))")
            } else if let scalar = value.scalar?.string {
                fromFile.append("\(option)=\(scalar)")
            } else {
                throw Exit.Failure(.badData, "\(path): '\(name)' must be a value or a list of values")
            }
        }
        return [rest[0]] + fromFile + rest.dropFirst()
    }

    private static func unknown(_ name: String, _ path: String) -> String {
        let nearest = ProbeOptionNames.all.min { distance($0, name) < distance($1, name) } ?? ""
        let hint = distance(nearest, name) <= 3 ? "; did you mean '\(nearest)'?" : ""
        return "\(path): '\(name)' is no option of 'landscape probe'\(hint) (see landscape probe --help)"
    }

    /// The Levenshtein distance.
    static func distance(_ a: String, _ b: String) -> Int {
        let (x, y) = (Array(a), Array(b))
        var row = Array(0...y.count)
        for i in 0..<x.count {
            var previous = row[0]
            row[0] = i + 1
            for j in 0..<y.count {
                let substitution = previous + (x[i] == y[j] ? 0 : 1)
                previous = row[j + 1]
                row[j + 1] = min(substitution, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[y.count]
    }
}

/// The long names that a configuration file may use.
enum ProbeOptionNames {
    static let flags: Set<String> = [
        "resume", "overwrite", "no-report", "json", "dry-run", "strict", "quiet", "self-check", "exact-search",
        "orthogonal", "derivatives",
    ]
    static let all: Set<String> = flags.union([
        "model", "weights", "patch-size", "frequency", "dataset", "data", "columns", "split", "borders", "context",
        "horizon", "stride", "windows", "batch",
        "task", "mask-rate", "loss", "variants", "auxiliary", "exclude", "measures", "eigen", "tolerance",
        "max-products", "ends", "operators", "blocks", "trace-error", "trace-method", "density-probes",
        "density-steps", "bandwidth", "learning-rate", "sharpness", "flatness-layer", "theory-points", "theory-probes",
        "convexity-grid",
        "samples", "precision", "device", "threads", "memory", "axes", "direction-seeds", "one-dimensional", "grid",
        "adaptive",
        "points", "range",
        "seed", "output", "report", "shard", "rank-timeout",
    ])
}
