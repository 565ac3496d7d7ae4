extension SymmetricOperator {
    /// The products with one block, checked for their number and for being finite.
    ///
    /// - Parameter before: how many products were taken earlier, for the message.
    func checkedProducts(_ vectors: [Vector], before: Int) throws -> [Vector] {
        let products = try apply(vectors)
        guard products.count == vectors.count else {
            throw KrylovError.productCount(expected: vectors.count, found: products.count)
        }
        for (index, product) in products.enumerated() {
            guard try product.dot(product).isFinite else {
                throw KrylovError.nonFiniteProduct(application: before + index + 1)
            }
        }
        return products
    }
}

/// A probe that is finite, or an error that names it.
func checkedProbe<Vector: KrylovVector>(_ index: Int, _ probe: (Int) throws -> Vector) throws -> Vector {
    let vector = try probe(index)
    guard try vector.dot(vector).isFinite else { throw KrylovError.nonFiniteStart(index: index) }
    return vector
}
