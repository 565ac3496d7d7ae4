import Archive
import Foundation
import TimeSeries

/// The resolved settings of a probe as the manifest of its file holds them.
struct StoredConfiguration: Decodable {
    let model: String
    let weights: String
    let data: String
    let windows: String
    let dataScaling: String
    let columns: [String]
    let context: Int
    let horizon: Int
    let batch: Int
    let task: String
    let loss: String
    let precision: String
    let device: String
    let variants: [String]
    let exclude: [String]
    let measures: [String]
    let axes: String
    let points: Int
    let grid: [Int]
    let seed: String
    // What came later is absent in older files.
    let volumeGrid: [Int]?
    let convexityGrid: [Int]?
    let range: [Bound]?
    let eigen: Int?
    let tolerance: Double?
    let maxProducts: Int?
    let exactSearch: Bool?
    let ends: String?
    let operators: [String]?
    let blocks: [String]?
    let samples: Int?
    let traceMethod: String?
    let traceError: Double?
    let diagonalProbes: Int?
    let densityProbes: Int?
    let densitySteps: Int?
    let bandwidth: Double?
    let learningRate: Double?
    let sharpness: [String]?
    let flatnessLayer: String?
    let theoryPoints: Int?
    let theoryProbes: Int?
    let selfCheck: Bool?
    let orthogonal: Bool?
    let derivatives: Bool?
    let oneDimensional: String?
    let adaptive: Double?
    let directionSeeds: Int?
    let memory: Double?
    let maskRate: Double?
    let patchSize: Int?
    let frequency: Int?
    let dataset: String?
    let auxiliary: String?

    /// An end of the range, or the word `auto` before its factor.
    enum Bound: Decodable, CustomStringConvertible {
        case word(String)
        case number(Double)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let word = try? container.decode(String.self) {
                self = .word(word)
            } else {
                self = .number(try container.decode(Double.self))
            }
        }

        var description: String {
            switch self {
            case .word(let text): text
            case .number(let value): "\(value)"
            }
        }
    }

    /// The options of `landscape probe` that lead to the same settings.
    ///
    /// - Parameters:
    ///   - weights: where they are now; `nil` for what ships with the package.
    ///   - data: likewise.
    /// - Throws: where the texts about the windows are not those that the program writes.
    func arguments(weights: String?, data: String?) throws -> [String] {
        var arguments: [String] = []
        func add(_ option: String, _ value: (any CustomStringConvertible)?) {
            if let value { arguments.append("--\(option)=\(value)") }
        }
        func add(_ option: String, list: [String]?) {
            if let list, !list.isEmpty { add(option, list.joined(separator: ",")) }
        }
        func add(flag: String, _ isSet: Bool?) { if isSet == true { arguments.append("--\(flag)") } }

        add("model", model)
        add("weights", weights)
        add("data", data)
        // Names that a list cannot hold were not chosen by one: all columns were taken.
        if columns.allSatisfy({ !$0.isEmpty && !$0.contains(",") && $0 == $0.trimmingCharacters(in: .whitespaces) }) {
            add("columns", list: columns)
        }
        arguments += try windowArguments()
        for (option, value) in [("context", context), ("horizon", horizon), ("batch", batch), ("points", points)] {
            add(option, value)
        }
        for (option, value) in [
            ("task", task), ("loss", loss), ("precision", precision), ("device", device), ("seed", seed),
            ("axes", axes),
        ] {
            add(option, value)
        }
        for (option, list) in [
            ("variants", variants), ("exclude", exclude), ("measures", measures), ("operators", operators),
            ("blocks", blocks), ("sharpness", sharpness),
        ] {
            add(option, list: list)
        }
        for (option, value) in [
            ("eigen", eigen), ("max-products", maxProducts), ("samples", samples), ("diagonal-probes", diagonalProbes),
            ("density-probes", densityProbes),
            ("density-steps", densitySteps), ("theory-points", theoryPoints), ("theory-probes", theoryProbes),
            ("direction-seeds", directionSeeds), ("patch-size", patchSize), ("frequency", frequency),
        ] {
            add(option, value)
        }
        for (option, value) in [
            ("tolerance", tolerance), ("trace-error", traceError), ("bandwidth", bandwidth),
            ("learning-rate", learningRate), ("adaptive", adaptive), ("memory", memory), ("mask-rate", maskRate),
        ] {
            add(option, value)
        }
        for (option, value) in [
            ("ends", ends), ("trace-method", traceMethod), ("flatness-layer", flatnessLayer),
            ("one-dimensional", oneDimensional), ("dataset", dataset), ("auxiliary", auxiliary),
        ] {
            add(option, value)
        }
        add(flag: "exact-search", exactSearch)
        add(flag: "self-check", selfCheck)
        add(flag: "orthogonal", orthogonal)
        add(flag: "derivatives", derivatives)
        func counts(_ list: [Int]) -> String { list.map(String.init).joined(separator: "x") }
        add("grid", list: [counts(grid)] + (volumeGrid.map { [counts($0)] } ?? []))
        add("convexity-grid", convexityGrid.map(counts))
        add("range", range.map { $0.map(\.description).joined(separator: ":") })
        return arguments
    }

    /// From `split test; …; windows random 256 (seed 0); count 256` and `rows 14400; borders auto: etth (8640, 11520, 14400); …`.
    private func windowArguments() throws -> [String] {
        let split = windows.firstMatch(of: #/^split (\w+);/#)
        let selection = windows.firstMatch(of: #/; windows (all|stride (\d+)|random \d+ \(seed \d+\)); count (\d+)$/#)
        let borders = dataScaling.firstMatch(of: #/\((\d+), (\d+), (\d+)\); [a-z ]+$/#)
        guard let split, let selection, let borders,
            let ends = Optional([borders.1, borders.2, borders.3].compactMap { Int($0) }), ends.count == 3
        else { throw Unreadable(what: "windows \"\(windows)\" of data \"\(dataScaling)\"") }
        // As rows: the schemes depend on the file's name, which may be another one now.
        return [
            "--split=\(split.1)", "--borders=\(ends[0]),\(ends[1] - ends[0]),\(ends[2] - ends[1])",
            selection.2.map { "--stride=\($0)" } ?? "--windows=\(selection.3)",
        ]
    }

    /// A text of the configuration that this version does not write.
    struct Unreadable: Error, CustomStringConvertible {
        let what: String
        var description: String { "the \(what) cannot be taken apart" }
    }
}
