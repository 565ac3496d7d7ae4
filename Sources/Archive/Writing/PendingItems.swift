/// What a run, or a share of it, has left to do.
struct PendingItems {
    private(set) var count = 0
    /// The first pending item, in words.
    private(set) var first: String?

    init(_ record: RunRecord, owning owns: (RunItem) -> Bool) {
        for variant in record.variants {
            let name = variant.name
            for scalar in variant.scalars where owns(.scalar(variant: name, path: scalar.path)) {
                add([scalar.status]) { _ in "\(name): \(scalar.path)" }
            }
            for array in variant.arrays where owns(.array(variant: name, path: array.path)) {
                add([array.status]) { _ in "\(name): \(array.path)" }
            }
            for grid in variant.grids {
                let own = grid.status.indices.map { owns(.point(variant: name, grid: grid.id, index: $0)) }
                add(grid.status, own) { index in
                    let places = zip(grid.kind.axes, grid.places(of: index)).map { "\($0)[\($1)]" }
                    return "\(name): \(grid.kind) \(grid.name), point \(places.joined(separator: ", "))"
                }
            }
        }
    }

    private mutating func add(_ statuses: [ItemStatus], _ own: [Bool] = [true], _ words: (Int) -> String) {
        for (position, status) in statuses.enumerated() where status == .pending && own[position] {
            if first == nil { first = words(position) }
            count += 1
        }
    }
}
