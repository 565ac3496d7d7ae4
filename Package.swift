// swift-tools-version: 6.2
import Foundation
import PackageDescription

// libtorch: `make setup` puts it into .deps/torch; TORCH_ROOT points at another one.
let torch = Context.environment["TORCH_ROOT"] ?? "\(Context.packageDirectory)/.deps/torch"

let torchCompile: [CXXSetting] = [
    .unsafeFlags(["-isystem", "\(torch)/include", "-isystem", "\(torch)/include/torch/csrc/api/include"]),
    // Packages of libtorch lack Gloo's headers: where they are not there, what we declare of them is found last.
    .unsafeFlags(["-idirafter", "\(Context.packageDirectory)/Sources/CTorch/Gloo"]),
]
let torchLink: [LinkerSetting] = [
    .unsafeFlags(["-L\(torch)/lib", "-Xlinker", "-rpath", "-Xlinker", "\(torch)/lib"]),
    .linkedLibrary("torch_cpu"),
    .linkedLibrary("c10"),
]

// Where git notes which commit is checked out; in a linked work tree .git is a file that names the folder.
let git = "\(Context.packageDirectory)/.git"
let gitFolder =
    (try? String(contentsOfFile: git, encoding: .utf8))
    .flatMap { $0.hasPrefix("gitdir: ") ? $0.dropFirst("gitdir: ".count).trimmingCharacters(in: .newlines) : nil }
    ?? git

// In CI warnings of our own targets are errors.
let strict: [SwiftSetting] =
    Context.environment["LANDSCAPE_STRICT"] == nil ? [] : [.treatAllWarnings(as: .error)]

let package = Package(
    name: "landscape",
    products: [
        .executable(name: "landscape", targets: ["LandscapeTool"]),
        .library(
            name: "Landscape",
            targets: [
                "Landscape", "Smoothing", "Training", "Forecasters", "TimeSeries", "Krylov", "Archive", "Networks",
                "Tensor",
            ]),
        .library(name: "LandscapeReports", targets: ["Reports", "Figures"]),
        // For the package in Fuzzing/.
        .library(name: "HostileInput", targets: ["HostileInput"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.0"),
    ],
    targets: [
        // MARK: Foreign libraries
        .target(name: "CTorch", exclude: ["Gloo"], cxxSettings: torchCompile, linkerSettings: torchLink),
        .target(
            name: "CBuild",
            cxxSettings: [
                .define("CBUILD_GIT_LOG", to: "\"\(gitFolder)/logs/HEAD\""),
                .define("CBUILD_RESOLVED", to: "\"\(Context.packageDirectory)/Package.resolved\""),
            ]),
        .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),

        // MARK: Engine and models
        .target(name: "Tensor", dependencies: ["CTorch"]),
        .target(name: "Networks", dependencies: ["Tensor"]),
        .target(name: "Checkpoints"),
        .target(name: "Forecasters", dependencies: ["Networks", "Checkpoints", "Tensor"]),

        // MARK: Analyses
        .target(name: "TimeSeries"),
        .target(name: "Configuration", dependencies: ["TimeSeries", .product(name: "Yams", package: "Yams")]),
        .target(name: "Krylov"),
        .target(name: "Landscape", dependencies: ["Forecasters", "Networks", "Krylov", "Tensor"]),
        .target(name: "Training", dependencies: ["Forecasters", "Networks", "Checkpoints", "Tensor"]),
        .target(name: "Smoothing", dependencies: ["Training", "Forecasters", "Networks", "Tensor"]),

        // MARK: Results
        .target(name: "Archive", dependencies: ["CHDF5"]),
        .target(
            name: "CGnuplot",
            linkerSettings: [
                .linkedLibrary("boost_iostreams"), .linkedLibrary("boost_system"), .linkedLibrary("boost_filesystem"),
            ]),
        .target(name: "Figures", dependencies: ["CGnuplot"]),
        .target(
            name: "Reports",
            dependencies: ["Figures", "Archive", .product(name: "Mustache", package: "swift-mustache")]),

        // MARK: Command line
        .executableTarget(
            name: "LandscapeTool",
            dependencies: [
                "Archive", "CBuild", "Checkpoints", "Configuration", "Figures", "Forecasters", "Krylov", "Landscape",
                "Networks",
                "Reports", "Smoothing", "Tensor", "TimeSeries", "Training",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            resources: [.copy("Resources/Embedded")]),

        // MARK: Benchmarks
        .executableTarget(
            name: "LandscapeBenchmarks",
            dependencies: [
                "Checkpoints", "Forecasters", "Krylov", "Landscape", "Networks", "Tensor", "TimeSeries", "Training",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], path: "Benchmarks/Sources"),

        // MARK: Tests
        .testTarget(name: "ForecastersTests", dependencies: ["Forecasters", "Networks", "Checkpoints", "Tensor"]),
        .testTarget(
            name: "LandscapeTests", dependencies: ["Landscape", "Forecasters", "Networks", "Krylov", "Tensor"]),
        .testTarget(name: "KrylovTests", dependencies: ["Krylov"]),
        .testTarget(name: "TimeSeriesTests", dependencies: ["TimeSeries"]),
        .testTarget(name: "CheckpointsTests", dependencies: ["Checkpoints"]),
        .testTarget(name: "TensorTests", dependencies: ["Tensor"]),
        .testTarget(name: "SmoothingTests", dependencies: ["Smoothing", "Forecasters", "Networks", "Tensor"]),
        .testTarget(
            name: "TrainingTests",
            dependencies: ["Training", "Forecasters", "Networks", "Checkpoints", "Tensor", "OracleSupport"]),
        .testTarget(name: "FiguresTests", dependencies: ["Figures"]),
        .testTarget(
            name: "ReportsTests", dependencies: ["Reports", "Archive", "Checkpoints", "Figures", "OracleSupport"]),
        .target(name: "OracleSupport", path: "Tests/OracleSupport"),
        .executableTarget(name: "ArchiveWriterHelper", dependencies: ["Archive"], path: "Tests/ArchiveWriterHelper"),
        .testTarget(name: "ArchiveTests", dependencies: ["Archive", "ArchiveWriterHelper", "OracleSupport"]),
        .testTarget(name: "ArchitectureTests", dependencies: ["OracleSupport"]),
        .target(
            name: "HostileInput", dependencies: ["Archive", "Checkpoints", "Configuration", "TimeSeries"],
            path: "Tests/HostileInput"),
        .testTarget(name: "HostileInputTests", dependencies: ["HostileInput"], exclude: ["Crashes"]),
        .testTarget(
            name: "CommandLineTests", dependencies: ["LandscapeTool", "Archive", "Checkpoints", "OracleSupport"]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx20
)

for target in package.targets where target.type != .system && !["CTorch", "CGnuplot", "CBuild"].contains(target.name) {
    target.swiftSettings = (target.swiftSettings ?? []) + strict
}

// Unoptimised, the arithmetic of our own would take a third of the time of the tests.
for target in package.targets
where [
    "Tensor", "Networks", "Checkpoints", "Krylov", "Landscape", "TimeSeries", "Training", "ArchitectureTests",
    "OracleSupport",
].contains(target.name) {
    target.swiftSettings = (target.swiftSettings ?? []) + [.unsafeFlags(["-O"], .when(configuration: .debug))]
}

// Only for `make docs`, so that users of the library do not resolve it.
if Context.environment["LANDSCAPE_DOCS"] != nil {
    package.dependencies.append(.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0"))
}
