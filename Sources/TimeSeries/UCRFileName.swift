import Foundation

/// What the name of a UCR Anomaly Archive file says: `<id>_UCR_Anomaly_<name>_<train end>_<begin>_<end>.txt`.
///
/// Positions count from 1 in the archive; here they are 0-based rows.
public struct UCRFileName: Sendable, Equatable {
    /// The series' number in the archive.
    public let id: Int
    /// The series' name.
    public let name: String
    /// Rows without anomaly, to train on.
    public let train: Range<Int>
    /// The labelled anomaly.
    public let anomaly: Range<Int>

    /// Nil when the last component of `path` does not follow the pattern.
    public init?(path: String) {
        let parts = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
            .split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count >= 7, parts[1] == "UCR", parts[2] == "Anomaly", let id = Int(parts[0]),
            let trainEnd = Int(parts[parts.count - 3]), let begin = Int(parts[parts.count - 2]),
            let end = Int(parts[parts.count - 1]), 0 < trainEnd, trainEnd < begin, begin <= end
        else { return nil }
        self.id = id
        name = parts[3..<parts.count - 3].joined(separator: "_")
        train = 0..<trainEnd
        anomaly = begin - 1..<end
    }
}
