import Testing

@testable import Reports

@Suite struct PairedIntervalTests {
    /// Against tables of Student's distribution.
    @Test(arguments: [
        (1, 12.7062), (2, 4.3027), (3, 3.1824), (4, 2.7764), (5, 2.5706), (9, 2.2622), (30, 2.0423), (255, 1.9693),
    ])
    func quantiles(degrees: Int, table: Double) {
        #expect(abs(PairedInterval.quantile(degreesOfFreedom: degrees) / table - 1) < 0.01)
    }

    /// Five draws: the normal quantile would call this a difference, Student's does not.
    @Test func fewDrawsAreLessEvident() throws {
        func interval(samples: Int) throws -> PairedInterval {
            try #require(PairedInterval(difference: 2.3, error: 1, samples: samples))
        }
        #expect(try !interval(samples: 5).isEvident)
        #expect(try interval(samples: 256).isEvident)
        #expect(try abs(interval(samples: 256).low - (2.3 - 1.9693)) < 1e-3)
    }
}
