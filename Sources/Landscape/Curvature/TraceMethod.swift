import Krylov
import Tensor

/// How a trace is estimated.
public enum TraceMethod: String, Sendable, CaseIterable {
    /// Exactly on a Krylov space, by probes outside it: ``DeflatedHutchinson``.
    case deflated
    /// Random signs alone: ``Hutchinson``.
    case hutchinson
    /// Exactly on a random sketch, by probes outside it: ``HutchPlusPlus``.
    case hutchPlusPlus = "hutch++"
    /// Leaving out each probe in turn: ``XTrace``.
    case xtrace
    /// The same with a Nyström approximation, for semidefinite matrices: ``XNysTrace``.
    case xnystrace

    /// Whether the Frobenius norm comes with the trace.
    public var givesFrobeniusNorm: Bool { self != .xtrace && self != .xnystrace }
}

/// A trace with its evidence, whatever the method.
public struct TraceResult: Sendable, Equatable {
    /// Tr of the matrix.
    public var trace: Estimated
    /// Its Frobenius norm, where the method gives it.
    public var frobeniusNorm: Estimated?
    /// Trace over Frobenius norm, where the method gives it.
    public var traceToFrobenius: Estimated?
    /// Independent samples, or probes left out in turn.
    public var samples: Int
    /// The products taken.
    public var products: Int
    /// Whether the target of the standard error was reached; true where none was set.
    public var converged: Bool

    init(_ estimate: TraceEstimate) {
        trace = Estimated(value: estimate.trace, standardError: estimate.standardError)
        frobeniusNorm = Estimated(value: estimate.frobeniusNorm, standardError: estimate.frobeniusStandardError)
        traceToFrobenius = Estimated(
            value: estimate.traceToFrobenius, standardError: estimate.traceToFrobeniusStandardError)
        (samples, products, converged) = (estimate.samples, estimate.products, estimate.converged)
    }

    init(_ estimate: ExchangeableTrace) {
        trace = Estimated(value: estimate.trace, standardError: estimate.standardError)
        (samples, products, converged) = (estimate.estimates.count, estimate.products, estimate.converged)
    }
}

extension Curvature {
    /// The trace of a curvature matrix, and what comes with it.
    ///
    /// - Parameters:
    ///   - maximumBasis: the largest Krylov space of ``TraceMethod/deflated``.
    ///   - blockSize: vectors that share graphs that are not kept.
    public static func trace(
        _ problem: Problem, _ method: TraceMethod = .deflated, budget: TraceBudget, maximumBasis: Int = 128,
        blockSize: Int = 4, progress: (@Sendable (Int) -> Void)? = nil
    ) throws -> TraceResult {
        let symmetric = problem.symmetric
        let noise = problem.noiseFloor
        func probe(_ index: Int) throws -> FlatVector { try problem.signs("hutchinson", index) }
        switch method {
        case .deflated:
            return TraceResult(
                try DeflatedHutchinson(budget: budget, maximumBasis: maximumBasis, noiseFloor: noise).run(
                    symmetric, blockSize: blockSize, start: { FlatVector(try problem.normal("krylov", 0)) },
                    probe: probe, progress: { progress?($0) }))
        case .hutchinson:
            return TraceResult(
                try Hutchinson(
                    minimumSamples: min(budget.minimumSamples, budget.maximumProducts),
                    maximumSamples: budget.maximumProducts, relativeStandardError: budget.relativeStandardError
                ).run(symmetric, blockSize: blockSize, probe: probe, progress: { progress?($0.samples) }))
        case .hutchPlusPlus:
            return TraceResult(
                try HutchPlusPlus(budget: budget, noiseFloor: noise).run(
                    symmetric, blockSize: blockSize, probe: probe, progress: { progress?($0) }))
        case .xtrace:
            return TraceResult(
                try XTrace(budget: budget, noiseFloor: noise).run(
                    symmetric, blockSize: blockSize, probe: probe, progress: { progress?($0) }))
        case .xnystrace:
            return TraceResult(
                try XNysTrace(budget: budget, noiseFloor: noise).run(
                    symmetric, blockSize: blockSize, probe: probe, progress: { progress?($0) }))
        }
    }
}
