// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "Examples",
    dependencies: [
        // In a package of your own: .package(url: "...", revision: "..."), see README.md.
        .package(name: "landscape", path: "..")
    ],
    targets: [
        .executableTarget(
            name: "OwnModel",
            dependencies: [
                .product(name: "Landscape", package: "landscape"),
                .product(name: "LandscapeReports", package: "landscape"),
            ])
    ],
    cxxLanguageStandard: .cxx20
)
