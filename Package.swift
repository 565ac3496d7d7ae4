// swift-tools-version: 6.1
import PackageDescription

// libtorch: `make setup` puts it into .deps/torch; TORCH_ROOT points at another one.
let torch = Context.environment["TORCH_ROOT"] ?? "\(Context.packageDirectory)/.deps/torch"

let torchCompile: [CXXSetting] = [
    .unsafeFlags(["-isystem", "\(torch)/include", "-isystem", "\(torch)/include/torch/csrc/api/include"])
]
let torchLink: [LinkerSetting] = [
    .unsafeFlags(["-L\(torch)/lib", "-Xlinker", "-rpath", "-Xlinker", "\(torch)/lib"]),
    .linkedLibrary("torch_cpu"),
    .linkedLibrary("c10"),
]

let package = Package(
    name: "landscape",
    targets: [
        .target(name: "CTorch", cxxSettings: torchCompile, linkerSettings: torchLink),
        .target(name: "Tensor", dependencies: ["CTorch"]),
        .target(name: "Networks", dependencies: ["Tensor"]),
        .target(name: "Checkpoints"),
        .target(name: "Forecasters", dependencies: ["Networks", "Checkpoints", "Tensor"]),
        .target(name: "Krylov"),
        .target(name: "Landscape", dependencies: ["Forecasters", "Networks", "Krylov", "Tensor"]),
        .target(name: "Smoothing", dependencies: ["Forecasters", "Networks", "Tensor"]),
        .target(name: "TimeSeries"),
        .systemLibrary(
            name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
        .target(name: "Archive", dependencies: ["CHDF5"]),
        .testTarget(name: "ForecastersTests", dependencies: ["Forecasters", "Networks", "Checkpoints", "Tensor"]),
        .testTarget(name: "LandscapeTests", dependencies: ["Landscape", "Forecasters", "Networks", "Krylov", "Tensor"]),
        .testTarget(name: "KrylovTests", dependencies: ["Krylov"]),
        .testTarget(name: "TimeSeriesTests", dependencies: ["TimeSeries"]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx20
)
