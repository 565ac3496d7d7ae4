import Foundation

/// Whether tests that take many minutes run as well: LANDSCAPE_SLOW_TESTS is set, as `make test-slow` does.
public let runsSlowTests = ProcessInfo.processInfo.environment["LANDSCAPE_SLOW_TESTS"] != nil
