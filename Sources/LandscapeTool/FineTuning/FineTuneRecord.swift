import Foundation
import Reports
import Smoothing
import Tensor

/// What a fine-tuning did, as JSON and as text.
struct FineTuneRecord {
    let run: FineTuneRun
    let outcome: FineTuneRun.Outcome
    let search: AlphaSearch?
    let command: [String]
    let test: EvaluationDocument

    /// NaN and infinity have no JSON.
    private func number(_ value: Double?) -> Any { value.flatMap { $0.isFinite ? $0 : nil } ?? NSNull() }

    /// One document, schema `landscape-finetune/1`.
    func json() throws -> Data {
        var object: [String: Any] = [
            "schema": "landscape-finetune/1", "strategy": run.strategy.name,
            "parameters": run.workspace.model.layout.count, "configuration": run.configuration(),
            "sha256": ["weights": run.workspace.weightsHash, "data": run.workspace.dataHash],
            "weights": run.workspace.weightsPath, "data": run.workspace.dataPath,
            "command": "landscape " + command.dropFirst().map(\.quotedForShell).joined(separator: " "),
            "software": Version.software,
            "validation_loss": number(outcome.validationLoss), "seconds": outcome.seconds,
            "steps": outcome.history.reduce(0) { $0 + $1.losses.count },
            "phases": outcome.history.map { phase -> [String: Any] in
                [
                    "phase": phase.phase.rawValue, "best_epoch": phase.bestEpoch.map { $0 as Any } ?? NSNull(),
                    "losses": phase.losses, "gradient_norms": phase.gradientNorms,
                    "epochs": phase.epochs.map { epoch -> [String: Any] in
                        [
                            "epoch": epoch.number, "steps": epoch.steps, "training_loss": number(epoch.trainingLoss),
                            "validation_loss": number(epoch.validationLoss), "learning_rate": epoch.learningRate,
                        ]
                    },
                ]
            },
            "test": test.results,
        ]
        if let search {
            object["alpha"] = [
                "criterion": search.criterion.rawValue, "chosen": search.chosen, "by_landscape": search.byLandscape,
                "by_validation": search.byValidation.map { $0 as Any } ?? NSNull(), "bound": search.bound,
                "pretrained_loss": number(search.pretrainedLoss),
                "candidates": search.candidates.map { candidate -> [String: Any] in
                    [
                        "alpha": candidate.alpha, "start_loss": number(candidate.startLoss),
                        "largest_eigenvalue": number(candidate.largestEigenvalue),
                        "residual": number(candidate.residual), "validation_loss": number(candidate.validationLoss),
                    ]
                },
            ]
        }
        return try JSONSerialization.data(
            withJSONObject: object, options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
    }

    /// Tables for people.
    func text(_ weights: String) -> String {
        var parts: [String] = []
        if let search {
            var table = [["α", "loss at the start", "λmax", "validation after training"]]
            for candidate in search.candidates {
                table.append([
                    Number.text(candidate.alpha), Number.text(candidate.startLoss),
                    Number.text(candidate.largestEigenvalue),
                    candidate.isDiverged == true ? "diverged" : Number.text(candidate.validationLoss ?? .nan),
                ])
            }
            parts.append(
                Table.text(table)
                    + "\nα = \(Number.text(search.chosen)) by \(search.criterion == .validation ? "validation" : "the landscape");"
                    + " the landscape would take \(Number.text(search.byLandscape))"
                    + (search.byValidation.map { ", validation \(Number.text($0))" } ?? "") + ".")
        }
        if !outcome.history.isEmpty {
            var table = [["phase", "epoch", "training", "validation", "learning rate"]]
            for phase in outcome.history {
                for epoch in phase.epochs {
                    table.append([
                        phase.phase.rawValue, "\(epoch.number)" + (epoch.number == phase.bestEpoch ? " *" : ""),
                        Number.text(epoch.trainingLoss), Number.text(epoch.validationLoss ?? .nan),
                        Number.text(epoch.learningRate),
                    ])
                }
            }
            parts.append(
                Table.text(table)
                    + "\n* the weights taken: lowest \(run.validationKind.rawValue) on the validation windows.")
        }
        parts.append(test.text)
        parts.append(
            "\(weights): \(run.strategy.name), \(run.training.count) training windows, validation error \(Number.text(outcome.validationLoss)), \(String(format: "%.1f", outcome.seconds)) s"
        )
        return parts.joined(separator: "\n\n")
    }
}
