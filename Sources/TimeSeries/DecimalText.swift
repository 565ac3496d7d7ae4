/// Decimal text to `Double`, correctly rounded, independent of the locale.
enum DecimalText {
    private static let powersOfTen: [UInt64] = (0..<20).map { exponent in
        (0..<exponent).reduce(UInt64(1)) { power, _ in power * 10 }
    }

    /// Reads `[+-]digits[.digits][e[+-]digits]` from `base[position...]` and moves `position` behind it.
    ///
    /// Returns NaN, with `position` anywhere, for what is no number or needs the slow way: more than 19 significant
    /// digits or a decimal exponent beyond +-19. The result is exact-integer arithmetic rounded once.
    static func scan(_ base: UnsafePointer<UInt8>, _ position: inout Int, _ end: Int) -> Double {
        var i = position
        var negative = false
        if i < end, base[i] == 0x2D || base[i] == 0x2B {
            negative = base[i] == 0x2D
            i &+= 1
        }
        var mantissa: UInt64 = 0
        var significant = 0
        var exponent = 0
        let first = i
        while i < end {
            let digit = base[i] &- 0x30
            if digit > 9 { break }
            if significant > 0 || digit > 0 { significant &+= 1 }
            mantissa = mantissa &* 10 &+ UInt64(truncatingIfNeeded: digit)
            i &+= 1
        }
        var digits = i &- first
        if i < end, base[i] == 0x2E {
            i &+= 1
            let point = i
            while i < end {
                let digit = base[i] &- 0x30
                if digit > 9 { break }
                if significant > 0 || digit > 0 { significant &+= 1 }
                mantissa = mantissa &* 10 &+ UInt64(truncatingIfNeeded: digit)
                i &+= 1
            }
            digits &+= i &- point
            exponent = point &- i
        }
        if digits == 0 || significant > 19 { return .nan }
        if i < end, base[i] | 0x20 == 0x65 {
            guard let written = scanExponent(base, &i, end) else { return .nan }
            exponent &+= written
        }
        position = i
        if mantissa == 0 { return negative ? -0.0 : 0 }
        if exponent < -19 || exponent > 19 { return .nan }
        let magnitude =
            exponent < 0 ? quotient(mantissa, powersOfTen[-exponent]) : product(mantissa, powersOfTen[exponent])
        return negative ? -magnitude : magnitude
    }

    /// The whole of `text` as a number; nil when it is none, infinite when it is out of range.
    ///
    /// Takes the slow way for long mantissas and extreme exponents.
    static func parse(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
        guard let base = text.baseAddress else { return nil }
        var position = 0
        let quick = scan(base, &position, text.count)
        if !quick.isNaN { return position == text.count ? quick : nil }
        guard hasDecimalForm(text) else { return nil }
        return Double(String(decoding: text, as: UTF8.self))
    }

    /// `a / b`, rounded to nearest even.
    ///
    /// Both are shifted to full width; a 64-bit quotient keeps at least 63 bits, and its lowest bit stands for the
    /// remainder, so that the conversion rounds as if it saw all bits.
    private static func quotient(_ a: UInt64, _ b: UInt64) -> Double {
        let shiftA = a.leadingZeroBitCount
        let shiftB = b.leadingZeroBitCount
        let wide = a << UInt64(shiftA)
        let (q, remainder) = (b << UInt64(shiftB)).dividingFullWidth((wide >> 1, wide << 63))
        let sticky = q | (remainder == 0 ? 0 : 1)
        return Double(sticky) * Double(sign: .plus, exponent: shiftB - shiftA - 63, significand: 1)
    }

    /// `a * b`, rounded to nearest even.
    private static func product(_ a: UInt64, _ b: UInt64) -> Double {
        let (high, low) = a.multipliedFullWidth(by: b)
        if high == 0 { return Double(low) }
        let shift = UInt64(high.leadingZeroBitCount)
        let top = shift == 0 ? high : high << shift | low >> (64 - shift)
        let rest = low << shift
        return Double(top | (rest == 0 ? 0 : 1)) * Double(sign: .plus, exponent: 64 - Int(shift), significand: 1)
    }

    private static func scanExponent(_ base: UnsafePointer<UInt8>, _ i: inout Int, _ end: Int) -> Int? {
        i += 1
        var negative = false
        if i < end, base[i] == 0x2D || base[i] == 0x2B {
            negative = base[i] == 0x2D
            i += 1
        }
        let first = i
        var value = 0
        while i < end, base[i] &- 0x30 <= 9 {
            value = min(value * 10 + Int(base[i] - 0x30), 100_000)
            i += 1
        }
        return i == first ? nil : negative ? -value : value
    }

    /// Whether the text follows the grammar of `scan`, whatever its length; keeps "nan", "0x1p3" and the like out.
    private static func hasDecimalForm(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var rest = text[...]
        func skipSign() { if let c = rest.first, c == 0x2D || c == 0x2B { rest = rest.dropFirst() } }
        func skipDigits() -> Int {
            let tail = rest.drop { $0 &- 0x30 <= 9 }
            defer { rest = tail }
            return rest.count - tail.count
        }
        skipSign()
        var digits = skipDigits()
        if rest.first == 0x2E {
            rest = rest.dropFirst()
            digits += skipDigits()
        }
        guard digits > 0 else { return false }
        if let c = rest.first, c | 0x20 == 0x65 {
            rest = rest.dropFirst()
            skipSign()
            guard skipDigits() > 0 else { return false }
        }
        return rest.isEmpty
    }
}
