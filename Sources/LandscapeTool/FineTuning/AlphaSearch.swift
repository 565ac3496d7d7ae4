import Archive
import Foundation
import Landscape
import Smoothing
import Tensor
import Training

/// The choice of SFF's α from a few values: by validation, or by the landscape at the start.
///
/// Validation trains from every α and takes the lowest validation error. The landscape's criterion takes the α with the lowest λmax
/// (on training windows, at the start) among those whose loss is at most L₁ + bound · |L₁|, L₁ that of the pre-trained weights (a
/// likelihood's loss may be negative); α = the largest one where no start stays within the bound. What both would choose is reported where both are known.
struct AlphaSearch {
    /// Who chooses.
    enum Criterion: String, Codable {
        case validation = "auto"
        case landscape

        init(_ text: String) throws {
            guard let criterion = Criterion(rawValue: text) else {
                throw Exit.Failure(.usage, "--alpha: '\(text)' is neither a number nor auto nor landscape")
            }
            self = criterion
        }
    }

    /// What is known about a value of α.
    struct Candidate: Codable {
        let alpha: Double
        /// On the windows of the landscape's criterion, training windows.
        let startLoss: Double
        let largestEigenvalue: Double
        let residual: Double
        /// After training; `nil` where the landscape chose alone, or training diverged.
        var validationLoss: Double?
        /// Whether training diverged.
        var isDiverged: Bool?
    }

    let criterion: Criterion
    let bound: Double
    /// The loss of the pre-trained weights on the same windows.
    let pretrainedLoss: Double
    let candidates: [Candidate]

    /// The lowest λmax within the bound.
    var byLandscape: Double { AlphaSearch.choose(candidates, bound: bound, pretrainedLoss: pretrainedLoss) }

    /// The lowest validation error; `nil` where nothing was trained, or everything diverged.
    var byValidation: Double? {
        candidates.filter { $0.validationLoss != nil }.min { $0.validationLoss! < $1.validationLoss! }?.alpha
    }

    /// The α to train from.
    var chosen: Double { criterion == .validation ? byValidation ?? byLandscape : byLandscape }

    static func choose(_ candidates: [Candidate], bound: Double, pretrainedLoss: Double) -> Double {
        let limit = pretrainedLoss + bound * abs(pretrainedLoss)
        let allowed = candidates.filter { $0.startLoss <= limit }
        return allowed.min { $0.largestEigenvalue < $1.largestEigenvalue }?.alpha ?? candidates.map(\.alpha).max()!
    }

    private struct Stored: Codable {
        let fingerprint: String
        var pretrainedLoss: Double
        var candidates: [Candidate]
    }

    /// Searches; what a former process found is read from the folder.
    ///
    /// Cost: for each α a Lanczos run on at most 64 training windows, and with ``Criterion/validation`` a training.
    init(
        _ alphas: [Double], _ criterion: Criterion, bound: Double, folder: FineTuneFolder, workers: Int,
        _ make: (Strategy) throws -> FineTuneRun
    ) throws {
        self.criterion = criterion
        self.bound = bound
        let first = try make(.from(.sff(alphas[0])))
        let fingerprint = try first.fingerprint()
        var stored = try? JSONDecoder().decode(Stored.self, from: Data(contentsOf: folder.search))
        if stored?.fingerprint != fingerprint { stored = nil }
        let landscape = try StartLandscape(first, workers: workers)
        var found =
            try stored
            ?? Stored(
                fingerprint: fingerprint,
                pretrainedLoss: try landscape.objective.loss(at: try first.weights.flat(.pretrained)).mean,
                candidates: [])
        func save() throws { try WholeFile.write(JSONEncoder().encode(found), to: folder.search.path) }
        for alpha in alphas {
            let run = try make(.from(.sff(alpha)))
            var index = found.candidates.firstIndex { $0.alpha == alpha }
            if index == nil {
                let θ = try run.fineTuning.start()
                let pair = try landscape.largestEigenvalue(at: θ)
                found.candidates.append(
                    Candidate(
                        alpha: alpha, startLoss: try landscape.objective.loss(at: θ).mean,
                        largestEigenvalue: pair.value,
                        residual: pair.residual))
                index = found.candidates.count - 1
                try save()
            }
            let candidate = found.candidates[index!]
            if criterion == .validation, candidate.validationLoss == nil, candidate.isDiverged != true {
                do {
                    let outcome = try run.train(state: folder.state(run.strategy), title: run.strategy.name)
                    found.candidates[index!].validationLoss = outcome.validationLoss
                } catch let error as TrainingError {
                    guard case .diverged = error else { throw error }
                    // Another α may do better.
                    Log.warning("\(run.strategy.name): \(error)")
                    found.candidates[index!].isDiverged = true
                }
                try save()
            }
        }
        pretrainedLoss = found.pretrainedLoss
        // A former process may have been given other values.
        candidates = alphas.compactMap { alpha in found.candidates.first { $0.alpha == alpha } }
    }
}
