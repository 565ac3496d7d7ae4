import Archive
import ArgumentParser
import Landscape
import Smoothing

/// Which ends of a spectrum.
enum SpectrumEnds: String, CaseIterable, ExpressibleByArgument {
    case both, largest, smallest
}

extension TraceMethod: ExpressibleByArgument {}

/// What to measure, checked.
struct ProbeSettings {
    let variants: [Variant]
    let auxiliary: String?
    let exclude: ParameterFilter
    let measures: [ProbeCommand.Measure]
    let eigen: Int
    let tolerance: Double
    let maxProducts: Int
    let exactSearch: Bool
    let ends: SpectrumEnds
    let matrices: [CurvatureMatrix]
    let blocks: [String]
    let samples: Int
    let traceError: Double?
    let traceMethod: TraceMethod
    let diagonalProbes: Int
    let densityProbes: Int
    let densitySteps: Int
    let bandwidth: Double
    let learningRate: Double
    /// The names of --sharpness; `nil` for the standard ones.
    let sharpness: String?
    let flatnessLayer: String?
    let memory: Double?
    let axes: AxisChoice
    let isOrthogonal: Bool
    let derivatives: Bool
    let oneDimensional: OneDimensionalRule
    /// Points of planes and of volumes along each direction.
    let planeGrid: [Int]
    let volumeGrid: [Int]
    /// Of interpolated points; `nil` evaluates all.
    let adaptiveTolerance: Double?
    let points: Int
    let theoryPoints: Int
    let theoryProbes: Int
    let convexityGrid: (x: Int, y: Int)
    let selfCheck: Bool
    /// Of coordinates; found before the file is planned where there is an automatic factor.
    var range: (low: Double, high: Double)
    let automaticFactor: Double?
    let directionSeeds: Int
    let seed: UInt64
    let shard: RunShard?

    /// Whether slices are drawn along several sets of random directions.
    var drawsSeveralDirections: Bool {
        axes.isRandom && directionSeeds > 1
    }

    /// Whether a measure uses the gradient; it is computed once. Eigenvalue searches start from it.
    var needsGradient: Bool { has(.gradient) || has(.sharpness) || has(.eigen) || has(.preconditioned) }

    /// The slices along the axes, and how many points each has along each of them.
    var slices: [(kind: GridKind, counts: [Int])] {
        (has(.line) ? [(.line, [points])] : []) + (has(.plane) ? [(.plane, planeGrid)] : [])
            + (has(.volume) ? [(.volume, volumeGrid)] : [])
    }

    /// How many axes the measures need.
    var axisCount: Int { max(slices.map(\.kind.rawValue).max() ?? 0, has(.convexity) ? 2 : 0) }

    func has(_ measure: ProbeCommand.Measure) -> Bool { measures.contains(measure) }
}
