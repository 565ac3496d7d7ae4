extension RunFile {
    /// The status of every item, in the order of the plan: for each variant scalars, arrays, points of lines, planes and volumes.
    public func statuses() throws(ArchiveError) -> [ItemStatus] {
        var statuses: [ItemStatus] = []
        for variant in layout.plan.variants {
            let name = variant.name
            for scalar in variant.scalars { statuses.append(try scalarStatus(variant: name, path: scalar.path)) }
            for array in variant.arrays { statuses.append(try arrayStatus(variant: name, path: array.path)) }
            for grid in variant.grids { statuses += try self.statuses(variant: name, of: grid.id) }
        }
        return statuses
    }

    /// Takes over the statuses of another file with the same plan, without its values.
    ///
    /// Throws `invalidValue` where there are more or fewer than the plan has items.
    public func adopt(_ statuses: [ItemStatus]) throws(ArchiveError) {
        let expected = try self.statuses().count
        guard statuses.count == expected else {
            throw .invalidValue(
                path: path, object: "statuses", expected: "\(expected) of them", found: "\(statuses.count)")
        }
        var rest = statuses[...]
        for variant in layout.plan.variants {
            let name = variant.name
            for scalar in variant.scalars {
                let status = rest.removeFirst()
                if status != .pending { try setStatus(status, of: .scalar(variant: name, path: scalar.path)) }
            }
            for array in variant.arrays {
                let status = rest.removeFirst()
                if status != .pending { try setStatus(status, of: .array(variant: name, path: array.path)) }
            }
            for grid in variant.grids {
                let own = Array(rest.prefix(grid.count))
                rest = rest.dropFirst(own.count)
                try setPoints(
                    variant: name, of: grid.id,
                    own.indices.filter { own[$0] != .pending }.map {
                        GridPoint(index: $0, values: [:], status: own[$0])
                    })
            }
        }
    }
}
