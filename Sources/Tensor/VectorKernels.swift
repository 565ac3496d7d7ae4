import CTorch
import Dispatch

/// Inner products and combinations of long flat vectors in the host's memory, in one pass for all vectors, with sums in
/// double precision.
///
/// The work is cut into pieces of a fixed size whose sums are added in order: the bits do not depend on the number of threads.
public enum VectorKernels {
    /// Elements of a piece: 256 KiB of float32.
    private static let piece = 1 << 16

    /// Whether the kernels can take these vectors: float32 or float64, all alike, each contiguous in the host's memory.
    public static func accept(_ vectors: [Tensor], _ other: Tensor) -> Bool {
        let (dtype, count) = (other.dtype, other.count)
        guard dtype == .float32 || dtype == .float64, ct_tensor_is_plain(other.handle) else { return false }
        return vectors.allSatisfy { $0.dtype == dtype && $0.count == count && ct_tensor_is_plain($0.handle) }
    }

    /// ⟨basisⱼ, vector⟩ for every j.
    ///
    /// Cost: one pass over all vectors. They must be ``accept(_:_:)``ed.
    public static func dots(_ basis: [Tensor], with vector: Tensor) throws(TensorError) -> [Double] {
        try run(basis, vector, subtracting: nil, wantsSquare: false).dots
    }

    /// vector ← vector − Σⱼ coefficientsⱼ basisⱼ, then ⟨basisⱼ, vector⟩ for every j and ⟨vector, vector⟩.
    ///
    /// Cost: one pass over all vectors. They must be ``accept(_:_:)``ed.
    public static func subtractInPlace(
        _ coefficients: [Double], of basis: [Tensor], from vector: Tensor
    ) throws(TensorError) -> (dots: [Double], square: Double) {
        precondition(coefficients.count == basis.count, "one coefficient for each vector")
        return try run(basis, vector, subtracting: coefficients, wantsSquare: true)
    }

    private static func run(
        _ basis: [Tensor], _ vector: Tensor, subtracting coefficients: [Double]?, wantsSquare: Bool
    ) throws(TensorError) -> (dots: [Double], square: Double) {
        let (width, length) = (basis.count, vector.count)
        let addresses = Addresses(try basis.map { value throws(TensorError) in try value.address })
        let target = try vector.address
        let isSingle = vector.dtype == .float32
        let pieces = (length + piece - 1) / piece
        // One row of sums for each piece, the square last.
        let sums = UnsafeMutableBufferPointer<Double>.allocate(capacity: max(1, pieces * (width + 1)))
        sums.initialize(repeating: 0)
        defer { sums.deallocate() }
        let rows = Shared(sums.baseAddress!)
        Runtime.forEachPiece(pieces) { index in
            let (from, to) = (Int64(index * piece), Int64(min(length, (index + 1) * piece)))
            let row = rows.value + index * (width + 1)
            func call(_ coefficients: UnsafePointer<Double>?) {
                addresses.withPointers { pointers in
                    if isSingle {
                        ct_orthogonalize_f32(
                            pointers.assumingMemoryBound(to: UnsafePointer<Float>?.self), Int64(width), coefficients,
                            UnsafeMutablePointer(bitPattern: UInt(target)), from, to, row,
                            wantsSquare ? row + width : nil)
                    } else {
                        ct_orthogonalize_f64(
                            pointers.assumingMemoryBound(to: UnsafePointer<Double>?.self), Int64(width), coefficients,
                            UnsafeMutablePointer(bitPattern: UInt(target)), from, to, row,
                            wantsSquare ? row + width : nil)
                    }
                }
            }
            if let coefficients { coefficients.withUnsafeBufferPointer { call($0.baseAddress) } } else { call(nil) }
        }
        withExtendedLifetime((basis, vector)) {}
        var totals = [Double](repeating: 0, count: width + 1)
        for index in 0..<pieces {
            for column in 0...width { totals[column] += sums[index * (width + 1) + column] }
        }
        return (Array(totals.dropLast()), totals[width])
    }

    /// The first vectors of `basis` become Σᵣ coefficients[c][r] basisᵣ, in place and without further vectors.
    ///
    /// Cost: one pass over all vectors, rows · columns operations for each element. They must be ``accept(_:_:)``ed.
    public static func combineInPlace(_ basis: [Tensor], coefficients: [[Double]]) throws(TensorError) {
        guard let first = basis.first, !coefficients.isEmpty else { return }
        precondition(
            coefficients.count <= basis.count && coefficients.allSatisfy { $0.count == basis.count },
            "at most as many columns as vectors, and a number for each vector")
        let length = first.count
        let addresses = Addresses(try basis.map { value throws(TensorError) in try value.address })
        let isSingle = first.dtype == .float32
        let flat = coefficients.flatMap { $0 }
        let (rows, columns) = (Int64(basis.count), Int64(coefficients.count))
        Runtime.forEachPiece((length + piece - 1) / piece) { index in
            let (from, to) = (Int64(index * piece), Int64(min(length, (index + 1) * piece)))
            addresses.withPointers { pointers in
                if isSingle {
                    withUnsafeTemporaryAllocation(of: Float.self, capacity: Int(ct_combine_scratch(rows))) {
                        ct_combine_f32(
                            pointers.assumingMemoryBound(to: UnsafeMutablePointer<Float>?.self), rows, flat, columns,
                            from, to, $0.baseAddress)
                    }
                } else {
                    withUnsafeTemporaryAllocation(of: Double.self, capacity: Int(ct_combine_scratch(rows))) {
                        ct_combine_f64(
                            pointers.assumingMemoryBound(to: UnsafeMutablePointer<Double>?.self), rows, flat, columns,
                            from, to, $0.baseAddress)
                    }
                }
            }
        }
        withExtendedLifetime(basis) {}
    }
}

/// The addresses of vectors that the caller keeps alive.
private struct Addresses: Sendable {
    private let values: [UInt64]

    init(_ values: [UInt64]) { self.values = values }

    func withPointers(_ body: (UnsafeRawPointer) -> Void) {
        // Never empty, so that there is an address to give.
        (values + [0]).withUnsafeBytes { body($0.baseAddress!) }
    }
}

/// Memory whose parts are written by one thread each.
private struct Shared: @unchecked Sendable {
    let value: UnsafeMutablePointer<Double>

    init(_ value: UnsafeMutablePointer<Double>) { self.value = value }
}
