/// Seconds since its making, by a clock that nobody sets: a corrected system time makes no duration wrong or negative.
struct Stopwatch {
    private let begun = ContinuousClock.now
    var elapsed: Double { (ContinuousClock.now - begun) / .seconds(1) }
}
