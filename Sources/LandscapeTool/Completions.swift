import ArgumentParser
import Foundation
import Forecasters
import Landscape
import Smoothing

/// What a shell offers after Tab.
extension CompletionKind {
    static var checkpoint: CompletionKind { .file(extensions: ["safetensors", "ckpt", "pth", "pt", "bin"]) }
    static var table: CompletionKind { .file(extensions: ["csv"]) }
    static var result: CompletionKind { .file(extensions: ["h5"]) }
    static var device: CompletionKind { .list(["cpu", "cuda"]) }
    static var family: CompletionKind { .list(Families.all.map(\.name)) }
    static var published: CompletionKind { .list(Families.all.flatMap(\.published).map(\.name)) }
    static var variants: CompletionKind {
        .values(["pretrained", "scratch", "sff:0.7", "shrink:0.7", "perturb:0.7", "gaussian:0.7", "noisytune:0.15"])
    }
    static var strategies: CompletionKind {
        .list(["zero-shot", "scratch", "lp", "lpff", "full", "sff", "sff:0.7", "shrink:0.7", "sam", "l2sp", "lora"])
    }
    static var axes: CompletionKind {
        .list(
            DirectionNormalization.allCases.map(\.rawValue) + [
                "sff", "eigen", "gradient", "variants", "trajectory:", "file:",
            ])
    }

    /// A list with commas between: the last item is completed.
    static func values(_ known: [String]) -> CompletionKind {
        .custom { _, _, prefix in
            let begun = prefix.lastIndex(of: ",").map { prefix[...$0] } ?? ""
            let given = Set(begun.split(separator: ",").map(String.init))
            return known.filter { !given.contains($0) }.map { begun + $0 }
        }
    }
}
