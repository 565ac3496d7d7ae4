import CTorch
import Dispatch
import Foundation
import Synchronization

/// Settings of the whole process.
public enum Runtime {
    /// libtorch's version.
    public static var version: String { String(cString: ct_version()) }

    /// The version of the oneDNN in libtorch, `nil` where there is none.
    public static var versionOfOneDNN: String? {
        let version = String(cString: ct_onednn_version())
        return version.isEmpty ? nil : version
    }

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

    private static let vectorThreads = Atomic<Int>(0)

    /// How many threads share the work on long vectors (``VectorKernels``); every core when it was never set.
    public static var threadsOfVectors: Int {
        get {
            let chosen = vectorThreads.load(ordering: .relaxed)
            return chosen > 0 ? chosen : ProcessInfo.processInfo.activeProcessorCount
        }
        set { vectorThreads.store(max(1, newValue), ordering: .relaxed) }
    }

    /// Calls `body` for every index, on several threads where there are several pieces.
    static func forEachPiece(_ count: Int, _ body: @Sendable (Int) -> Void) {
        let threads = min(threadsOfVectors, count)
        guard threads > 1 else { return (0..<count).forEach(body) }
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
            for index in stride(from: thread, to: count, by: threads) { body(index) }
        }
    }
}
