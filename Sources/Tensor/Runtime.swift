import CTorch

/// Settings of the whole process.
public enum Runtime {
    /// libtorch's version.
    public static var version: String { String(cString: ct_version()) }

    /// The number of CUDA devices this libtorch can use.
    public static var cudaDevices: Int { Int(ct_cuda_devices()) }

    /// Whether large float32 matrix products go through oneDNN, twice as fast as MKL on the AMD processor this was measured
    /// on. The environment variable `LANDSCAPE_ONEDNN=0` leaves them to libtorch's default.
    public static var usesOneDNN: Bool { ct_use_onednn() }

    /// Makes every operator run on the thread that calls it, and asks for deterministic kernels.
    ///
    /// Work is spread over cores by running several batches or points at once, which is faster than splitting one
    /// operator for the sizes met here, and makes the bits independent of the number of workers.
    public static func configureForIndependentWorkers() throws(TensorError) {
        try configureThread()
        _ = ct_use_onednn()
        try check(ct_set_deterministic(true), "set_deterministic")
    }

    /// Does the same for the calling thread: OpenMP keeps the number of its threads per thread, and a new thread begins
    /// with all cores, which splits sums differently.
    public static func configureThread() throws(TensorError) {
        try check(ct_set_threads(1), "set_num_threads")
    }
}
