import Foundation
import Testing

@testable import Figures

/// Figures of comparisons, blocks, training and forecasts, and the files that figures come in.
@Suite(.enabled(if: Renderer.hasGnuplot, "needs gnuplot")) final class PaperFigureTests {
    let folder: URL
    let renderer: Renderer
    static let hostile = "a'b\"c`touch pwned`$(touch pwned)\\n_{x}^2 é %s @ {/Bold y}"
    private static let axis = (0..<5).map { Double($0) / 2 - 1 }

    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("paper-\(UUID().uuidString)")
        renderer = try Renderer(folder: folder)
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Draws it twice: the same bytes, no command run.
    private func check(_ figure: any Figure, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let once = try Data(contentsOf: #require(renderer.render(figure).files[.svg]))
        let again = try Data(contentsOf: #require(renderer.render(figure).files[.svg]))
        #expect(once == again && once.count > 1500, sourceLocation: sourceLocation)
        #expect(
            !FileManager.default.fileExists(atPath: folder.appendingPathComponent("pwned").path),
            sourceLocation: sourceLocation)
    }

    private func plane(_ title: String, _ f: (Double, Double) -> Double) -> PlanePanel {
        PlanePanel(
            title: title, x: Self.axis, y: Self.axis, loss: Self.axis.flatMap { y in Self.axis.map { f($0, y) } })
    }

    @Test func everyFormat() throws {
        let figure = PlaneFigure(name: "plane", panels: [plane("a_b 5%") { $0 * $0 + $1 }])
        let files = try renderer.render(figure, formats: Set(FigureFormat.allCases)).files
        func bytes(_ format: FigureFormat) throws -> Data { try Data(contentsOf: #require(files[format])) }
        #expect(try bytes(.png).starts(with: [0x89, 0x50, 0x4E, 0x47]))
        #expect(try bytes(.pdf).starts(with: Data("%PDF".utf8)))
        #expect(try bytes(.png) != bytes(.pngDark))
        let (light, dark) = (
            String(decoding: try bytes(.svg), as: UTF8.self), String(decoding: try bytes(.svgDark), as: UTF8.self)
        )
        #expect(light.contains("#ffffff") && !light.contains("#161616") && dark.contains("#161616"))
        // LaTeX gets the text escaped, the others as it is.
        let latex = String(decoding: try bytes(.cairolatex), as: UTF8.self)
        #expect(latex.contains("a\\_b 5\\%"), "\(latex.suffix(3000))")
        #expect(light.contains("a_b 5%"))
        #expect(!FileManager.default.fileExists(atPath: folder.appendingPathComponent("pwned").path))
        // A journal's column and page, in points.
        let pdf = String(decoding: try bytes(.pdf), as: Unicode.ASCII.self)
        let box = try #require(pdf.range(of: "/MediaBox [ 0 0 "))
        let width = try #require(Double(pdf[box.upperBound...].prefix { $0 != " " }))
        #expect(abs(width - 8.6 / 2.54 * 72) < 1)
    }

    @Test func scriptsDrawTheirDefaultsAlone() throws {
        _ = try renderer.render(PlaneFigure(name: "alone", panels: [plane("a") { $0 + $1 }]))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gnuplot", "alone.gp"]
        process.currentDirectoryURL = folder
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        for suffix in [".svg", ".png", ".pdf", "-dark.svg"] {
            #expect(FileManager.default.fileExists(atPath: folder.appendingPathComponent("alone\(suffix)").path))
        }
    }

    @Test func multiplesOnTheirOwnScales() throws {
        let panels = (0..<8).map { index in
            plane(index == 3 ? Self.hostile : "v\(index)") { $0 * $0 * pow(10, Double(index)) + $1 }
        }
        let own = PlaneFigure(name: "own", panels: panels, scaling: .own)
        try check(own)
        #expect(own.script().components(separatedBy: "set colorbox user").count == 9)
        #expect(
            PlaneFigure(name: "one", panels: panels).script().components(separatedBy: "set colorbox user").count == 2)
        try check(PlaneFigure(name: "two", panels: Array(panels.prefix(2)), scaling: .own))
        #expect(own.alternative.contains("each on its own"))
    }

    /// A few values far above the others are cut off, which the label says; positive ones have a logarithm instead.
    @Test func outliersAreClipped() throws {
        var values = (0..<50).map { Double($0) / 50 - 0.5 }
        values[7] = 1e6
        let clipped = Scale(values, clips: true)
        #expect(clipped.isClipped && clipped.high < 1 && clipped.label("loss").contains("clipped at"))
        #expect(!Scale(values).isClipped && Scale(values).high == 1e6)
        #expect(!Scale(values.map { $0 + 1 }, clips: true).isClipped)
        #expect(!Scale([-1, 0, 1], clips: true).isClipped && !Scale([], clips: true).isClipped)
        let panel = PlanePanel(
            title: "clipped", x: (0..<10).map(Double.init), y: (0..<5).map(Double.init), loss: values)
        try check(PlaneFigure(name: "clipped", panels: [panel]))
        try check(SurfaceFigure(name: "clipped-surface", panels: [panel]))
    }

    @Test func fineGridsAreThinnedForSurfaces() {
        let axis = (0..<101).map { Double($0) / 50 - 1 }
        let panel = PlanePanel(title: "fine", x: axis, y: axis, loss: axis.flatMap { y in axis.map { $0 + 2 * y } })
        let thin = panel.thinned(to: 51)
        #expect(thin.x.count == 51 && thin.x.first == -1 && thin.x.last == 1)
        for (index, value) in thin.loss.enumerated() { #expect(value == thin.x[index % 51] + 2 * thin.y[index / 51]) }
        #expect(panel.thinned(to: 200).loss == panel.loss)
    }

    @Test func intervalsAndBlocks() throws {
        typealias Mark = IntervalFigure.Mark
        let marks = (1..<8).map {
            Mark(variant: $0, difference: Double($0) - 4, low: Double($0) - 6, high: Double($0) - 2)
        }
        let far = [
            Mark(variant: 1, difference: 1e4, low: -1e4, high: 3e4),
            Mark(variant: 2, difference: -.infinity, low: .nan, high: 1),
        ]
        let names = (0..<7).map { "v\($0)" } + [Self.hostile]
        let figure = IntervalFigure(
            name: "intervals", reference: Self.hostile, variants: names,
            rows: [("one", marks), (Self.hostile, marks), ("far", far), ("none", [])])
        try check(figure)
        // The far one leaves the picture and is named at its edge.
        #expect(IntervalFigure.limit(marks + far) < 20 && figure.script().contains("1e+04 % →"))
        #expect(IntervalFigure.limit([]) == 1)
        let values = [[1, .nan, -3, 4, 5, 6, 7, 8], Array(repeating: Double.nan, count: 8), [0, 0, 0, 0, 0, 0, 0, 0]]
        try check(
            BlockFigure(
                name: "blocks", blocks: ["layer.0", Self.hostile, "zero"], variants: names,
                panels: [
                    .init(title: "λ max", values: values, errors: values.map { $0.map { abs($0) / 10 } }),
                    .init(title: "trace", values: values, errors: values.map { $0.map { _ in .nan } }),
                ]))
        try check(
            BlockFigure(
                name: "one", blocks: ["b"], variants: ["v"],
                panels: [.init(title: "negative", values: [[-2]], errors: [[1]])]))
    }

    @Test func theoryWithGaps() throws {
        let t = [0, 0.5, 1.0]
        func series(_ values: [Double]) -> TheoryFigure.Series { .init(values: values, errors: [.nan, 0.1, 0.2]) }
        let full = Dictionary(
            uniqueKeysWithValues: TheoryFigure.Quantity.allCases.map { ($0, series([1, .nan, -.infinity])) })
        let curves = [
            TheoryFigure.Curve(title: "path", t: t, series: full),
            TheoryFigure.Curve(title: Self.hostile, t: t, series: [.loss: series([3, 2, 1])]),
        ]
        let figure = TheoryFigure(
            name: "theory", curves: curves, bound: [1, 2, 3], defect: series([0, 1, 0]), marks: [0.5])
        try check(figure)
        // Row: α, value, band.
        #expect(figure.script().contains("$c1q0 << EOD\n0.0 3.0 3.0 3.0\n0.5 2.0 1.9 2.1\n"))
        try check(
            TheoryFigure(
                name: "bare", curves: [TheoryFigure.Curve(title: "path", t: t, series: [:])], bound: [],
                defect: series([0, 0, 0])))
    }

    @Test func trainingAndForecasts() throws {
        let phases = [
            TrainingFigure.Phase(
                title: "head", losses: [3, 2, 1.5, 1.2], gradientNorms: [5, 4, 3, 2],
                epochs: [(2, 2.5, 2, false), (4, 1.35, 1.1, true)]),
            TrainingFigure.Phase(
                title: Self.hostile, losses: [1, .nan, .infinity], gradientNorms: [],
                epochs: [(3, .infinity, .nan, false)]),
        ]
        let figure = TrainingFigure(name: "training", phases: phases, validation: "validation MSE")
        try check(figure)
        // The second phase goes on where the first ended.
        #expect(figure.script().contains("$epochs << EOD\n2.0 2.5 2.0\n4.0 1.35 1.1\n7.0 NaN NaN\nEOD"))
        #expect(figure.alternative.contains("4 steps, loss from 3 to 1.2"))
        try check(
            TrainingFigure(
                name: "negative",
                phases: [.init(title: "a", losses: [-1, -2], gradientNorms: [], epochs: [(2, -1.5, .nan, false)])],
                validation: "v"))
        let panel = ForecastFigure.Panel(
            title: Self.hostile, context: [1, 2, 3], truth: [4, .nan], forecasts: [[3.5, 4], [0, .infinity]])
        let forecasts = ForecastFigure(
            name: "forecasts", titles: ["before", Self.hostile], panels: [panel, panel, panel])
        try check(forecasts)
        #expect(forecasts.script().contains("$context0 << EOD\n-2.0 1.0\n-1.0 2.0\n0.0 3.0\nEOD"))
        #expect(forecasts.script().contains("$truth0 << EOD\n0.0 3.0\n1.0 4.0\n2.0 NaN\nEOD"))
    }

    /// What no font has would fill the page; marks that turn the writing around are left out.
    @Test func rareLettersBecomeBoxes() throws {
        #expect(Letters.boxed("α θ₁ − 漢字é") == "α θ₁ − □□é")
        #expect(Gnuplot.quote("a\u{202E}b") == "'ab'" && Gnuplot.quote("θ₁ → é") == "'θ₁ → é'")
        #expect(
            Gnuplot.quote("漢") == "(letters || strstrt(format, 'svg') > 0 ? '漢' : '□')")
        // An accent upon a quote does not keep it from being doubled.
        let accented = Gnuplot.quote("a'\u{301}; b").unicodeScalars
        #expect(accented.count { $0 == "'" }.isMultiple(of: 2))
        #expect(Letters.areDrawable("plain θ") && !Letters.areDrawable("\u{E123}"))
        let figure = SurfaceFigure(name: "rare", panels: [plane("漢字 \u{E123}_x") { $0 + $1 }])
        try check(figure)
        let files = try renderer.render(figure, formats: [.svg, .png]).files
        #expect(try String(contentsOf: #require(files[.svg]), encoding: .utf8).contains("漢字"))
        // The same picture as with boxes in the name.
        let boxes = SurfaceFigure(name: "boxes", panels: [plane("□□ □_x") { $0 + $1 }])
        let other = try renderer.render(boxes, formats: [.png]).files
        #expect(try Data(contentsOf: #require(files[.png])) == Data(contentsOf: #require(other[.png])))
    }

    @Test func severalFiguresAtOnce() throws {
        let figures: [(any Figure, Set<FigureFormat>)] = (0..<5).map { index in
            (PlaneFigure(name: "p\(index)", panels: [plane("\(index)") { $0 + Double(index) * $1 }]), [.svg])
        }
        let files = try renderer.render(figures)
        #expect(files.map { $0.files[.svg]?.lastPathComponent } == (0..<5).map { "p\($0).svg" })
    }
}
