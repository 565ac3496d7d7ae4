/// Element-wise arithmetic with broadcasting.
extension Tensor {
    /// Element-wise sum.
    public static func + (a: Tensor, b: Tensor) throws(TensorError) -> Tensor {
        try Ops.add(.tensor(a), .tensor(b), .double(1))
    }

    /// Adds a number to every element.
    public static func + (a: Tensor, b: Double) throws(TensorError) -> Tensor {
        try Ops.addScalar(.tensor(a), .double(b), .double(1))
    }

    /// Element-wise difference.
    public static func - (a: Tensor, b: Tensor) throws(TensorError) -> Tensor {
        try Ops.sub(.tensor(a), .tensor(b), .double(1))
    }

    /// Subtracts a number from every element.
    public static func - (a: Tensor, b: Double) throws(TensorError) -> Tensor {
        try a + (-b)
    }

    /// Element-wise product.
    public static func * (a: Tensor, b: Tensor) throws(TensorError) -> Tensor {
        try Ops.mul(.tensor(a), .tensor(b))
    }

    /// Subtracts every element from a number.
    public static func - (a: Double, b: Tensor) throws(TensorError) -> Tensor {
        try Ops.rsubScalar(.tensor(b), .double(a), .double(1))
    }

    /// Multiplies every element by a number.
    public static func * (a: Tensor, b: Double) throws(TensorError) -> Tensor {
        try Ops.mulScalar(.tensor(a), .double(b))
    }

    /// Element-wise quotient.
    public static func / (a: Tensor, b: Tensor) throws(TensorError) -> Tensor {
        try Ops.div(.tensor(a), .tensor(b))
    }

    /// Divides every element by a number.
    public static func / (a: Tensor, b: Double) throws(TensorError) -> Tensor {
        try a * (1 / b)
    }

    /// Changes every sign.
    public static prefix func - (a: Tensor) throws(TensorError) -> Tensor {
        try Ops.neg(.tensor(a))
    }

    /// `self + factor · other` in one pass.
    public func adding(_ other: Tensor, times factor: Double) throws(TensorError) -> Tensor {
        try Ops.add(.tensor(self), .tensor(other), .double(factor))
    }

    /// |x|.
    public func absolute() throws(TensorError) -> Tensor { try Ops.abs(.tensor(self)) }
    /// −1, 0 or 1.
    public func sign() throws(TensorError) -> Tensor { try Ops.sign(.tensor(self)) }
    /// x².
    public func squared() throws(TensorError) -> Tensor { try Ops.square(.tensor(self)) }
    /// √x.
    public func squareRoot() throws(TensorError) -> Tensor { try Ops.sqrt(.tensor(self)) }
    /// 1/√x.
    public func reciprocalSquareRoot() throws(TensorError) -> Tensor { try Ops.rsqrt(.tensor(self)) }
    /// eˣ.
    public func exponential() throws(TensorError) -> Tensor { try Ops.exp(.tensor(self)) }
    /// ln x.
    public func logarithm() throws(TensorError) -> Tensor { try Ops.log(.tensor(self)) }
    /// sin x.
    public func sine() throws(TensorError) -> Tensor { try Ops.sin(.tensor(self)) }
    /// cos x.
    public func cosine() throws(TensorError) -> Tensor { try Ops.cos(.tensor(self)) }
    /// xᵖ.
    public func power(_ exponent: Double) throws(TensorError) -> Tensor {
        try Ops.powScalar(.tensor(self), .double(exponent))
    }
    /// 1 / (1 + e⁻ˣ).
    public func sigmoid() throws(TensorError) -> Tensor { try Ops.sigmoid(.tensor(self)) }
    /// ln(1 + eˣ).
    public func softplus() throws(TensorError) -> Tensor { try Ops.softplus(.tensor(self), .double(1), .double(20)) }
    /// ln σ(x).
    public func logSigmoid() throws(TensorError) -> Tensor { try Ops.logSigmoid(.tensor(self)) }
    /// ln(1 + x).
    public func logarithmOfOnePlus() throws(TensorError) -> Tensor { try Ops.log1p(.tensor(self)) }
    /// ln |Γ(x)|.
    public func logGamma() throws(TensorError) -> Tensor { try Ops.lgamma(.tensor(self)) }
    /// min(x, bound).
    public func clamped(above bound: Double) throws(TensorError) -> Tensor {
        try Ops.clampMax(.tensor(self), .double(bound))
    }
    /// The larger of two elements.
    public func maximum(_ other: Tensor) throws(TensorError) -> Tensor {
        try Ops.maximum(.tensor(self), .tensor(other))
    }
    /// The smaller of two elements.
    public func minimum(_ other: Tensor) throws(TensorError) -> Tensor {
        try Ops.minimum(.tensor(self), .tensor(other))
    }
    /// max(x, bound).
    public func clamped(below bound: Double) throws(TensorError) -> Tensor {
        try Ops.maximumScalar(.tensor(self), .double(bound))
    }
}

/// Choice by a boolean tensor.
extension Tensor {
    /// Where elements equal a number.
    public func equals(_ value: Double) throws(TensorError) -> Tensor {
        try Ops.eqScalar(.tensor(self), .double(value))
    }

    /// Where elements are less than a number.
    public func isLess(than value: Double) throws(TensorError) -> Tensor {
        try Ops.ltScalar(.tensor(self), .double(value))
    }

    /// Where elements are greater than a number.
    public func isGreater(than value: Double) throws(TensorError) -> Tensor {
        try Ops.gtScalar(.tensor(self), .double(value))
    }

    /// Where elements equal those of another tensor.
    public func equals(_ other: Tensor) throws(TensorError) -> Tensor {
        try Ops.eqTensor(.tensor(self), .tensor(other))
    }

    /// Where elements are less than those of another tensor.
    public func isLess(than other: Tensor) throws(TensorError) -> Tensor {
        try Ops.ltTensor(.tensor(self), .tensor(other))
    }

    /// Where a boolean tensor is false.
    public func negated() throws(TensorError) -> Tensor { try Ops.logicalNot(.tensor(self)) }

    /// The receiver's elements where `mask` is true, those of `other` elsewhere.
    public func chosen(where mask: Tensor, else other: Tensor) throws(TensorError) -> Tensor {
        try Ops.where_(.tensor(mask), .tensor(self), .tensor(other))
    }

    /// The number of rising `boundaries` at or below each element (`right`), or strictly below it.
    public func bucketized(_ boundaries: Tensor, right: Bool) throws(TensorError) -> Tensor {
        try Ops.bucketize(.tensor(self), .tensor(boundaries), .bool(false), .bool(right))
    }

    /// Where elements are NaN.
    public func isNaN() throws(TensorError) -> Tensor {
        try Ops.isnan(.tensor(self))
    }

    /// Where elements are zero or less.
    public func isAtMostZero() throws(TensorError) -> Tensor {
        try Ops.leScalar(.tensor(self), .double(0))
    }

    /// The receiver with `value` where `mask` is true.
    public func filled(with value: Double, where mask: Tensor) throws(TensorError) -> Tensor {
        try Ops.maskedFill(.tensor(self), .tensor(mask), .double(value))
    }

    /// The elements on and above the given diagonal of the last two dimensions; zeros elsewhere.
    public func upperTriangle(diagonal: Int = 0) throws(TensorError) -> Tensor {
        try Ops.triu(.tensor(self), .int(diagonal))
    }

    /// Whether no element is NaN or infinite.
    public var isFinite: Bool {
        get throws(TensorError) { try Ops.all(.tensor(try Ops.isfinite(.tensor(self)))).to(.float64).item == 1 }
    }
}

/// Changes of the receiver's own memory, for buffers that one owner reuses. Not recorded for differentiation.
extension Tensor {
    /// Copies the elements of `other`, converting the type.
    public func copyInPlace(_ other: Tensor) throws(TensorError) {
        _ = try Ops.copy(.tensor(self), .tensor(other), .bool(false))
    }

    /// `self += factor · other`.
    public func addInPlace(_ other: Tensor, times factor: Double = 1) throws(TensorError) {
        _ = try Ops.addInPlace(.tensor(self), .tensor(other), .double(factor))
    }

    /// `self += weight · (other − self)`, computed from the nearer end: exact at 0 and 1 and where both are equal.
    public func interpolateInPlace(_ other: Tensor, weight: Double) throws(TensorError) {
        _ = try Ops.lerpInPlace(.tensor(self), .tensor(other), .double(weight))
    }

    /// `self += factor · a · b`.
    public func addProductInPlace(_ a: Tensor, _ b: Tensor, times factor: Double = 1) throws(TensorError) {
        _ = try Ops.addcmul(.tensor(self), .tensor(a), .tensor(b), .double(factor))
    }

    /// `self += factor · a / b`.
    public func addQuotientInPlace(_ a: Tensor, _ b: Tensor, times factor: Double = 1) throws(TensorError) {
        _ = try Ops.addcdiv(.tensor(self), .tensor(a), .tensor(b), .double(factor))
    }

    /// `self *= factor`.
    public func scaleInPlace(_ factor: Double) throws(TensorError) {
        _ = try Ops.mulScalarInPlace(.tensor(self), .double(factor))
    }

    /// `self *= other`.
    public func multiplyInPlace(_ other: Tensor) throws(TensorError) {
        _ = try Ops.mulInPlace(.tensor(self), .tensor(other))
    }

    /// Sets every element.
    public func fillInPlace(_ value: Double) throws(TensorError) {
        _ = try Ops.fill(.tensor(self), .double(value))
    }
}
