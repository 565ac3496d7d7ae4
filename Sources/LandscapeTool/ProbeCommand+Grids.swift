import Foundation

extension ProbeCommand {
    /// Numbers of points with an x between them; `nil` for anything else.
    static func counts(_ text: String) -> [Int]? {
        let parts = text.lowercased().split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
        let counts = parts.compactMap { $0 }
        guard counts.count == parts.count, counts.allSatisfy({ $0 >= 1 && $0 <= 10_000 }) else { return nil }
        return counts
    }

    /// `--grid`: two numbers are for planes, three for volumes. What is given without a measure that uses it was meant otherwise.
    func sliceGrids(_ measures: [Measure]) throws -> (plane: [Int], volume: [Int]) {
        var (plane, volume): ([Int]?, [Int]?)
        for text in (grid ?? "").split(separator: ",") {
            let counts = ProbeCommand.counts(text.trimmingCharacters(in: .whitespaces)) ?? []
            switch counts.count {
            case 2 where plane == nil: plane = counts
            case 3 where volume == nil: volume = counts
            default:
                throw Exit.Failure(
                    .usage,
                    "--grid must be two numbers for a plane such as 21x21, three for a volume such as 11x11x11, or one of each with a comma between."
                )
            }
        }
        if volume != nil, !measures.contains(.volume) {
            throw Exit.Failure(
                .usage, "--grid: three numbers are for volumes, and 'volume' is not among the --measures.")
        }
        if plane != nil, volume == nil, measures.contains(.volume), !measures.contains(.plane) {
            throw Exit.Failure(.usage, "--grid: a volume needs three numbers such as 11x11x11.")
        }
        return (plane ?? [21, 21], volume ?? [11, 11, 11])
    }

    /// What goes with planes and volumes.
    func checkSlices(_ measures: [Measure]) throws {
        guard adaptive != nil else { return }
        if measures.contains(.volume) {
            throw Exit.Failure(
                .usage,
                "--adaptive interpolates planes, not volumes; leave 'volume' out of --measures, or --adaptive out.")
        }
        guard measures.contains(.plane) else {
            throw Exit.Failure(
                .usage,
                "--adaptive chooses the points of a plane, and 'plane' is not among --measures \(self.measures).")
        }
    }
}
