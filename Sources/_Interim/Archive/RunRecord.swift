import Foundation

/// The contents of a result file as plain values.
public struct RunRecord: Sendable {
    /// Where it came from.
    public let url: URL
    /// Root attributes in their order.
    public let attributes: [(name: String, value: AttributeValue)]
    /// The manifest's JSON text.
    public let manifest: String
    /// In the order of the comparison.
    public let variants: [Variant]

    /// One set of weights.
    public struct Variant: Sendable {
        /// Such as `sff:0.7`.
        public let name: String
        /// `kind`, `alpha` and the like.
        public let attributes: [(name: String, value: AttributeValue)]
        /// By path, in the order of the file.
        public let scalars: [Scalar]
        /// The upper end of the spectrum, descending.
        public let largest: Spectrum?
        /// The lower end, ascending.
        public let smallest: Spectrum?
        /// Lines and planes.
        public let grids: [Grid]

        /// A scalar by its path.
        public func scalar(_ path: String) -> Scalar? { scalars.first { $0.path == path } }
        /// A grid by its path.
        public func grid(_ path: String) -> Grid? { grids.first { $0.path == path } }
        /// A numeric attribute.
        public func number(_ name: String) -> Double? { RunRecord.number(attributes, name) }
        /// A text attribute.
        public func text(_ name: String) -> String? { RunRecord.text(attributes, name) }
    }

    /// A number with its evidence.
    public struct Scalar: Sendable {
        /// Below the variant.
        public let path: String
        /// NaN while pending.
        public let value: Double
        /// Evidence and definition.
        public let attributes: [(name: String, value: AttributeValue)]
        /// Whether the value is there.
        public var status: Status { Status(rawValue: UInt8(RunRecord.number(attributes, "status") ?? 0)) ?? .pending }
        /// NaN where there is none.
        public var standardError: Double { RunRecord.number(attributes, "standard_error") ?? .nan }
        /// What it is.
        public var longName: String { RunRecord.text(attributes, "long_name") ?? path }
        /// A numeric attribute.
        public func number(_ name: String) -> Double? { RunRecord.number(attributes, name) }
        /// A text attribute.
        public func text(_ name: String) -> String? { RunRecord.text(attributes, name) }
    }

    /// One end of a spectrum.
    public struct Spectrum: Sendable {
        /// NaN where pending.
        public let values: [Double]
        /// Relative residuals.
        public let residuals: [Double]
        /// Whether each is within the tolerance.
        public let converged: [Bool]
        /// Evidence.
        public let attributes: [(name: String, value: AttributeValue)]
        /// Whether the values are there.
        public var status: Status { Status(rawValue: UInt8(RunRecord.number(attributes, "status") ?? 0)) ?? .pending }
        /// A numeric attribute.
        public func number(_ name: String) -> Double? { RunRecord.number(attributes, name) }
    }

    /// Losses over a line or plane.
    public struct Grid: Sendable {
        /// `lines/NAME` or `planes/NAME`.
        public let path: String
        /// Coordinates in the order of the dimensions: y before x.
        public let axes: [GridPlan.Axis]
        /// Row-major.
        public let loss: [Double]
        /// Row-major.
        public let standardError: [Double]
        /// Row-major.
        public let status: [Status]
        /// Seed, cosine and the like.
        public let attributes: [(name: String, value: AttributeValue)]
        /// A numeric attribute.
        public func number(_ name: String) -> Double? { RunRecord.number(attributes, name) }
        /// A text attribute.
        public func text(_ name: String) -> String? { RunRecord.text(attributes, name) }
    }

    /// Whether everything planned was done.
    public var isComplete: Bool { number("complete") == 1 }
    /// A numeric root attribute.
    public func number(_ name: String) -> Double? { RunRecord.number(attributes, name) }
    /// A text root attribute.
    public func text(_ name: String) -> String? { RunRecord.text(attributes, name) }

    static func number(_ attributes: [(name: String, value: AttributeValue)], _ name: String) -> Double? {
        switch attributes.first(where: { $0.name == name })?.value {
        case .double(let number): number
        case .int(let number): Double(number)
        case .byte(let number): Double(number)
        default: nil
        }
    }

    static func text(_ attributes: [(name: String, value: AttributeValue)], _ name: String) -> String? {
        if case .string(let text) = attributes.first(where: { $0.name == name })?.value { return text }
        return nil
    }

    /// Reads a file, finished or not.
    ///
    /// - Throws: ``ArchiveError`` when it is no result file or damaged.
    public init(_ url: URL) throws(ArchiveError) {
        let file = try HDF5File.open(url.path, writing: false)
        guard case .string(let schema)? = file.root.attribute("schema") else {
            throw ArchiveError(.badData, url.path, "is an HDF5 file, but no result of landscape: attribute 'schema' is missing")
        }
        guard schema == RunFile.schema else {
            throw ArchiveError(.badData, url.path, "has schema '\(schema)'; this version reads '\(RunFile.schema)'")
        }
        self.url = url
        attributes = try file.root.attributes()
        manifest = try file.root.readString("manifest")
        var variants: [Variant] = []
        let group = try file.root.group("variants")
        for name in try group.children() { variants.append(try RunRecord.variant(try group.group(name), name)) }
        self.variants = variants
    }

    private static func variant(_ group: HDF5Node, _ name: String) throws(ArchiveError) -> Variant {
        var scalars: [Scalar] = []
        var grids: [Grid] = []
        var spectra: [String: Spectrum] = [:]
        for child in try group.children() {
            guard group.isGroup(child) else {
                scalars.append(try scalar(try group.dataset(child), child))
                continue
            }
            let sub = try group.group(child)
            for item in try sub.children() {
                if sub.isGroup(item) {
                    grids.append(try grid(try sub.group(item), "\(child)/\(item)"))
                } else if child == "curvature", item.hasPrefix("eigenvalues") {
                    let suffix = String(item.dropFirst("eigenvalues".count))
                    let node = try sub.dataset(item)
                    spectra[suffix] = Spectrum(
                        values: try node.doubles(), residuals: try sub.dataset("residuals" + suffix).doubles(),
                        converged: try sub.dataset("converged" + suffix).bytes().map { $0 == 1 },
                        attributes: try node.attributes())
                } else if try sub.dataset(item).shape().isEmpty {
                    scalars.append(try scalar(try sub.dataset(item), "\(child)/\(item)"))
                }
            }
        }
        let attributes = try group.attributes()
        return Variant(
            name: text(attributes, "name") ?? name, attributes: attributes, scalars: scalars, largest: spectra[""],
            smallest: spectra["_smallest"], grids: grids)
    }

    private static func scalar(_ node: HDF5Node, _ path: String) throws(ArchiveError) -> Scalar {
        guard let value = try node.doubles().first else {
            throw ArchiveError(.badData, node.file, "'\(path)' is empty; the file is damaged")
        }
        return Scalar(path: path, value: value, attributes: try node.attributes())
    }

    private static func grid(_ group: HDF5Node, _ path: String) throws(ArchiveError) -> Grid {
        let names = path.hasPrefix("planes/") ? ["y", "x"] : ["t"]
        var axes: [GridPlan.Axis] = []
        for name in names {
            let node = try group.dataset(name)
            axes.append(GridPlan.Axis(name, try node.doubles(), longName: text(try node.attributes(), "long_name") ?? name))
        }
        let loss = try group.dataset("loss").doubles()
        let status = try group.dataset("status").bytes()
        let error = try group.dataset("standard_error").doubles()
        let count = axes.reduce(1) { $0 * $1.values.count }
        guard loss.count == count, status.count == count, error.count == count else {
            throw ArchiveError(.badData, group.file, "'\(path)' holds \(loss.count) losses for \(count) points; the file is damaged")
        }
        return Grid(
            path: path, axes: axes, loss: loss, standardError: error,
            status: status.map { Status(rawValue: $0) ?? .pending }, attributes: try group.attributes())
    }
}
