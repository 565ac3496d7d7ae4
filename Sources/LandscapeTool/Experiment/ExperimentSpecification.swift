import ArgumentParser
import Configuration
import Foundation
import Landscape
import Smoothing

/// What `landscape experiment` runs: models × data × strategies × seeds.
struct ExperimentSpecification {
    /// A checkpoint, given or made.
    struct Model {
        let name: String
        /// Of `landscape pretrain`; `nil` where weights are given.
        let pretraining: [String]?
        let weights: String?
        let family: String?
    }

    /// A series and what is asked of it.
    struct Data {
        let name: String
        let csv: String
        let options: [String]
        let season: Int
        let testHorizons: [Int]?
    }

    /// One fine-tuning.
    struct Cell {
        let model: Int
        let data: Int
        let strategy: Strategy
        let auxiliarySeed: UInt64
        let trainingSeed: UInt64
    }

    let title: String
    let models: [Model]
    let data: [Data]
    let strategies: [Strategy]
    /// What the others are compared with.
    let reference: Strategy
    let auxiliarySeeds: [UInt64]
    let trainingSeeds: [UInt64]
    /// Options of windows and loss.
    let windowOptions: [String]
    /// Of ``TrainingOptions``.
    let trainingOptions: [String]
    /// Of ``MachineOptions``.
    let precision: String
    /// Training windows that the landscape is measured on.
    let landscapeWindows: Int
    /// What is measured at the start.
    let measures: [String]

    /// Measures beside those of sharpness.
    static let plainMeasures = [
        "loss", "gradient_norm", "largest_eigenvalue", "smallest_eigenvalue", "trace", "trace_to_frobenius",
    ]
    private static let windowKeys = ["windows", "stride", "batch", "loss", "task", "mask-rate"]
    private static let trainingKeys = [
        "epochs", "steps", "learning-rate", "schedule", "optimizer", "weight-decay", "clip", "patience", "ratio",
        "micro-batch", "validation-stride", "test-stride",
    ]
    private static let pretrainingKeys = [
        "patch", "width", "feed-forward", "layers", "heads", "tokens", "series-count", "length", "steps", "batch",
        "learning-rate", "seed",
    ]

    /// Reads and checks a file. Paths are relative to its folder.
    ///
    /// - Parameter dataFolder: where series are looked for instead.
    init(_ path: String, dataFolder: String?) throws {
        let root = try StrictMapping(file: path)
        try root.requireKeys([
            "title", "models", "data", "strategies", "reference", "auxiliary-seeds", "training-seeds", "precision",
            "training", "landscape",
        ])
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        func resolve(_ text: String, in folder: URL) -> String {
            text.hasPrefix("/") ? text : folder.appendingPathComponent(text).path
        }
        title = try root.text("title") ?? URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
        models = try root.mappings("models").map { entry in
            try entry.requireKeys(["name", "weights", "family", "pretrain"])
            let (weights, making) = (try entry.text("weights"), try entry.mapping("pretrain"))
            guard (weights == nil) != (making == nil) else {
                throw entry.failure("weights", "or 'pretrain' must be given, not both")
            }
            return Model(
                name: try entry.requiredText("name"),
                pretraining: try making?.options(ExperimentSpecification.pretrainingKeys),
                weights: weights.map { resolve($0, in: folder) }, family: try entry.text("family"))
        }
        data = try root.mappings("data").map { entry in
            try entry.requireKeys([
                "name", "csv", "columns", "borders", "context", "horizon", "season", "test-horizons",
            ])
            func whole(_ key: String) throws -> Int? {
                guard let text = try entry.text(key) else { return nil }
                guard let value = Int(text), value > 0 else {
                    throw entry.failure(key, "must be a whole number above 0, found '\(text)'")
                }
                return value
            }
            var options: [String] = []
            for key in ["columns", "borders", "context", "horizon"] {
                if let values = try entry.texts(key) { options.append("--\(key)=\(values.joined(separator: ","))") }
            }
            let horizons = try entry.texts("test-horizons")?.map { text in
                guard let value = Int(text), value > 0 else {
                    throw entry.failure("test-horizons", "must hold whole numbers above 0, found '\(text)'")
                }
                return value
            }
            let csv = try entry.requiredText("csv")
            return Data(
                name: try entry.requiredText("name"),
                csv: resolve(csv, in: dataFolder.map { URL(fileURLWithPath: $0) } ?? folder), options: options,
                season: try whole("season") ?? 24, testHorizons: horizons)
        }
        func requireDistinct(_ names: [String], _ key: String) throws {
            guard Set(names).count == names.count else { throw root.failure(key, "names something twice") }
        }
        try requireDistinct(models.map(\.name), "models")
        try requireDistinct(data.map(\.name), "data")
        guard let names = try root.texts("strategies") else { throw root.failure("strategies", "is missing") }
        strategies = try names.map { name in
            do { return try Strategy(name) } catch { throw root.failure("strategies", "holds \(error)") }
        }
        try requireDistinct(strategies.map(\.name), "strategies")
        let wanted = try root.text("reference") ?? (names.contains("full") ? "full" : names[0])
        guard let found = strategies.first(where: { $0.name == wanted || (try? Strategy(wanted)) == $0 }) else {
            throw root.failure("reference", "must be one of the strategies, found '\(wanted)'")
        }
        reference = found
        auxiliarySeeds = try root.seeds("auxiliary-seeds") ?? [0]
        trainingSeeds = try root.seeds("training-seeds") ?? [0]
        precision = try root.text("precision") ?? "float32"
        let training = try root.mapping("training")
        try training?.requireKeys(ExperimentSpecification.windowKeys + ExperimentSpecification.trainingKeys)
        func options(_ known: [String]) throws -> [String] {
            try training.map { mapping in
                try mapping.keys.filter(known.contains).map { key in
                    "--\(key)=\(try mapping.texts(key)!.joined(separator: ","))"
                }
            } ?? []
        }
        windowOptions = try options(ExperimentSpecification.windowKeys)
        trainingOptions = try options(ExperimentSpecification.trainingKeys)
        let landscape = try root.mapping("landscape")
        try landscape?.requireKeys(["windows", "measures"])
        let count = try landscape?.text("windows") ?? "64"
        guard let windows = Int(count), windows > 0 else {
            throw root.failure("landscape.windows", "must be a whole number above 0, found '\(count)'")
        }
        landscapeWindows = windows
        let known = ExperimentSpecification.plainMeasures + SharpnessCatalogue.all(batches: 4).map(\.name)
        measures = try landscape?.texts("measures") ?? ExperimentSpecification.plainMeasures
        for measure in measures where !known.contains(measure) {
            throw root.failure(
                "landscape.measures", "holds '\(measure)'; known are \(known.joined(separator: ", "))")
        }
    }

    /// All fine-tunings in their order. A seed that a strategy does not depend on is not varied: the auxiliary one where nothing is drawn
    /// at the start, the training one where nothing is trained.
    var cells: [Cell] {
        var cells: [Cell] = []
        for model in models.indices {
            for series in data.indices {
                for strategy in strategies {
                    for auxiliary in strategy.isRandomAtStart ? auxiliarySeeds : Array(auxiliarySeeds.prefix(1)) {
                        for training in strategy.isTrained ? trainingSeeds : Array(trainingSeeds.prefix(1)) {
                            cells.append(
                                Cell(
                                    model: model, data: series, strategy: strategy, auxiliarySeed: auxiliary,
                                    trainingSeed: training))
                        }
                    }
                }
            }
        }
        return cells
    }

    /// The name of a cell in the file.
    func name(_ cell: Cell) -> String {
        "\(models[cell.model].name)/\(data[cell.data].name)/\(cell.strategy.name)/a\(cell.auxiliarySeed)/t\(cell.trainingSeed)"
    }
}
