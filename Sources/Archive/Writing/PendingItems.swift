/// What a run has left to do.
struct PendingItems {
    private(set) var count = 0
    /// The first pending item, in words.
    private(set) var first: String?

    init(_ record: RunRecord) {
        for variant in record.variants {
            for scalar in variant.scalars { add([scalar.status]) { _ in "\(variant.name): \(scalar.path)" } }
            for array in variant.arrays { add([array.status]) { _ in "\(variant.name): \(array.path)" } }
            for line in variant.lines {
                add(line.status) { "\(variant.name): line \(line.name), point \($0)" }
            }
            for plane in variant.planes {
                add(plane.status) {
                    "\(variant.name): plane \(plane.name), row \($0 / plane.x.count), column \($0 % plane.x.count)"
                }
            }
        }
    }

    private mutating func add(_ statuses: [ItemStatus], _ words: (Int) -> String) {
        guard let position = statuses.firstIndex(of: .pending) else { return }
        if first == nil { first = words(position) }
        count += statuses.count { $0 == .pending }
    }
}
