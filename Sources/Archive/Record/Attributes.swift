/// All attributes of one object, with the checks that their use needs.
struct Attributes {
    let all: [String: AttributeValue]
    private let node: any HDF5Node

    init(_ node: some HDF5Node) throws(ArchiveError) {
        var all: [String: AttributeValue] = [:]
        for name in try node.attributeNames() { all[name] = try node.attribute(name) }
        self.all = all
        self.node = node
    }

    func text(_ name: String) throws(ArchiveError) -> String {
        guard let text = all[name]?.text else { throw missing(name, "a text") }
        return text
    }

    func number(_ name: String) throws(ArchiveError) -> Double {
        guard let number = all[name]?.number else { throw missing(name, "a number") }
        return number
    }

    /// An integer that is not negative.
    func count(_ name: String) throws(ArchiveError) -> UInt64 {
        switch all[name] {
        case .unsigned(let number): return number
        case .int(let number) where number >= 0: return UInt64(number)
        default: throw missing(name, "a non-negative integer")
        }
    }

    func status() throws(ArchiveError) -> ItemStatus { try Attributes.status(all["status"], of: node) }

    /// The status of a scalar or an array, without reading its other attributes.
    static func status(of node: some HDF5Node) throws(ArchiveError) -> ItemStatus {
        try status(node.attribute("status"), of: node)
    }

    private static func status(_ value: AttributeValue?, of node: any HDF5Node) throws(ArchiveError) -> ItemStatus {
        if case .unsigned(let code) = value, let code = UInt8(exactly: code), let status = ItemStatus(rawValue: code),
            status != .interpolated
        {
            return status
        }
        throw node.damaged("@status", "expected 0, 1 or 2, found \(value.map { "\($0)" } ?? "nothing")")
    }

    private func missing(_ name: String, _ expected: String) -> ArchiveError {
        let found = all[name].map { "\($0)" } ?? "nothing"
        return node.damaged("@\(name)", "expected \(expected), found \(found)")
    }
}
