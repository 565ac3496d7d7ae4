import Tensor

/// Named tensors that a model can be loaded from.
public protocol TensorSource {
    /// What the source is called in messages, such as a file name.
    var sourceName: String { get }
    /// Every tensor the source holds.
    var tensorNames: [String] { get }
    /// A tensor's shape; `nil` when there is none of that name.
    func tensorShape(_ name: String) -> [Int]?
    /// Whether the tensor holds floating-point numbers.
    func isFloatingPoint(_ name: String) -> Bool
    /// Reads a tensor.
    func tensor(_ name: String) throws -> Tensor
}

/// Every way in which a source does not fit a layout, listed together.
public struct LoadingError: Error, CustomStringConvertible, Sendable {
    /// The file or folder.
    public let source: String
    /// The family that was tried.
    public let model: String
    /// Parameters and buffers the source lacks.
    public let missing: [String]
    /// Tensors the model has no place for.
    public let unexpected: [String]
    /// Name, expected shape, found shape.
    public let misshaped: [(name: String, expected: [Int], found: [Int])]
    /// Tensors that hold integers where real numbers belong.
    public let mistyped: [String]
    /// Tensors with NaN or infinite entries.
    public let nonFinite: [String]

    /// All offenders, one per line.
    public var description: String {
        var lines = ["\(source) does not fit \(model):"]
        for name in missing { lines.append("  missing: \(name)") }
        for name in unexpected { lines.append("  unexpected: \(name)") }
        for entry in misshaped {
            lines.append("  \(entry.name): expected shape \(entry.expected), found \(entry.found)")
        }
        for name in mistyped { lines.append("  \(name): expected real numbers, found integers") }
        for name in nonFinite { lines.append("  \(name): holds NaN or infinite numbers") }
        lines.append(
            nonFinite.isEmpty
                ? "  Check that the checkpoint belongs to this family and size, and that config.json is the one published with it."
                : "  The checkpoint is damaged or its training diverged; use an earlier one.")
        return lines.joined(separator: "\n")
    }
}

extension ParameterLayout {
    /// Compares a source with the layout without reading any tensor.
    ///
    /// - Parameters:
    ///   - stored: the name the source has for an official one.
    ///   - ignored: names that the source may hold beside the model's own.
    /// - Returns: `nil` when everything fits.
    public func mismatch(
        with source: some TensorSource, model: String, storedAs stored: (String) -> String = { $0 },
        ignoring ignored: (String) -> Bool = { _ in false }
    ) -> LoadingError? {
        var missing: [String] = []
        var misshaped: [(name: String, expected: [Int], found: [Int])] = []
        var mistyped: [String] = []
        var known: Set<String> = []
        let expected = parameters.map { ($0.name, $0.shape) } + buffers.map { ($0.name, $0.shape) }
        for (name, shape) in expected {
            let key = stored(name)
            known.insert(key)
            guard let found = source.tensorShape(key) else {
                missing.append(key)
                continue
            }
            if found != shape { misshaped.append((key, shape, found)) }
            if !source.isFloatingPoint(key) { mistyped.append(key) }
        }
        let unexpected = source.tensorNames.filter { !known.contains($0) && !ignored($0) }.sorted()
        if missing.isEmpty && unexpected.isEmpty && misshaped.isEmpty && mistyped.isEmpty { return nil }
        return LoadingError(
            source: source.sourceName, model: model, missing: missing, unexpected: unexpected, misshaped: misshaped,
            mistyped: mistyped, nonFinite: [])
    }

    /// Loads every parameter and buffer.
    ///
    /// Cost: the weights once in `dtype`, plus the largest single tensor.
    ///
    /// - Throws: ``LoadingError`` listing every missing, unexpected, mis-shaped, mis-typed or non-finite tensor.
    public func load(
        from source: some TensorSource, model: String, storedAs stored: (String) -> String = { $0 }, dtype: DType,
        ignoring ignored: (String) -> Bool = { _ in false }
    ) throws -> Weights {
        if let error = mismatch(with: source, model: model, storedAs: stored, ignoring: ignored) { throw error }
        var nonFinite: [String] = []
        let flat = try Tensor.empty([count], dtype: dtype)
        for (view, specification) in zip(try views(of: flat), parameters) {
            let tensor = try source.tensor(stored(specification.name))
            try view.copyInPlace(tensor)
            if try !view.isFinite { nonFinite.append(stored(specification.name)) }
        }
        var loaded: [Tensor] = []
        for buffer in buffers {
            let tensor = try source.tensor(stored(buffer.name)).to(dtype)
            if try !tensor.isFinite { nonFinite.append(stored(buffer.name)) }
            loaded.append(tensor)
        }
        guard nonFinite.isEmpty else {
            throw LoadingError(
                source: source.sourceName, model: model, missing: [], unexpected: [], misshaped: [], mistyped: [],
                nonFinite: nonFinite)
        }
        return Weights(flat: flat, buffers: loaded)
    }

    /// A new model's buffers.
    public func initialBuffers(dtype: DType) throws(TensorError) -> [Tensor] {
        var result: [Tensor] = []
        for buffer in buffers { result.append(try buffer.initial().to(dtype)) }
        return result
    }
}
