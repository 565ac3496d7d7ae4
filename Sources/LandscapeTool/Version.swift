import Tensor

/// What is running.
enum Version {
    /// The version of landscape.
    static let number = "0.1.0"
    /// With the engine's version.
    static var text: String { "landscape \(number) (libtorch \(Runtime.version))" }
}
