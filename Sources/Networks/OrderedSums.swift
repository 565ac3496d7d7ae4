import Synchronization
import Tensor

extension ParameterLayout {
    /// Σ over pieces of vectors that each piece gives by parameter (`nil` for zeros), added in the order of the pieces,
    /// `workers` pieces at a time: the bits do not depend on the number of workers.
    ///
    /// Memory: one vector for each sum, and one for each vector of the pieces in work.
    ///
    /// - Parameters:
    ///   - pieces: how many there are.
    ///   - body: the vectors of a piece, as many for every piece; called on several threads.
    /// - Returns: the sums, flat; none where there is no piece.
    public func sums(
        over pieces: Int, workers: Int, dtype: DType, device: Device = .cpu,
        _ body: @escaping @Sendable (Int) throws -> [[Tensor?]]
    ) throws -> [Tensor] {
        var sums: [Tensor] = []
        var views: [[Tensor]] = []
        for start in stride(from: 0, to: pieces, by: max(1, workers)) {
            let size = min(max(1, workers), pieces - start)
            let shared = Mutex([[[Tensor?]]](repeating: [], count: size))
            try Parallel.forEach(size, workers: size) { offset in
                let result = try body(start + offset)
                shared.withLock { $0[offset] = result }
            }
            for offset in 0..<size {
                // Taken out, so that it is freed as soon as it is added.
                var vectors = shared.withLock { parts in
                    defer { parts[offset] = [] }
                    return parts[offset]
                }
                for index in vectors.indices {
                    let pieces = vectors[index]
                    vectors[index] = []
                    if index == sums.count {
                        sums.append(try flatten(pieces, dtype: dtype, device: device))
                        views.append(try self.views(of: sums[index]))
                    } else {
                        for (view, piece) in zip(views[index], pieces) {
                            if let piece { try view.addInPlace(piece) }
                        }
                    }
                }
            }
        }
        return sums
    }
}
