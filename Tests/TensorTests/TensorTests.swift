import Foundation
import Tensor
import Testing

@Suite struct TensorTests {
    @Test func valuesGoInAndOut() throws {
        let a = try Tensor([1.0, 2, 3, 4, 5, 6], shape: [2, 3])
        #expect(a.shape == [2, 3] && a.dtype == .float64 && a.count == 6)
        #expect(try a.transposed().doubles == [1, 4, 2, 5, 3, 6])
        #expect(try (a * 2 + 1).doubles == [3, 5, 7, 9, 11, 13])
        #expect(try a.sum([1]).doubles == [6, 15])
        #expect(try Tensor.scalar(3, dtype: .float32).item == 3)
    }

    @Test func errorsCarryTheEnginesWords() throws {
        let a = try Tensor([1.0, 2, 3])
        let b = try Tensor([1.0, 2])
        let error = #expect(throws: TensorError.self) { try a + b }
        #expect(error?.description.contains("size") == true)
        #expect(throws: TensorError.self) { try Tensor([1.0], shape: [2]) }
        #expect(throws: TensorError.self) { try Device("gpu") }
    }

    /// Products and both derivatives in float32 against float64, for the shapes and layouts that other kernels serve.
    @Test(arguments: [(3, 5, 2), (448, 256, 96), (128, 128, 128)])
    func narrowProductsAgreeWithWideOnes(rows: Int, inner: Int, columns: Int) throws {
        try Runtime.configureForIndependentWorkers()
        let isForbidden = ProcessInfo.processInfo.environment["LANDSCAPE_ONEDNN"] == "0"
        #expect(Runtime.usesOneDNN != isForbidden, "the libtorch that setup installs has the function")
        func values(_ dtype: DType) throws -> [[Double]] {
            let a = try RandomStream(seed: 1, "a").normal([rows, inner]).to(dtype).differentiableLeaf()
            let w = try RandomStream(seed: 1, "w").normal([columns, inner]).to(dtype).differentiableLeaf()
            let bias = try RandomStream(seed: 1, "b").normal([columns]).to(dtype).differentiableLeaf()
            let linear = try a.linear(weight: w, bias: bias)
            let product = try a.matmul(w.transposed())
            let strided = try a.narrowed(1, from: 0, count: inner - 1)
                .matmul(w.transposed().narrowed(0, from: 1, count: inner - 1))
            let batched = try a.reshaped([1, rows, inner]).matmul(w.transposed().reshaped([1, inner, columns]))
            let loss = try (linear * linear).sum()
            let gradients = try Autograd.gradients(of: [loss], withRespectTo: [a, w, bias], differentiable: true)
            let seeds = try [a, w, bias].map { try $0.detached() }
            let second = try Autograd.gradients(of: gradients.map { $0! }, withRespectTo: [a, w, bias], seeds: seeds)
            return try ([linear, product, strided, batched] + gradients.map { $0! } + second.map { $0! })
                .map { try $0.detached().to(.float64).doubles }
        }
        for (narrow, wide) in zip(try values(.float32), try values(.float64)) {
            let scale = wide.map { $0 * $0 }.reduce(0, +).squareRoot()
            let error = zip(narrow, wide).map { ($0 - $1) * ($0 - $1) }.reduce(0, +).squareRoot()
            #expect(narrow.count == wide.count && error < 1e-6 * scale)
        }
    }

    @Test func secondDerivatives() throws {
        // f = Σ x⁴: gradient 4x³, Hessian diagonal 12x².
        let x = try Tensor([1.0, -2, 0.5]).differentiableLeaf()
        let f = try x.power(4).sum()
        let gradient = try #require(try Autograd.gradients(of: [f], withRespectTo: [x], differentiable: true)[0])
        #expect(zip(try gradient.detached().doubles, [4, -32, 0.5]).allSatisfy { abs($0 - $1) < 1e-12 })
        let v = try Tensor([1.0, 1, 2])
        let product = try #require(try Autograd.gradients(of: [gradient], withRespectTo: [x], seeds: [v])[0])
        #expect(zip(try product.doubles, [12, 48, 6]).allSatisfy { abs($0 - $1) < 1e-12 })
    }

    @Test func unusedInputsHaveNoGradient() throws {
        let x = try Tensor([1.0]).differentiableLeaf()
        let y = try Tensor([2.0]).differentiableLeaf()
        let gradients = try Autograd.gradients(of: [x.squared().sum()], withRespectTo: [x, y])
        #expect(gradients[0] != nil && gradients[1] == nil)
    }

    @Test func nothingIsRecordedWithoutGradients() throws {
        let x = try Tensor([1.0]).differentiableLeaf()
        #expect(try Autograd.withoutGradients { try x * 2 }.requiresGradient == false)
        #expect(try Autograd.inference { try x * 2 }.requiresGradient == false)
        #expect(try (x * 2).requiresGradient)
    }

    @Test func longDotProductsKeepTheirDigits() throws {
        let n = 3_000_001
        let ones = try Tensor.full([n], 0.1, dtype: .float32)
        let expected = Double(n) * Double(Float(0.1)) * Double(Float(0.1))
        let found = try ones.dot(ones)
        #expect(abs(found - expected) < 2e-6 * expected, "relative error \(found / expected - 1)")
    }

    @Test func streamsAreAddressedByPurpose() throws {
        let a = try RandomStream(seed: 1, "x", 0).normal([1000])
        let again = try RandomStream(seed: 1, "x", 0).normal([1000])
        #expect(try a.doubles == again.doubles)
        for other in [
            try RandomStream(seed: 1, "x", 1), try RandomStream(seed: 2, "x", 0), try RandomStream(seed: 1, "y", 0),
        ] {
            let b = try other.normal([1000])
            #expect(abs(try a.dot(b)) / 1000 < 0.15)
        }
        let signs = try RandomStream(seed: 1, "s").signs([10000]).doubles
        #expect(Set(signs) == [-1, 1] && abs(signs.reduce(0, +)) < 500)
        let uniform = try RandomStream(seed: 1, "u").uniform([10000], from: -2, to: 6).doubles
        #expect(uniform.allSatisfy { $0 >= -2 && $0 < 6 } && abs(uniform.reduce(0, +) / 10000 - 2) < 0.15)
    }

    @Test func viewsShareMemory() throws {
        let a = try Tensor.zeros([6], dtype: .float64)
        try a.narrowed(0, from: 2, count: 2).viewed([2, 1]).fillInPlace(5)
        #expect(try a.doubles == [0, 0, 5, 5, 0, 0])
        #expect(try a.viewed([2, 3]).address == a.address)
    }
}
