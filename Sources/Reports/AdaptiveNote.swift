import Archive

/// What is to be said of planes of which some points are interpolated, or were meant to be.
enum AdaptiveNote {
    /// On top of the page, one sentence for each plane that is not what was measured, or could not be what was asked.
    static func warnings(_ record: RunRecord) -> [String] {
        record.variants.flatMap { variant in
            variant.planes.compactMap { plane -> String? in
                let filled = plane.status.count { $0 == .interpolated }
                let title = "\(variant.name): plane \(plane.name): "
                if filled > 0 {
                    return title
                        + "\(filled) of \(plane.status.count) points are interpolated, with an error of at most about \(error(plane)) of the range of the losses."
                }
                guard isFinished(plane), plane.attributes["adaptive_converged"]?.number == 0 else { return nil }
                return title
                    + "too rough to be interpolated, or not finite everywhere; all points were evaluated instead of some."
            }
        }
    }

    /// For a caption: how many points of each panel were evaluated, and how large the error is; nothing where all were.
    static func caption(_ planes: [(title: String, plane: GridRecord)]) -> String {
        guard planes.contains(where: { $0.plane.status.contains(.interpolated) }) else { return "" }
        let parts = planes.map { title, plane in
            let evaluated = plane.status.count { $0 == .done }
            let filled = plane.status.contains(.interpolated)
            return
                "\(title) \(evaluated) of \(plane.status.count)\(filled ? ", error at most about \(error(plane)) of the range" : "")"
        }
        return
            " Dots: points evaluated, the others are interpolated (\(parts.joined(separator: "; ")))."
    }

    private static func isFinished(_ plane: GridRecord) -> Bool {
        plane.attributes["adaptive_error"]?.number.map { !$0.isNaN } ?? false
    }

    private static func error(_ plane: GridRecord) -> String {
        Number.percent(plane.attributes["adaptive_error"]?.number ?? .nan)
    }
}
