// swift-tools-version: 6.2
import PackageDescription

// The fuzz targets, apart from the root package so that no ordinary build needs libFuzzer. Built by scripts/fuzz.sh.
let package = Package(
    name: "fuzzing",
    dependencies: [.package(name: "landscape", path: "..")],
    targets: [
        .target(name: "CFuzzer"),
        .target(name: "FuzzSupport", dependencies: ["CFuzzer", .product(name: "HostileInput", package: "landscape")]),
    ]
        + ["Safetensors", "PyTorch", "Table", "Configuration", "Result"].map { name in
            // libFuzzer has the main function.
            .executableTarget(
                name: "Fuzz\(name)", dependencies: ["FuzzSupport"],
                swiftSettings: [.unsafeFlags(["-parse-as-library"])])
        },
    swiftLanguageModes: [.v6]
)
