import Forecasters
import Foundation
import TimeSeries

/// Where the model and the series of a verb come from: the options' paths, or what ships with the package.
struct InputFiles {
    let weights: URL
    let data: URL
    /// As the user called it, for messages and provenance.
    let weightsPath: String
    /// As the user called it, for messages and provenance.
    let dataPath: String

    init(_ model: ModelOptions, _ data: DataOptions) throws {
        let embedded = try model.weights == nil || data.data == nil ? EmbeddedDefault() : nil
        weights = model.weights.map { URL(fileURLWithPath: $0) } ?? embedded!.weights
        self.data = data.data.map { URL(fileURLWithPath: $0) } ?? embedded!.series
        weightsPath = model.weights ?? EmbeddedDefault.weightsName
        dataPath = data.data ?? EmbeddedDefault.seriesName
    }

    /// Recognises the checkpoint, without reading its weights.
    func model(_ options: ModelOptions, for task: ForecastingTask) throws -> PretrainedModel {
        if let family = options.model {
            do { _ = try Families.named(family) } catch { throw Exit.Failure(.usage, "--model: \(error)") }
        }
        let found = try PretrainedModel(weights, family: options.model, choices: options.choices)
        guard found.model.tasks.contains(task) else {
            throw Exit.Failure(
                .usage,
                "--task \(task.rawValue): \(found.model.architecture) "
                    + (found.model.tasks.isEmpty
                        ? "needs labels, which windows of a series do not have"
                        : "was published for \(found.model.tasks.map(\.rawValue).joined(separator: ", "))"))
        }
        return found
    }

    /// Reads the series, divides and scales it, and checks that the model takes its channels.
    func dataset(_ options: DataOptions, for model: any Forecaster) throws -> Dataset {
        let columns = options.columns?.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        let series = try CSVReader().read(data.path, columns: columns)
        let dataset = try Dataset(series, borders: BorderScheme(options.borders))
        guard model.channels == 1 || series.channels == model.channels else {
            throw Exit.Failure(
                .usage,
                "\(dataPath): \(model.architecture) reads \(model.channels) channels together and the series has "
                    + "\(series.channels); choose \(model.channels) with --columns")
        }
        return dataset
    }
}

/// The small checkpoint and series that ship with the package.
struct EmbeddedDefault {
    static let weightsName = "embedded:timer-tiny"
    static let seriesName = "embedded:series"
    let weights: URL
    let series: URL

    init() throws {
        guard let folder = Bundle.module.url(forResource: "Embedded", withExtension: nil) else {
            throw Exit.Failure(
                .noInput,
                "the embedded checkpoint is not beside the program; keep landscape_LandscapeTool.resources next to it, "
                    + "or give --weights and --data")
        }
        weights = folder.appendingPathComponent("model.safetensors")
        series = folder.appendingPathComponent("series.csv")
    }
}
