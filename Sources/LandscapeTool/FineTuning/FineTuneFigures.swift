import Figures
import Foundation
import Networks
import Smoothing

/// The pictures of a fine-tuning: its curves, and forecasts before and after it.
struct FineTuneFigures {
    let run: FineTuneRun
    let outcome: FineTuneRun.Outcome
    let evaluation: any TaskEvaluation

    /// Draws into a folder. Without gnuplot there are no pictures, which is said; the weights are what the run was for.
    func draw(into folder: URL, tuned: Weights) {
        guard Renderer.hasGnuplot else {
            Log.warning("no figures: gnuplot is not on PATH; install it with: apt-get install gnuplot-nox")
            return
        }
        do {
            var figures: [any Figure] = []
            if !outcome.history.isEmpty { figures.append(training) }
            if let forecasts = evaluation as? ForecastEvaluation {
                let pretrained = run.workspace.pretrained
                var weights = [(name: "pretrained", weights: pretrained.with(flat: try pretrained.flat))]
                if run.strategy != .zeroShot { weights.append((run.strategy.name, tuned)) }
                figures.append(try forecasts.examples(of: weights, split: .test))
            }
            let formats: Set<FigureFormat> = [.svg, .png, .pdf]
            _ = try Renderer(folder: folder).render(figures.map { (figure: $0, formats: formats) })
        } catch {
            Log.warning("figures are missing: \(error)")
        }
    }

    private var training: TrainingFigure {
        TrainingFigure(
            name: "training",
            phases: outcome.history.map { history in
                TrainingFigure.Phase(
                    title: history.phase.rawValue, losses: history.losses, gradientNorms: history.gradientNorms,
                    epochs: history.epochs.map { epoch in
                        (
                            epoch.steps, epoch.trainingLoss, epoch.validationLoss ?? .nan,
                            epoch.number == history.bestEpoch
                        )
                    })
            }, validation: "\(run.validationKind.rawValue), validation")
    }
}
