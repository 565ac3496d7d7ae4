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
        }
    }
}
