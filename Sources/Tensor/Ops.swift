/// The operators this library uses, each looked up once.
enum Ops {
    // Creation and copies
    static let empty = Operator("empty", "memory_format")
    static let zeros = Operator("zeros")
    static let full = Operator("full")
    static let arange = Operator("arange")
    static let zerosLike = Operator("zeros_like")
    static let clone = Operator("clone")
    static let to = Operator("to", "device")
    static let copy = Operator("copy_")
    static let detach = Operator("detach")

    // Shape
    static let view = Operator("view")
    static let reshape = Operator("reshape")
    static let permute = Operator("permute")
    static let transpose = Operator("transpose", "int")
    static let narrow = Operator("narrow")
    static let select = Operator("select", "int")
    static let unsqueeze = Operator("unsqueeze")
    static let squeeze = Operator("squeeze", "dim")
    static let expand = Operator("expand")
    static let cat = Operator("cat")
    static let stack = Operator("stack")
    static let contiguous = Operator("contiguous")
    static let unfold = Operator("unfold")
    static let indexSelect = Operator("index_select")

    // Arithmetic
    static let add = Operator("add", "Tensor")
    static let addScalar = Operator("add", "Scalar")
    static let sub = Operator("sub", "Tensor")
    static let mul = Operator("mul", "Tensor")
    static let mulScalar = Operator("mul", "Scalar")
    static let div = Operator("div", "Tensor")
    static let neg = Operator("neg")
    static let abs = Operator("abs")
    static let sign = Operator("sign")
    static let square = Operator("square")
    static let sqrt = Operator("sqrt")
    static let rsqrt = Operator("rsqrt")
    static let exp = Operator("exp")
    static let log = Operator("log")
    static let sin = Operator("sin")
    static let cos = Operator("cos")
    static let tanh = Operator("tanh")
    static let powScalar = Operator("pow", "Tensor_Scalar")
    static let maximumScalar = Operator("clamp_min")
    static let addInPlace = Operator("add_", "Tensor")
    static let addcmul = Operator("addcmul_")
    static let addcdiv = Operator("addcdiv_")
    static let mulScalarInPlace = Operator("mul_", "Scalar")
    static let mulInPlace = Operator("mul_", "Tensor")
    static let fill = Operator("fill_", "Scalar")

    // Comparison and choice
    static let eqScalar = Operator("eq", "Scalar")
    static let leScalar = Operator("le", "Scalar")
    static let ltScalar = Operator("lt", "Scalar")
    static let where_ = Operator("where", "self")
    static let maskedFill = Operator("masked_fill", "Scalar")
    static let triu = Operator("triu")
    static let isfinite = Operator("isfinite")
    static let all = Operator("all")

    // Reductions
    static let sum = Operator("sum")
    static let sumDim = Operator("sum", "dim_IntList")
    static let mean = Operator("mean", "dim")
    static let varCorrection = Operator("var", "correction")
    static let amax = Operator("amax")
    static let median = Operator("median", "dim")
    static let rsubScalar = Operator("rsub", "Scalar")
    static let norm = Operator("linalg_vector_norm")
    static let dot = Operator("dot")

    // Products
    static let matmul = Operator("matmul")
    static let mv = Operator("mv")
    static let linear = Operator("linear")

    // Networks
    static let softmax = Operator("softmax", "int")
    static let layerNorm = Operator("layer_norm")
    static let gelu = Operator("gelu")
    static let relu = Operator("relu")
    static let silu = Operator("silu")

    // Random numbers
    static let normal = Operator("normal", "float_float")
    static let rand = Operator("rand", "generator")
    static let randint = Operator("randint", "low_generator")
}
