/// What can go wrong in the Krylov algorithms.
///
/// A run that does not converge is no error: it is returned, and flagged.
public enum KrylovError: Error, Equatable, CustomStringConvertible, Sendable {
    /// A parameter is out of range.
    case invalidParameter(name: String, value: String, requirement: String)
    /// The basis cannot hold the wanted Ritz vectors and room to improve them: raise `basisSize`.
    case basisTooSmall(required: Int, given: Int)
    /// The budget cannot give the wanted Ritz values and check them: raise `maximumApplications`.
    case budgetTooSmall(required: Int, given: Int)
    /// The operator returned another number of vectors than it was given.
    case productCount(expected: Int, found: Int)
    /// A product holds a NaN or an infinity, or its norm overflows. Applications count from 1.
    case nonFiniteProduct(application: Int)
    /// The start vector or probe of this index holds a NaN or an infinity, or its norm overflows.
    case nonFiniteStart(index: Int)
    /// An operator that was promised to be positive semidefinite has a negative quadratic form.
    case indefinite(value: Double)
    /// A small dense matrix could not be decomposed.
    case denseEigenproblem(order: Int, reason: String)

    /// The message for people.
    public var description: String {
        switch self {
        case .invalidParameter(let name, let value, let requirement):
            "\(name) is \(value), expected \(requirement)"
        case .basisTooSmall(let required, let given):
            "basisSize is \(given), but the wanted eigenpairs need at least \(required); raise basisSize or ask for fewer"
        case .budgetTooSmall(let required, let given):
            "maximumApplications is \(given), but finding and checking the wanted eigenpairs needs at least \(required); "
                + "raise maximumApplications or ask for fewer"
        case .productCount(let expected, let found):
            "the operator was given \(expected) vectors and returned \(found); it must return one product for each"
        case .nonFiniteProduct(let application):
            "application \(application) of the operator gave a product that is not finite (NaN, infinity or overflow); "
                + "check the function and its derivatives there, or use a wider floating-point type"
        case .nonFiniteStart(let index):
            "random vector \(index) is not finite; start vectors and probes must be finite"
        case .indefinite(let value):
            "the operator is not positive semidefinite (found \(value)); use an estimator for indefinite operators"
        case .denseEigenproblem(let order, let reason):
            "the symmetric eigenproblem of order \(order) could not be solved: \(reason)"
        }
    }
}
