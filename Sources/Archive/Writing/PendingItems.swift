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
            for line in variant.lines {
                let own = line.status.indices.map { owns(.linePoint(variant: name, line: line.name, index: $0)) }
                add(line.status, own) { "\(name): line \(line.name), point \($0)" }
            }
            for plane in variant.planes {
                let own = plane.status.indices.map { owns(.planePoint(variant: name, plane: plane.name, index: $0)) }
                add(plane.status, own) {
                    "\(name): plane \(plane.name), row \($0 / plane.x.count), column \($0 % plane.x.count)"
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
