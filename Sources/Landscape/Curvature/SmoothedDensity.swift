import Foundation
import Krylov

extension SpectralMeasure {
    /// The density smoothed by a Gaussian, (1/n) Σᵢ N(t; λᵢ, σ²), at each position.
    ///
    /// - Parameter bandwidth: σ, in units of the eigenvalues.
    public func density(at positions: [Double], bandwidth: Double) -> [Estimated] {
        let factor = 1 / (bandwidth * (2 * Double.pi).squareRoot())
        return positions.map { t in
            mean { node in
                let distance = (t - node) / bandwidth
                return factor * exp(-0.5 * distance * distance)
            }
        }
    }
}
