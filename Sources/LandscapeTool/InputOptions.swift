import ArgumentParser
import Foundation
import Forecasters
import Smoothing
import Tensor
import TimeSeries

extension ForecastingTask: ExpressibleByArgument {}
extension LossKind: ExpressibleByArgument {}
extension Split: ExpressibleByArgument {}

/// The precisions one can compute in.
enum Precision: String, ExpressibleByArgument, CaseIterable {
    case float32, float64, bfloat16

    var dtype: DType {
        switch self {
        case .float32: .float32
        case .float64: .float64
        case .bfloat16: .bfloat16
        }
    }
}

/// Which model and weights.
struct ModelOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("The model family; recognised from the checkpoint when absent.", valueName: "family"),
        completion: .family)
    var model: String?

    @Option(
        help: ArgumentHelp("A safetensors file, or a folder with weights and config.json.", valueName: "path"),
        completion: .checkpoint)
    var weights: String?

    @Option(help: ArgumentHelp("Points per token, for families with several sizes (moirai).", valueName: "points"))
    var patchSize: Int?

    @Option(
        help: ArgumentHelp(
            "The kind of frequency, for families that are told: timesfm (0 up to daily, 1 weeks and months, 2 longer), ttm with a prefix.",
            valueName: "id"))
    var frequency: Int?

    @Option(
        help: ArgumentHelp("Whose prompts to read, for families with prompts of data sets (units).", valueName: "name"))
    var dataset: String?

    var choices: ModelChoices {
        var choices = ModelChoices()
        (choices.patchSize, choices.frequency, choices.dataset) = (patchSize, frequency, dataset)
        return choices
    }
}

/// Which windows of which series.
struct DataOptions: ParsableArguments {
    @Option(help: ArgumentHelp("A CSV file with a header and a date column.", valueName: "csv"), completion: .table)
    var data: String?

    @Option(help: ArgumentHelp("Channels to use, separated by commas; all when absent.", valueName: "names"))
    var columns: String?

    @Option(help: "The part of the series to take windows from: train, val or test.")
    var split: Split = .test

    @Option(
        help: ArgumentHelp(
            "auto, etth, ettm, ucr, sff-published, percentages such as 70/10/20, or rows such as 8640,2880,2880.",
            valueName: "scheme"))
    var borders: String = "auto"

    @Option(help: ArgumentHelp("Context length in points; the model's own when absent.", valueName: "points"))
    var context: Int?

    @Option(
        name: .customLong("horizon"),
        help: ArgumentHelp(
            "Horizon in points ('evaluate' takes several, separated by commas); the model's own when absent.",
            valueName: "points"))
    var horizons: ValueList<Int>?

    @Option(help: ArgumentHelp("Take every S-th window of every channel.", valueName: "s"))
    var stride: Int?

    @Option(help: ArgumentHelp("Draw N windows at random by the seed (default 256, without --stride).", valueName: "n"))
    var windows: Int?

    @Option(help: ArgumentHelp("Windows per batch; a quarter of the windows, at most 32, when absent.", valueName: "n"))
    var batch: Int?

    @Option(help: "What the model is asked to do: forecast, imputation or anomaly.")
    var task: ForecastingTask = .forecast

    @Option(
        name: .customLong("mask-rate"),
        help: ArgumentHelp(
            "Share of patches hidden for imputation ('evaluate' takes several, separated by commas).",
            valueName: "share"))
    var maskRates = ValueList([0.25])

    @Option(help: "The error measure: native, mse, mae or last-patch-mse.")
    var loss: LossKind = .native

    func validate() throws {
        if stride != nil && windows != nil {
            throw ValidationError("Give --stride or --windows, not both.")
        }
        for (name, value) in [("context", context), ("stride", stride), ("windows", windows), ("batch", batch)] {
            if let value, value < 1 { throw ValidationError("--\(name) must be at least 1.") }
        }
        if horizons?.values.contains(where: { $0 < 0 }) == true {
            throw ValidationError("--horizon must not be negative.")
        }
        if !maskRates.values.allSatisfy({ $0 > 0 && $0 <= 1 }) {
            throw ValidationError("--mask-rate must lie above 0 and at most 1.")
        }
    }

    /// Refuses lists where one value is meant: all but the first would be lost in silence.
    func requireSingleValues() throws {
        for (name, count) in [("horizon", horizons?.values.count ?? 1), ("mask-rate", maskRates.values.count)]
        where count > 1 {
            throw Exit.Failure(.usage, "--\(name): \(count) values were given; only 'landscape evaluate' takes a list")
        }
    }

    /// The horizon where one is meant (see ``requireSingleValues()``).
    var horizon: Int? { horizons?.values[0] }
    /// The mask rate where one is meant (see ``requireSingleValues()``).
    var maskRate: Double { maskRates.values[0] }
}

/// Numbers separated by commas, none twice.
struct ValueList<Value: LosslessStringConvertible & Hashable & Sendable>: ExpressibleByArgument {
    /// At least one.
    let values: [Value]

    init(_ values: [Value]) {
        precondition(!values.isEmpty, "a list has a value")
        self.values = values
    }

    /// Nil unless every part is a number and no number comes twice.
    init?(argument: String) {
        let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
        let read = parts.compactMap { Value($0.trimmingCharacters(in: .whitespaces)) }
        guard read.count == parts.count, Set(read).count == read.count else { return nil }
        values = read
    }

    var defaultValueDescription: String { values.map(\.description).joined(separator: ",") }
}

/// Where and how to compute.
struct MachineOptions: ParsableArguments {
    @Option(help: "Precision of weights and activations: float32, float64 or bfloat16.")
    var precision: Precision = .float32

    @Option(help: ArgumentHelp("cpu, cuda or cuda:INDEX.", valueName: "device"), completion: .device)
    var device: String = "cpu"

    @Option(help: ArgumentHelp("Threads; all cores when absent. The results do not depend on it.", valueName: "n"))
    var threads: Int?

    @Option(help: ArgumentHelp("Seed of every random draw.", valueName: "n"))
    var seed: UInt64 = 0

    func validate() throws {
        if let threads, threads < 1 { throw ValidationError("--threads must be at least 1.") }
    }

    /// The device, checked to be there.
    func resolvedDevice() throws -> Device {
        let parsed: Device
        do { parsed = try Device(device) } catch { throw Exit.Failure(.usage, "--device: \(error)") }
        try parsed.requireAvailable()
        return parsed
    }

    var workers: Int { threads ?? ProcessInfo.processInfo.activeProcessorCount }
}
