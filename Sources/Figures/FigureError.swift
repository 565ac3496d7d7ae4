/// Why a figure cannot be drawn.
public enum FigureError: Error, CustomStringConvertible, Sendable {
    /// There is no gnuplot on PATH.
    case gnuplotMissing
    /// The folder or script cannot be written.
    case unwritable(String)
    /// gnuplot ended without making a figure; its own words are attached.
    case failed(figure: String, words: String)

    /// Whether gnuplot must be installed first.
    public var isGnuplotMissing: Bool {
        if case .gnuplotMissing = self { return true }
        return false
    }

    /// The message for people.
    public var description: String {
        switch self {
        case .gnuplotMissing: "gnuplot is not on PATH; install it with: apt-get install gnuplot-nox"
        case .unwritable(let what): what
        case .failed(let figure, let words): "gnuplot could not draw '\(figure)': \(words)"
        }
    }
}
