/// The tokens of a stretch that are judged in anomaly detection, and the windows in which a model sees them.
///
/// Token i covers rows `first + i·patch` and the `patch − 1` after it. Every token is judged exactly once. Windows may begin
/// before the stretch (their lead-in is seen and not judged) and never reach beyond its end.
///
/// Models that predict every patch from the ones before it (`lead` > 0) are given windows as in the published Timer
/// code: a window judges all its patches but the first, which nothing predicts, and the last, and windows follow each other by
/// what they judge. Unlike there, the rest of the stretch gets a window of its own, moved back to fit, so that no whole
/// token stays out; and models that reconstruct in place (`lead` 0) judge whole windows, without the overlap and the
/// shifted labels that the published code has for them.
public struct AnomalyTokens: Sendable, Equatable {
    /// A window and the tokens it judges.
    public struct Window: Sendable, Equatable {
        /// Its first row.
        public let start: Int
        /// The tokens it judges.
        public let tokens: Range<Int>
    }

    /// Rows of one token.
    public let patch: Int
    /// Rows of one window.
    public let context: Int
    /// The first judged row.
    public let first: Int
    /// Number of tokens.
    public let count: Int
    /// In the order of the tokens.
    public let windows: [Window]

    /// Tokens of `stretch`.
    ///
    /// - Parameters:
    ///   - context: rows of a window, a multiple of `patch`.
    ///   - lead: rows at a window's beginning that the model gives no value for, a multiple of `patch`.
    ///   - title: of the series, in messages.
    /// - Throws: `tooFewRows` when not even one window fits between the first row of the series and the end of the stretch;
    ///   `invalidArgument` for sizes that do not fit together.
    public init(
        _ stretch: Range<Int>, patch: Int, context: Int, lead: Int, split: Split, title: String
    ) throws(TimeSeriesError) {
        guard patch > 0, context % patch == 0, lead >= 0, lead % patch == 0, context - lead >= patch else {
            throw .invalidArgument(
                name: "context", found: "\(context) rows for tokens of \(patch) rows, \(lead) rows in front",
                expected: "a multiple of the token with room for one after the rows in front")
        }
        let first = max(stretch.lowerBound, lead)
        let count = max(0, stretch.upperBound - first) / patch
        guard count > 0, stretch.upperBound >= context else {
            throw .tooFewRows(
                path: title, split: "\(split)", rows: stretch.upperBound, context: context, horizon: 0)
        }
        let perWindow = max(1, (context - (lead > 0 ? lead + patch : 0)) / patch)
        windows = stride(from: 0, to: count, by: perWindow).map { token in
            let start = first + token * patch - lead
            // Whole patches back, until the window ends inside.
            let excess = max(0, start + context - stretch.upperBound)
            let back = (excess + patch - 1) / patch * patch
            return Window(start: start - back, tokens: token..<min(count, token + perWindow))
        }
        guard windows.allSatisfy({ $0.start >= 0 }) else {
            throw .tooFewRows(
                path: title, split: "\(split)", rows: stretch.upperBound, context: context, horizon: 0)
        }
        self.patch = patch
        self.context = context
        self.first = first
        self.count = count
    }

    /// The rows of a token.
    public func rows(of token: Int) -> Range<Int> { first + token * patch..<first + (token + 1) * patch }

    /// The mean of the tokens' scores for every window.
    public func means(_ scores: [Double]) -> [Double] {
        windows.map { window in scores[window.tokens].reduce(0, +) / Double(window.tokens.count) }
    }

    /// The tokens that share a row with `rows`.
    public func overlapping(_ rows: Range<Int>) -> Range<Int> {
        let low = max(0, (rows.lowerBound - first) / patch)
        let high = min(count, (rows.upperBound - first + patch - 1) / patch)
        return rows.isEmpty || rows.upperBound <= first ? 0..<0 : low..<max(low, high)
    }
}
