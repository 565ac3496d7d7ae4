import Testing

@testable import TimeSeries

@Suite("Decimal numbers")
struct DecimalTextTests {
    private func value(_ text: String) -> Double? {
        Array(text.utf8).withUnsafeBufferPointer { DecimalText.parse($0) }
    }

    @Test("bit for bit what the standard library reads")
    func agreesWithStandardLibrary() {
        var random = StableRandom(seed: 7)
        var texts = ["0", "-0", "1", "9007199254740993", "0.1", "5.827000141143799", "18446744073709551615", "1e19"]
        texts += [
            "9999999999999999999", "1e-19", "123456789012345678e-19", "4.9e-324", "1.7976931348623157e308", "2e-400",
        ]
        for _ in 0..<5000 {
            let digits = String((0..<1 + random.below(22)).map { _ in Character(String(random.below(10))) })
            let point = random.below(digits.count + 1)
            var text = digits.prefix(point) + "." + digits.dropFirst(point)
            if random.uniform() < 0.5 { text += "e\(random.below(60) - 30)" }
            texts.append((random.uniform() < 0.3 ? "-" : "") + text)
        }
        // Halfway cases: 53-bit numbers plus half a unit in the last place.
        for _ in 0..<500 { texts.append("\((random.next() >> 10 | 1 << 53) | 1)") }
        for text in texts {
            #expect(value(text)?.bitPattern == Double(text)?.bitPattern, "\(text)")
        }
    }

    @Test(
        "no number",
        arguments: ["", ".", "+", "-.", "e5", "1e", "1e+", "1.2.3", "0x10", "nan", "inf", "1,5", "1 2", "--1", "１"])
    func refused(text: String) {
        #expect(value(text) == nil)
    }

    @Test("beyond the range: infinite, for the reader to refuse")
    func outOfRange() {
        #expect(value("1e309") == .infinity)
        #expect(value("-1e99999999999999999999") == -.infinity)
    }
}
