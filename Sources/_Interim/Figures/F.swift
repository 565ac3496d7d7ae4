public struct FigureError: Error { public var isGnuplotMissing: Bool { false } }
