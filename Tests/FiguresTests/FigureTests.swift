import Foundation
import Testing

@testable import Figures

@Suite(.enabled(if: Renderer.hasGnuplot, "needs gnuplot")) final class FigureTests {
    let folder: URL
    let renderer: Renderer
    static let hostile = "a'b\"c`touch pwned`$(touch pwned)\\n_{x}^2 é %s @ {/Bold y}"

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("figures-\(UUID().uuidString)")
        renderer = try Renderer(folder: folder)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    private static let axis = (0..<5).map { Double($0) / 2 - 1 }

    private func curve(_ title: String, _ loss: [Double]) -> LineFigure.Curve {
        LineFigure.Curve(title: title, t: Self.axis, loss: loss, standardError: loss.map { $0 * 0.1 })
    }

    private func panel(_ title: String, _ f: (Double, Double) -> Double, x: [Double] = axis, y: [Double] = axis)
        -> PlanePanel
    {
        PlanePanel(title: title, x: x, y: y, loss: y.flatMap { v in x.map { f($0, v) } })
    }

    private func check(_ figure: some Figure, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let files = try renderer.render(figure)
        let svg = try Data(contentsOf: #require(files.files[.svg]))
        let png = try Data(contentsOf: #require(files.files[.png]))
        #expect(png.starts(with: [0x89, 0x50, 0x4E, 0x47]) && png.count > 3000, sourceLocation: sourceLocation)
        #expect(String(decoding: svg, as: UTF8.self).contains("</svg>"), sourceLocation: sourceLocation)
        let again = try renderer.render(figure)
        #expect(
            try Data(contentsOf: #require(again.files[.svg])) == svg, "the same figure has the same bytes",
            sourceLocation: sourceLocation
        )
        #expect(
            !FileManager.default.fileExists(atPath: folder.appendingPathComponent("pwned").path),
            sourceLocation: sourceLocation)
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
            $0.hasSuffix(".log") || $0.hasSuffix(".done")
        }
        #expect(left.isEmpty, sourceLocation: sourceLocation)
    }

    private let cases: [(String, (Double, Double) -> Double)] = [
        ("smooth", { $0 * $0 + 2 * $1 * $1 + 1 }), ("negative", { $0 - $1 - 5 }), ("constant", { _, _ in 2 }),
        ("zero", { _, _ in 0 }), ("explosive", { exp(8 * ($0 * $0 + $1 * $1)) }),
        ("holes", { $0 > 0 && $1 > 0 ? .nan : $0 < -0.6 ? .infinity : $0 * $1 }), ("tiny", { 1e-12 * ($0 + $1) }),
        ("saddle", { $0 * $0 - $1 * $1 }),
    ]

    /// gnuplot goes on after a write that failed; what writes for it does not.
    @Test func picturesThatCannotBeWrittenAreNamed() throws {
        struct Full: Figure {
            let name = "full", alternative = ""
            func script() -> String {
                "system('ln -s /dev/full full.svg')\n"
                    + FigurePage.script(name, width: 8, height: 8, data: "", body: "plot x")
            }
        }
        let error = #expect(throws: FigureError.self) { try renderer.render(Full()) }
        guard case .unwritable(let what) = error else { throw error ?? .gnuplotMissing }
        #expect(what.contains("full.svg: was not written") && what.contains("No space left on device"), "\(what)")
        let picture = folder.appendingPathComponent("full.svg")
        #expect((try? FileManager.default.destinationOfSymbolicLink(atPath: picture.path)) == nil)
    }

    @Test func documentsThatLackAPieceAreNotWhole() throws {
        let drawn = try renderer.render(PlaneFigure(name: "p", panels: [panel("a", cases[0].1)]), formats: [.pdf])
        let file = try Data(contentsOf: #require(drawn.files[.pdf]))
        #expect(FigureFormat.pdf.isWhole(file))
        for piece in stride(from: 0, to: file.count, by: 1024).map({ $0..<min($0 + 1024, file.count) }) {
            #expect(!FigureFormat.pdf.isWhole(file[..<piece.lowerBound]), "up to \(piece)")
            #expect(
                !FigureFormat.pdf.isWhole(file[..<piece.lowerBound] + file[piece.upperBound...]), "without \(piece)")
        }
    }

    @Test func planesOfAllKinds() throws {
        for (name, f) in cases {
            try check(PlaneFigure(name: "plane-\(name)", panels: [panel(name, f)]))
            try check(SurfaceFigure(name: "surface-\(name)", panels: [panel(name, f)]))
        }
        let (x, loss) = (Self.axis, Self.axis.flatMap { y in Self.axis.map { $0 * y } })
        let dotted = PlaneFigure(
            name: "dotted", panels: [PlanePanel(title: "dots", x: x, y: x, loss: loss, evaluated: [0, 7, 24])])
        try check(dotted)
        // Row = y, column = x: the point 7 lies in row 1, column 2.
        #expect(dotted.script().contains("$evaluated0 << EOD\n-1.0 -1.0 0.0\n0.0 -0.5 0.0\n1.0 1.0 0.0\nEOD"))
        #expect(!PlaneFigure(name: "plain", panels: [panel("plain", { $0 * $1 })]).script().contains("$evaluated"))
        let eight = (0..<8).map { index in panel("variant \(index)", { $0 * $0 + Double(index) * $1 }) }
        try check(PlaneFigure(name: "eight", panels: eight))
        try check(SurfaceFigure(name: "eight-surface", panels: eight))
        try check(PlaneFigure(name: "oblong", panels: [panel("oblong", { $0 + $1 }, x: [0, 1, 2], y: [-1, 3])]))
        #expect(!panel("strip", { $0 + $1 }, y: [0]).isDrawable)
    }

    @Test func chains() throws {
        func panel(_ title: String, _ chains: [[Double]], burnIn: Int = 2) -> ChainFigure.Panel {
            ChainFigure.Panel(title: title, note: "R-hat 1.2", chains: chains, burnIn: burnIn, value: 2.5)
        }
        let figure = ChainFigure(
            name: "chains",
            panels: [panel("two", [[9, 9, 1, 2, 3], [0, 0, 4, 4, .nan]]), panel(Self.hostile, [[1, 2, 3, 4, 5]])],
            quantity: "LLC")
        try check(figure)
        // Step, value, running mean after the burn-in.
        #expect(
            figure.script().contains(
                "$p0c0 << EOD\n0.0 9.0 NaN\n1.0 9.0 NaN\n2.0 1.0 1.0\n3.0 2.0 1.5\n4.0 3.0 2.0\nEOD"))
        #expect(figure.script().contains("rect from 0, graph 0 to 2, graph 1"))
        #expect(figure.alternative.contains("two (R-hat 1.2)"))
        try check(ChainFigure(name: "one", panels: [panel("short", [[3]], burnIn: 0)], quantity: "x"))
    }

    @Test func curvesOfAllKinds() throws {
        for (name, f) in cases {
            let values = Self.axis.map { f($0, 0.3) }
            guard values.contains(where: \.isFinite) else { continue }
            try check(
                LineFigure(
                    name: "line-\(name)", curves: [curve(name, values), curve("other", values.map { $0 + 1 })],
                    xLabel: "t"))
            try check(
                PathFigure(
                    name: "path-\(name)", curve: curve(name, values),
                    marks: [("sff:0.7", 0.7, 2), ("pretrained", 1, 0)]))
        }
        try check(
            LineFigure(
                name: "point", curves: [.init(title: "one", t: [0], loss: [1], standardError: [.nan])], xLabel: "t"))
    }

    @Test func numbersOfAllKinds() throws {
        typealias Value = EigenvalueFigure.Value
        try check(
            EigenvalueFigure(
                name: "eigen",
                columns: [
                    (
                        "pretrained",
                        [
                            Value(value: 5, residual: 1e-4, converged: true),
                            Value(value: -2, residual: 0.2, converged: false),
                        ]
                    ),
                    ("zero", [Value(value: 0, residual: 0, converged: true)]), ("missing", []),
                    ("nan", [Value(value: .nan, residual: .nan, converged: false)]),
                ]))
        try check(
            ComparisonFigure(
                name: "comparison", variants: ["a", "b", "c"],
                panels: [
                    .init(title: "loss", values: [1, 2, 3], errors: [0.1, .nan, 0.2]),
                    .init(title: "all equal", values: [0, 0, 0], errors: [0, 0, 0]),
                    .init(title: "holes", values: [.nan, -4, .infinity], errors: [.nan, 1, .nan]),
                ]))
    }

    @Test func hostileNamesAreText() throws {
        let name = Self.hostile
        try check(PlaneFigure(name: "h1", panels: [panel(name, { $0 + $1 })], xLabel: name, yLabel: name))
        try check(SurfaceFigure(name: "h2", panels: [panel(name, { $0 + $1 })]))
        try check(LineFigure(name: "h3", curves: [curve(name, [1, 2, 3, 4, 5])], xLabel: name))
        try check(PathFigure(name: "h4", curve: curve(name, [1, 2, 3, 4, 5]), marks: [(name, 0.5, 0)]))
        try check(EigenvalueFigure(name: "h5", columns: [(name, [.init(value: 1, residual: 0, converged: true)])]))
        try check(
            ComparisonFigure(
                name: "h6", variants: [name, name + "2"], panels: [.init(title: name, values: [1, 2], errors: [0, 0])]))
        let svg = try String(contentsOf: folder.appendingPathComponent("h3.svg"), encoding: .utf8)
        #expect(svg.contains("_{x}^2"))
    }

    struct Broken: Figure {
        let name = "broken"
        let alternative = ""
        func script() -> String { "set output 'broken.svg'\nplot nonsense_function(x)\n" }
    }

    @Test func failuresCarryGnuplotsWords() throws {
        let error = #expect(throws: FigureError.self) { try renderer.render(Broken()) }
        #expect(error?.description.contains("undefined function") == true, "\(error?.description ?? "")")
        let blocked = folder.appendingPathComponent("file")
        try Data().write(to: blocked)
        #expect(throws: FigureError.self) { try Renderer(folder: blocked.appendingPathComponent("below")) }
    }

    @Test func levelsAreRoundAndInside() {
        #expect(Scale([0.1, 0.9]).levels(8) == [0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8].map { ($0 * 10).rounded() * 0.1 })
        let wide = Scale([1e-3, 1e4])
        #expect(wide.isLogarithmic && wide.levels(8).allSatisfy { $0 > 1e-3 && $0 < 1e4 })
        #expect(!Scale([-1, 1e4]).isLogarithmic)
        #expect(Scale([.nan, .infinity]).low < Scale([.nan]).high)
    }

    @Test func whatCannotBeDrawnIsAHole() {
        for value in [Double.nan, .infinity, -.infinity, 1e151, -.greatestFiniteMagnitude] {
            #expect(!Renderer.canDraw(value) && Gnuplot.number(value) == "NaN")
            #expect(Scale([1, 2, value]).high == 2 && Scale([1, 2, value]).low == 1, "\(value)")
        }
        #expect(Gnuplot.number(1e-200) == "0.0" && Gnuplot.number(-1e150) == "-1e+150")
        #expect(Scale([1e-200, 1]).low == 0 && !Scale([1e-200, 1]).isLogarithmic)
    }

    private func volume(
        _ title: String, z: [Double] = axis, _ f: (Double, Double, Double) -> Double
    ) -> VolumePanel {
        let loss = z.flatMap { w in Self.axis.flatMap { v in Self.axis.map { f($0, v, w) } } }
        return VolumePanel(title: title, x: Self.axis, y: Self.axis, z: z, loss: loss)
    }

    @Test func volumesOfAllKinds() throws {
        for (name, f) in cases {
            try check(VolumeFigure(name: "volume-\(name)", panels: [volume(name) { f($0, $1) + $2 * $2 }]))
        }
        let odd = VolumePanel(
            title: Self.hostile, x: [0, 1], y: [-1, 3], z: [5, 6], loss: (0..<8).map { Double($0) },
            marks: [(Self.hostile, 0, 3, 6)], trajectory: [(0, -1, 5), (1, 3, 6)])
        try check(
            VolumeFigure(name: "odd", panels: [odd, volume("b") { $0 + $1 + $2 }], labels: ["x", Self.hostile, "z"]))
        #expect(!volume("flat", z: [0]) { $0 + $1 + $2 }.isDrawable)
    }

    /// Each cut and layer holds the points it says: the value tells where it comes from.
    @Test func cutsAndLayersOfVolumes() throws {
        let panel = VolumePanel(
            title: "v", x: [-2, -1, 0], y: [-0.5, 0.25, 1, 2], z: [-4, -3, -2, -1, 1],
            loss: (0..<60).map { index in
                let (x, y, z) = (index % 3 - 2, [-0.5, 0.25, 1, 2][index / 3 % 4], [-4.0, -3, -2, -1, 1][index / 12])
                return Double(x) + 10 * y + 1000 * z
            }, marks: [("m", -1, 1, 0.9)])
        for (number, cut) in panel.cuts.enumerated() {
            for point in cut.joined() {
                #expect(point[3] == point[0] + 10 * point[1] + 1000 * point[2])
                // The places nearest to 0 along z, y and x.
                #expect(point[2 - number] == [-1, 0.25, 0][number])
            }
        }
        #expect(panel.cuts.map { $0.joined().count } == [12, 15, 20])
        #expect(panel.layers.map(\.z) == [-4, -1, 1])
        for (z, layer) in panel.layers {
            #expect(layer.loss[5] == 0 + 10 * 0.25 + 1000 * z && layer.x.count == 3 && layer.y.count == 4)
            #expect(layer.marks.count == (z == 1 ? 1 : 0))
        }
    }
}
