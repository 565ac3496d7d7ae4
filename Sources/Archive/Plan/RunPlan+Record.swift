extension RunPlan {
    /// The plan that laid out a file, as far as the file tells; not its share of a run.
    ///
    /// Numeric attributes have the values that the file holds by now; coordinates of arrays that are no mere counts are left for
    /// later, since the file does not tell whether they came with the array.
    public init(_ record: RunRecord) {
        let known = RunLayout.rootAttributes.union(RunShard.attributes)
        self.init(
            title: record.title, command: record.command, seed: record.seed,
            software: record.software, manifestJSON: record.manifestJSON, fingerprint: record.fingerprint,
            attributes: RunPlan.planned(record.attributes, without: known).filter { !$0.key.hasPrefix("software_") },
            variants: record.variants.map(VariantPlan.init))
    }

    fileprivate static func planned(
        _ attributes: [String: AttributeValue], without known: Set<String>
    ) -> [String: AttributeValue] {
        attributes.filter { !known.contains($0.key) && !PlanCheck.foreignAttributes.contains($0.key) }
    }
}

extension VariantPlan {
    fileprivate init(_ record: VariantRecord) {
        self.init(
            name: record.name, kind: record.kind, alpha: record.alpha, weightsSHA256: record.weightsSHA256,
            parameters: record.parameters,
            attributes: RunPlan.planned(record.attributes, without: VariantLayout.attributes),
            scalars: record.scalars.map { scalar in
                ScalarPlan(
                    path: scalar.path, longName: scalar.longName, units: scalar.units,
                    attributes: RunPlan.planned(scalar.attributes, without: PlanCheck.datasetAttributes))
            },
            arrays: record.arrays.map(ArrayPlan.init),
            lines: record.lines.map(GridPlan.init), planes: record.planes.map(GridPlan.init),
            volumes: record.volumes.map(GridPlan.init))
    }
}

extension GridPlan {
    fileprivate init(_ record: GridRecord) {
        self.init(
            name: record.name, coordinates: record.coordinates, columns: record.columns.map(ColumnPlan.init),
            attributes: RunPlan.planned(record.attributes, without: ["name"]))
    }
}

extension ArrayPlan {
    fileprivate init(_ record: ArrayRecord) {
        self.init(
            path: record.path,
            dimensions: zip(record.dimensions, record.shape).map { dimension, count in
                dimension.element == .integer
                    ? .index(dimension.name, count: count) : .later(dimension.name, count: count)
            },
            longName: record.longName, units: record.units,
            companions: record.companions.map {
                CompanionPlan(name: $0.name, longName: $0.longName, element: $0.element == .byte ? .uint8 : .float64)
            },
            attributes: RunPlan.planned(record.attributes, without: PlanCheck.datasetAttributes))
    }
}

extension ColumnPlan {
    fileprivate init(_ record: ColumnRecord) {
        self.init(name: record.name, longName: record.longName, units: record.units)
    }
}
