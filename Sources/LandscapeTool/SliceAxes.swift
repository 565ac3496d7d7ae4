import Archive
import Forecasters
import Foundation
import Krylov
import Landscape
import Networks
import Reports
import Tensor

/// What `--axes` asks for.
enum AxisChoice: Equatable {
    /// Random directions, scaled to the pre-trained weights.
    case random(DirectionNormalization)
    /// Eigenvectors of the Hessian at the pre-trained weights, largest eigenvalues first.
    case eigen
    /// The gradient's descent direction, and Adam's.
    case gradient
    /// From the first variant to the second, and to the third.
    case variants
    /// Directions of the user's own, one file each.
    case files([String])
    /// The principal components of a trajectory of weights: files in their order, or one folder of them.
    case trajectory([String])

    static let known =
        "filter, layer, model, none, sff, eigen, gradient, variants, file:PATH[,PATH[,PATH]], or trajectory:FOLDER or PATH,PATH,…"

    init(_ text: String) throws {
        if text.hasPrefix("file:") {
            let paths = text.dropFirst(5).split(separator: ",").map(String.init)
            guard (1...3).contains(paths.count) else {
                throw Exit.Failure(.usage, "--axes file: takes one to three paths, separated by commas.")
            }
            self = .files(paths)
        } else if text.hasPrefix("trajectory:") {
            let paths = text.dropFirst(11).split(separator: ",").map(String.init)
            guard !paths.isEmpty else {
                throw Exit.Failure(.usage, "--axes trajectory: takes a folder, or weights in their order.")
            }
            self = .trajectory(try AxisChoice.expanded(paths))
        } else if let normalization = DirectionNormalization(rawValue: text) {
            self = .random(normalization)
        } else {
            switch text {
            case "eigen": self = .eigen
            case "gradient": self = .gradient
            case "variants": self = .variants
            default: throw Exit.Failure(.usage, "--axes: '\(text)' is not available; known are \(AxisChoice.known).")
            }
        }
    }

    /// The checkpoints of a folder in the order of the numbers in their names, where one folder without weights of its own is given.
    private static func expanded(_ paths: [String]) throws -> [String] {
        guard paths.count == 1 else { return paths }
        let folder = URL(fileURLWithPath: paths[0])
        let files: [URL]
        do {
            files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
        } catch {
            throw Exit.Failure(
                .noInput, "--axes trajectory: \(paths[0]) is no folder that can be read; give one, or two or more paths"
            )
        }
        let found = files.filter { file in
            if ["safetensors", "pth", "pt", "ckpt", "bin"].contains(file.pathExtension) { return true }
            return FileManager.default.fileExists(atPath: file.appendingPathComponent("config.json").path)
        }
        guard found.count > 1 else {
            throw Exit.Failure(
                .usage,
                "--axes trajectory: \(paths[0]) holds \(found.count) checkpoint(s) (files .safetensors, .pth, .pt, .ckpt, .bin, or folders with a config.json); a trajectory needs two or more"
            )
        }
        return found.map(\.path).sorted { $0.compare($1, options: .numeric) == .orderedAscending }
    }

    /// The files it reads.
    var paths: [String] {
        switch self {
        case .files(let paths), .trajectory(let paths): paths
        default: []
        }
    }

    /// Whether the slice is one for all variants.
    var isThroughWeights: Bool {
        switch self {
        case .variants, .trajectory: true
        default: false
        }
    }

    /// Whether other directions could be drawn in the same way.
    var isRandom: Bool { if case .random = self { true } else { false } }

    /// The name of lines, planes and volumes along these axes in the file.
    var name: String {
        switch self {
        case .random: "random"
        case .eigen: "eigen"
        case .gradient: "gradient"
        case .variants: "variants"
        case .files: "directions"
        case .trajectory: "trajectory"
        }
    }

    /// The range of coordinates when the user gives none: distances in parameter space, or shares of the way between weights.
    /// With the default numbers of points, 0 and 1 are among the latter.
    var defaultRange: (low: Double, high: Double) {
        switch self {
        case .variants: (-0.5, 1.5)
        // The trajectory lies within −1 … 1.
        case .trajectory: (-1.25, 1.25)
        default: (-1, 1)
        }
    }
}

/// The directions of slices, the same for every variant.
struct SliceAxes {
    /// As the file names them.
    let name: String
    /// One for a line, two for a plane, three for a volume.
    let vectors: [Tensor]
    /// What each is, for people.
    let texts: [String]
    /// Where slices begin; `nil` for each variant's own weights.
    let centre: Tensor?
    /// Other weights with their coordinates, where the slice contains them.
    let marks: [(name: String, coordinates: [Double])]
    /// The trajectory that the axes come from.
    var trajectory: TrajectoryPlane?

    /// The points of a slice: through the given weights, or around θ where there are none.
    func geometry(_ kind: GridKind, around θ: Tensor) -> SliceGeometry {
        .affine(centre: centre ?? θ, axes: Array(vectors.prefix(kind.rawValue)))
    }

    /// What each axis of a slice is, and the cosine ⟨a, b⟩ / (‖a‖‖b‖) of each two of them, as attributes: `axis` of a line; `x_axis`, `y_axis`
    /// and `cosine` of a plane; `x_axis`, `y_axis`, `z_axis`, `cosine_xy`, `cosine_xz` and `cosine_yz` of a volume.
    func attributes(_ kind: GridKind) throws -> [String: AttributeValue] {
        guard kind != .line else { return ["axis": .string(texts[0])] }
        var result: [String: AttributeValue] = [:]
        for (index, name) in kind.axes.enumerated() {
            result["\(name)_axis"] = .string(texts[index])
            for (other, otherName) in kind.axes.enumerated().dropFirst(index + 1) {
                let cosine = try Directions.cosine(vectors[index], vectors[other])
                result[kind == .plane ? "cosine" : "cosine_\(name)\(otherName)"] = .double(cosine)
            }
        }
        return result
    }
}

extension ProbeRun {
    /// Computes the axes: random draws, or up to a search of eigenvectors. The same at every call.
    func makeAxes(_ objective: Objective, count: Int) throws -> SliceAxes {
        let reference = try workspace.pretrained.flat
        var vectors: [Tensor]
        var texts: [String]
        var centre: Tensor?
        var marks: [(name: String, coordinates: [Double])] = []
        var trajectory: TrajectoryPlane?
        switch settings.axes {
        case .random(let normalization):
            vectors = try (0..<count).map {
                try Directions.random(
                    normalization, oneDimensional: settings.oneDimensional, layout: workspace.model.layout,
                    reference: reference, seed: settings.seed, index: $0)
            }
            texts = (0..<count).map { "\(randomText(normalization)), index \($0)" }
        case .eigen:
            (vectors, texts) = try eigenvectors(objective, at: reference, count: count)
        case .gradient:
            let gradient = try objective.gradient(at: reference)
            guard try gradient.isFinite, try gradient.euclideanNorm() > 0 else {
                throw LandscapeError.nonFiniteDerivative("the gradient for --axes gradient, which must not be 0,")
            }
            let adam = try gradient / AdamPreconditioner(objective, at: reference).diagonal
            vectors = try [gradient, adam].prefix(count).map { try $0 * (-1 / $0.euclideanNorm()) }
            texts = [
                "unit vector of steepest descent at the pre-trained weights",
                "unit vector of Adam's first step at the pre-trained weights",
            ]
        case .variants:
            guard settings.variants.count > count else {
                throw Exit.Failure(
                    .usage,
                    "--axes variants needs \(count + 1) --variants: \(["a line goes through two", "a plane goes through three", "a volume goes through four"][count - 1])"
                )
            }
            let points = try settings.variants.prefix(count + 1).map { try weights.flat($0) }
            centre = points[0]
            vectors = try points.dropFirst().map { try $0 - points[0] }
            let origin = settings.variants[0].name
            texts = settings.variants.dropFirst().prefix(count).map { "from \(origin) to \($0.name)" }
            for (index, vector) in vectors.enumerated() where try vector.euclideanNorm() == 0 {
                throw Exit.Failure(
                    .usage,
                    "--axes variants: \(settings.variants[index + 1].name) has the weights of \(origin); choose others")
            }
        case .files(let paths):
            guard paths.count >= count else {
                throw Exit.Failure(
                    .usage,
                    "--axes file: a \(count == 2 ? "plane needs two" : "volume needs three") files, separated by commas."
                )
            }
            vectors = try paths.prefix(count).map { try direction(at: $0) }
            texts = paths.prefix(count).map { "direction of \($0)" }
        case .trajectory(let paths):
            let points = try paths.map { try direction(at: $0) }
            guard let found = try TrajectoryPlane(points, count: count) else {
                throw Exit.Failure(
                    .badData,
                    "--axes trajectory: these \(paths.count) weights span fewer than \(count) dimension(s); give more of the trajectory"
                )
            }
            centre = points[points.count - 1]
            (vectors, trajectory) = (found.axes, found)
            texts = found.explained.enumerated().map { index, share in
                "principal component \(index + 1) of \(paths.count) weights, \(Number.text(100 * share)) % of their variance, unit \(Number.text(found.radius))"
            }
        }
        if settings.isOrthogonal {
            vectors = try ProbeRun.orthogonalized(vectors)
            for index in texts.indices.dropFirst() {
                texts[index] += ", made orthogonal to \(index == 1 ? "x" : "x and y")"
            }
        }
        if let centre, trajectory == nil {
            for variant in settings.variants {
                let coordinates = try Directions.coordinates(of: weights.flat(variant) - centre, along: vectors)
                if coordinates.distance < 1e-3 { marks.append((variant.name, coordinates.values)) }
            }
        }
        return SliceAxes(
            name: settings.axes.name, vectors: vectors, texts: texts, centre: centre, marks: marks,
            trajectory: trajectory)
    }

    private static func orthogonalized(_ vectors: [Tensor]) throws -> [Tensor] {
        try vectors.reduce(into: []) { result, vector in
            result.append(try Directions.orthogonalized(vector, against: result))
        }
    }

    /// Random directions beyond the axes, for the spread over directions: `count` for each of the sets from 1 to `sets` − 1, where set 0 is the
    /// axes themselves. Set s has the indices from s · count on, so that no draw serves twice in slices of one kind.
    func randomDirections(_ count: Int, sets: Int) throws -> [Tensor] {
        guard case .random(let normalization) = settings.axes else {
            preconditionFailure("only random axes have further directions")
        }
        return try (1..<max(1, sets)).flatMap { set in
            let drawn = try (0..<count).map { index in
                try Directions.random(
                    normalization, oneDimensional: settings.oneDimensional, layout: workspace.model.layout,
                    reference: workspace.pretrained.flat, seed: settings.seed, index: set * count + index)
            }
            return settings.isOrthogonal ? try ProbeRun.orthogonalized(drawn) : drawn
        }
    }

    private func randomText(_ normalization: DirectionNormalization) -> String {
        switch normalization {
        case .sff: "random N(1, 8), row-normalised (SFF code)"
        case .none: "random N(0, 1), not scaled, one-dimensional parameters: \(settings.oneDimensional.rawValue)"
        default:
            "random, \(normalization.rawValue)-normalised to the pre-trained weights, one-dimensional parameters: \(settings.oneDimensional.rawValue)"
        }
    }

    private func eigenvectors(
        _ objective: Objective, at point: Tensor, count: Int
    ) throws -> (vectors: [Tensor], texts: [String]) {
        let gradient = try objective.gradient(at: point)
        guard try gradient.isFinite else { throw LandscapeError.nonFiniteDerivative("the gradient") }
        let problem = Curvature.Problem(objective, at: point, graphMemory: try graphMemory(), seed: settings.seed)
        let progress = Log.Progress("eigenvectors for the axes, products", total: settings.maxProducts)
        let spectrum = try Curvature.eigenpairs(
            problem, gradient: gradient, largest: count, smallest: 0, tolerance: settings.tolerance,
            basisSize: basisSize(), checkBlock: checkBlock, maximumProducts: settings.maxProducts,
            explores: !settings.exactSearch, progress: { progress.set($0) })
        guard spectrum.largest.count == count else {
            throw Exit.Failure(.usage, "--axes eigen: this model has fewer than \(count) parameters")
        }
        if !spectrum.converged {
            Log.warning("the eigenvectors of --axes eigen did not converge; raise --max-products or --tolerance")
        }
        let texts = spectrum.largest.enumerated().map { index, pair in
            "unit eigenvector \(index + 1) of the Hessian at the pre-trained weights, eigenvalue \(Number.text(pair.value)), relative residual \(Number.text(pair.residual))"
        }
        return (spectrum.largest.map(\.vector.tensor), texts)
    }

    /// A direction from a file with the parameters of the model.
    private func direction(at path: String) throws -> Tensor {
        let other = try PretrainedModel(URL(fileURLWithPath: path), family: workspace.model.family)
        guard other.model.layout.parameters.map(\.name) == workspace.model.layout.parameters.map(\.name),
            other.model.layout.parameters.map(\.shape) == workspace.model.layout.parameters.map(\.shape)
        else {
            throw Exit.Failure(.badData, "--axes: \(path) has not the parameters of the model under study")
        }
        return try other.weights(dtype: workspace.dtype).flat
    }
}
