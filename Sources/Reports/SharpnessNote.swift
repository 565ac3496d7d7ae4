import Archive

extension ScalarRecord {
    /// Why a number is not defined at these weights, in a few words; `nil` where it is.
    public var undefinedReason: String? {
        guard let kind = attributes["undefined"]?.integer, kind > 0 else { return nil }
        let words = attributes["undefined_meanings"]?.texts ?? []
        let index = kind - 1
        return index < words.count ? words[index] : "not defined"
    }

    /// What R̂ says where it says that chains have not settled.
    var chainNote: String? {
        guard let rHat = attributes["r_hat"]?.number, attributes["converged"]?.number == 0, !value.isNaN else {
            return nil
        }
        return "R̂ \(Number.text(rHat))"
    }
}
