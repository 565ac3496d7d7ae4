import Networks
import Synchronization
import Tensor

/// A set of points in parameter space, given by coordinates.
public enum SliceGeometry: Sendable {
    /// θ = centre + Σ xₖ dₖ.
    case affine(centre: Tensor, axes: [Tensor])
    /// θ = α θ₁ + (1 − α) θ₂, the path on which smoothed weights lie; one coordinate, α.
    case path(first: Tensor, second: Tensor)

    /// The number of coordinates.
    public var dimension: Int {
        switch self {
        case .affine(_, let axes): axes.count
        case .path: 1
        }
    }

    /// The point of some coordinates, with memory of its own.
    public func point(_ coordinates: [Double]) throws -> Tensor {
        let buffer = try makeBuffer()
        try place(coordinates, in: buffer)
        return buffer
    }

    /// dθ/dt of a line.
    public func direction() throws -> Tensor {
        switch self {
        case .affine(_, let axes): axes[0]
        case .path(let first, let second): try first - second
        }
    }

    /// A buffer to place points in.
    func makeBuffer() throws -> Tensor {
        switch self {
        case .affine(let centre, _): try centre.zerosLike()
        case .path(let first, _): try first.zerosLike()
        }
    }

    /// Writes the point of some coordinates. Axes whose coordinate is 0 are left out, so the centre is exact.
    func place(_ coordinates: [Double], in buffer: Tensor) throws {
        switch self {
        case .affine(let centre, let axes):
            try buffer.copyInPlace(centre)
            for (coordinate, axis) in zip(coordinates, axes) where coordinate != 0 {
                try buffer.addInPlace(axis, times: coordinate)
            }
        case .path(let first, let second):
            try Interpolation.mix(first, second, weight: coordinates[0], into: buffer)
        }
    }
}

/// Loss on slices through parameter space.
public enum Slices {
    /// Evaluates the loss at points of a slice.
    ///
    /// Points are independent and spread over the objective's workers, each with one buffer of parameters. A point's bits
    /// do not depend on the number of workers, and equal those of ``Objective/loss(at:)``.
    ///
    /// - Parameters:
    ///   - points: coordinates, one array per point.
    ///   - done: called with the index of a point and its value, one call at a time, in any order. Infinite and NaN
    ///     losses are values.
    ///
    /// Ranks share the points, which are handed out one by one; `done` is called on rank 0 alone. A rank that dies loses only the
    /// points in its hands, which rank 0 then evaluates itself.
    ///
    /// Cost: one forward pass per point; `workers` parameter vectors.
    public static func evaluate(
        _ objective: Objective, _ geometry: SliceGeometry, points: [(index: Int, coordinates: [Double])],
        done: @escaping (Int, LossValue) throws -> Void
    ) throws {
        if let ranks = objective.ranks, ranks.members.count > 1 {
            let slice = SharedSlice(ranks, objective, geometry, points: points)
            return try ranks.isWriter ? slice.lead(done) : slice.follow()
        }
        try evaluateAlone(objective, geometry, points: points, done: done)
    }

    static func evaluateAlone(
        _ objective: Objective, _ geometry: SliceGeometry, points: [(index: Int, coordinates: [Double])],
        done: @escaping (Int, LossValue) throws -> Void
    ) throws {
        // `done` is called under the lock only.
        nonisolated(unsafe) let report = done
        let turn = Mutex(())
        try Parallel.withWorkers(
            points.count, workers: objective.workers,
            makeContext: {
                let buffer = try geometry.makeBuffer()
                return (buffer, try objective.parameters(of: buffer))
            },
            { position, context in
                let (buffer, parameters) = context
                try geometry.place(points[position].coordinates, in: buffer)
                let value = try objective.sequentialLoss(parameters)
                try turn.withLock { _ in try report(points[position].index, value) }
            })
    }

    /// `count` equally spaced coordinates; the middle of a symmetric range with odd count is exactly 0.
    public static func coordinates(from low: Double, to high: Double, count: Int) -> [Double] {
        guard count > 1 else { return [low == -high ? 0 : low] }
        return (0..<count).map { index in
            let t = Double(index) / Double(count - 1)
            return low * (1 - t) + high * t
        }
    }
}
