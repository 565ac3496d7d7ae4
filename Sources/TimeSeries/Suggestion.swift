/// The candidate that is nearest to a mistyped name, when one is near enough to be meant.
///
/// Compares without regard to case by the number of insertions, deletions, substitutions and swaps of neighbours; at
/// most a third of the letters may differ.
public func nearestName(to name: String, among candidates: [String]) -> String? {
    let wanted = Array(name.lowercased().unicodeScalars)
    guard !wanted.isEmpty, wanted.count <= 200 else { return nil }
    var best: (name: String, distance: Int)?
    for candidate in candidates.prefix(2000) {
        let letters = Array(candidate.lowercased().unicodeScalars)
        let allowed = max(1, max(wanted.count, letters.count) / 3)
        guard abs(letters.count - wanted.count) <= allowed, letters.count > 1 || wanted == letters else { continue }
        let distance = editDistance(wanted, letters)
        if distance <= allowed, distance < best?.distance ?? .max { best = (candidate, distance) }
    }
    return best?.name
}

private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
    var beforePrevious: [Int] = []
    var previous = Array(0...b.count)
    for i in a.indices {
        var current = [i + 1]
        for j in b.indices {
            let substituted = previous[j] + (a[i] == b[j] ? 0 : 1)
            var best = min(substituted, previous[j + 1] + 1, current[j] + 1)
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, beforePrevious[j - 1] + 1) }
            current.append(best)
        }
        beforePrevious = previous
        previous = current
    }
    return previous[b.count]
}
