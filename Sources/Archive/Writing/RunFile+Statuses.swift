extension RunFile {
    /// The status of every item, in the order of the plan: for each variant scalars, arrays, points of lines and of planes.
    public func statuses() throws(ArchiveError) -> [ItemStatus] {
        var statuses: [ItemStatus] = []
        for variant in layout.plan.variants {
            let name = variant.name
            for scalar in variant.scalars { statuses.append(try scalarStatus(variant: name, path: scalar.path)) }
            for array in variant.arrays { statuses.append(try arrayStatus(variant: name, path: array.path)) }
            for line in variant.lines { statuses += try lineStatuses(variant: name, line: line.name) }
            for plane in variant.planes { statuses += try planeStatuses(variant: name, plane: plane.name) }
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
            for line in variant.lines {
                let own = Array(rest.prefix(line.t.count))
                rest = rest.dropFirst(own.count)
                try setLinePoints(
                    variant: name, line: line.name,
                    own.indices.filter { own[$0] != .pending }.map {
                        LinePoint(index: $0, values: [:], status: own[$0])
                    })
            }
            for plane in variant.planes {
                let (rows, columns) = (plane.y.count, plane.x.count)
                let own = Array(rest.prefix(rows * columns))
                rest = rest.dropFirst(own.count)
                try setPlanePoints(
                    variant: name, plane: plane.name,
                    own.indices.filter { own[$0] != .pending }.map {
                        PlanePoint(row: $0 / columns, column: $0 % columns, values: [:], status: own[$0])
                    })
            }
        }
    }
}
