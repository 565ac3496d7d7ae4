/// What can go wrong in an analysis.
public enum LandscapeError: Error, CustomStringConvertible, Sendable {
    /// The loss of a window is NaN at the point under study.
    case notANumber(window: String, value: Double)
    /// Two evaluations at one point differ.
    case notDeterministic(first: Double, second: Double)
    /// The gradient or a product holds NaN or infinity.
    case nonFiniteDerivative(String)
    /// A Gauss-Newton matrix was asked of a loss that is no convex function of the network's outputs.
    case noOutputs
    /// The user asked to stop.
    case interrupted
    /// Another process of the run is gone, or did not come. What is written stays right.
    case rankLost(String)
    /// Another process of the run failed at what all of them compute.
    case rankFailed(String)
    /// The processes of the run do not compute the same; says where that was noticed.
    case ranksDiverged(String)

    /// Whether a run cannot go on after this error, whatever it was computing.
    public static func endsRun(_ error: any Error) -> Bool {
        switch error {
        case LandscapeError.interrupted, LandscapeError.rankLost, LandscapeError.ranksDiverged: true
        default: false
        }
    }

    /// The message for people.
    public var description: String {
        switch self {
        case .notANumber(let window, let value):
            "the loss of \(window) is \(value); look for a constant or damaged stretch there, or choose other windows"
        case .notDeterministic(let first, let second):
            "two evaluations of the loss at one point differ (\(first) and \(second)): the model draws random numbers "
                + "while it is evaluated, so that its landscape is not a function"
        case .nonFiniteDerivative(let what):
            "\(what) is not finite at this point; use --precision float64, or exclude this variant"
        case .noOutputs:
            "this loss is no convex function of the network's outputs (a mixture's likelihood, for example), so it has no "
                + "Gauss-Newton matrix; use --loss mse, or leave out the operators ggn and residual"
        case .interrupted: "stopped on request"
        case .rankLost(let what): what
        case .rankFailed(let what): what
        case .ranksDiverged(let what):
            "the ranks do not compute the same (noticed at: \(what)): start all of them with the same options, files and build of "
                + "the program on the same kind of processor, or use --shard, which needs no such agreement"
        }
    }
}
