// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

let strictC: [CSetting] = [
    .define("_GNU_SOURCE"),
    .unsafeFlags(["-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-std=gnu17"]),
]

/// How what is started often is linked.
///
/// A start pays for all of it, most for the symbols of a shared libstdc++: `make build` fills a folder in which it, and
/// libgcc, are archives alone.
let quickStart: [LinkerSetting] = [
    .unsafeFlags(["-L.build/static"], .when(configuration: .release))
]

/// How what people and scripts type is linked: whole, so that its start looks nothing up.
///
/// Nothing in it asks for a shared library or a name service while it runs.
let wholeStart: [LinkerSetting] =
    quickStart + [.unsafeFlags(["-static-executable", "-use-ld=lld"], .when(configuration: .release))]

/// One stop on the data path, with its tests beside it.
func stop(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(
    _ name: String,
    _ dependencies: [Target.Dependency] = [],
    exclude: [String] = []
) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: dependencies + ["TestKit"],
        exclude: exclude,
        swiftSettings: strict
    )
}

let package = Package(
    name: "martlet",
    products: [
        .executable(name: "martlet", targets: ["martlet"]),
        .executable(name: "martlet-agent", targets: ["martlet-agent"]),
        .executable(name: "martlet-runtime", targets: ["martlet-runtime"]),
        .executable(name: "martlet-lazy", targets: ["martlet-lazy"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // The walk, left to right.
        stop("Intake", ["Desired", "Keys", "Linux", "Objects", "Transfer"]),
        stop("Desired", ["Calendar", "Patterns", "CCrypto", "CYaml"]),
        stop("Plan", ["Desired"]),
        stop("Images", ["Desired", "Keys", "Linux", "Transfer", "CArchive", "CCrypto", "CIsal", "CZstd"]),
        stop("Networks", ["Linux", "Netlink", "CNftables"]),
        stop("Volumes", ["Keys", "Linux", "Objects", "Transfer", "CCrypto", "CZstd"]),
        stop("Lazy", ["Linux", "Objects", "Transfer", "Volumes", "CFuse", "CLinux"]),
        stop("Containers", ["Linux", "CLaunch", "CSeccomp"]),
        stop("Logs", ["Linux", "Patterns"]),
        stop(
            "Sinks",
            [
                "Desired", "Keys", "Linux", "Logs", "Objects", "Patterns", "Transfer", "CIsal", "CLinux",
            ]
        ),
        stop("Objects", ["Keys", "Linux", "Transfer", "CLinux"]),
        stop("Probes", ["Linux"]),

        // Who walks it, and how one talks to it.
        stop("Releases", ["Linux"]),
        stop("Control", ["Desired", "Plan", "Logs", "Linux"]),
        stop(
            "Agent",
            [
                "Control", "Intake", "Calendar", "Desired", "Plan", "Images", "Networks", "Volumes", "Lazy",
                "Containers", "Logs", "Sinks", "Keys", "Objects", "Probes", "Netlink", "Releases", "Systemd",
                "Transfer", "Linux", .product(name: "GRDB", package: "GRDB.swift"),
            ]
        ),
        stop(
            "ControlAPI",
            [
                "Agent", "Control", "Desired", "Images", "Keys", "Linux", "Logs",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        stop(
            "Command",
            [
                "Control", "Desired", "Linux", "Logs", "Patterns",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]
        ),
        .executableTarget(
            name: "martlet-agent",
            dependencies: [
                "Agent", "Command", "Control", "ControlAPI", "Desired", "Images", "Keys", "Linux", "Logs",
                "Objects", "Releases", "Systemd", "Transfer",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOTLS", package: "swift-nio"),
            ],
            swiftSettings: strict
        ),

        // What asks it. Not the agent: a verb would pay for all that it links at each start.
        .executableTarget(
            name: "martlet",
            dependencies: [
                "Command", "Control", "Desired", "Linux", "Logs", "Patterns", "Releases",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict,
            linkerSettings: wholeStart
        ),

        // The same runtime for other engines. Nothing heavy here: a start pays for all that is linked.
        .executableTarget(
            name: "martlet-runtime",
            dependencies: ["Containers", "CLinux", "Linux"],
            swiftSettings: strict,
            linkerSettings: quickStart
        ),

        // Serves a version of a volume while that is fetched; it outlives the agent.
        .executableTarget(
            name: "martlet-lazy",
            dependencies: ["Keys", "Lazy", "Linux", "CLinux"],
            swiftSettings: strict,
            linkerSettings: quickStart
        ),

        // The ground.
        stop("Calendar"),
        stop("Patterns"),
        stop("Linux", ["CLinux"]),
        stop("Netlink", ["Linux"]),
        stop("Systemd", ["Linux"]),
        stop("Transfer", ["Linux", "CTransfer"]),
        stop("Keys", ["Linux", "CCrypto"]),
        .target(name: "CLinux", cSettings: strictC),
        .target(name: "CLaunch", dependencies: ["CLinux"], cSettings: strictC),
        .systemLibrary(name: "CArchive", pkgConfig: "libarchive"),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto"),
        .systemLibrary(name: "CFuse"),
        .systemLibrary(name: "CIsal", pkgConfig: "libisal"),
        .systemLibrary(name: "CNftables", pkgConfig: "libnftables"),
        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp"),
        .systemLibrary(name: "CYaml", pkgConfig: "yaml-0.1"),
        .systemLibrary(name: "CZstd", pkgConfig: "libzstd"),
        .systemLibrary(name: "CTransfer", pkgConfig: "libcurl"),

        // Measured beside a bare C floor and the field's runtimes.
        .executableTarget(
            name: "start-benchmark",
            dependencies: ["Containers", "Linux", "TestKit"],
            path: "Benchmarks/Start",
            swiftSettings: strict
        ),

        .executableTarget(
            name: "image-benchmark",
            dependencies: ["Images", "Linux"],
            path: "Benchmarks/Images",
            swiftSettings: strict
        ),

        .executableTarget(
            name: "log-benchmark",
            dependencies: ["Desired", "Linux", "Logs", "Sinks", "TestKit", "Transfer"],
            path: "Benchmarks/Logs",
            exclude: ["acknowledge.py"],
            swiftSettings: strict
        ),

        .executableTarget(
            name: "volume-benchmark",
            dependencies: ["Linux", "LogSimulator", "Objects", "Transfer", "Volumes"],
            path: "Benchmarks/Volumes",
            swiftSettings: strict
        ),

        // Tests.
        .executableTarget(
            name: "launch-probe",
            dependencies: ["Containers", "Linux", "TestKit"],
            path: "Tests/LaunchProbe",
            swiftSettings: strict
        ),
        .target(
            name: "TestKit",
            dependencies: ["Linux", "CLinux", "Containers", "Objects", "Transfer"],
            path: "Tests/TestKit",
            swiftSettings: strict
        ),
        tests("Linux", ["Linux"]),
        tests("Systemd", ["Systemd", "Linux"]),
        tests("Calendar", ["Calendar", "Linux"]),
        tests("Patterns", ["Patterns"]),
        tests("Keys", ["Keys", "Linux"]),
        tests("Intake", ["Intake", "Desired", "Keys", "Linux", "Objects", "Transfer"]),
        tests("Desired", ["Calendar", "Desired"], exclude: ["Corpus"]),
        tests("Plan", ["Plan", "Calendar", "Desired"]),
        tests("Transfer", ["Transfer", "Linux"]),
        tests("Images", ["Images", "Desired", "Linux", "Transfer"]),
        tests("Networks", ["Networks", "Netlink", "Linux"]),
        .target(
            name: "LogSimulator",
            dependencies: ["TestKit", "Volumes"],
            path: "Tests/LogSimulator",
            swiftSettings: strict
        ),
        .executableTarget(
            name: "volume-holder",
            dependencies: ["Linux", "Objects", "TestKit", "Transfer", "Volumes"],
            path: "Tests/VolumeHolder",
            swiftSettings: strict
        ),
        tests("Volumes", ["LogSimulator", "volume-holder", "Volumes", "Linux", "Objects", "Transfer"]),
        tests("Lazy", ["martlet-lazy", "Lazy", "Linux", "Objects", "Transfer", "Volumes", "CLinux"]),
        tests("Logs", ["Logs", "Linux"]),
        tests("Sinks", ["Sinks", "Desired", "Linux", "Logs", "Objects", "Transfer"], exclude: ["Receivers"]),
        tests("Objects", ["Objects", "CLinux", "Keys", "Linux", "Transfer", "Volumes"]),
        tests("Probes", ["Probes", "Linux"], exclude: ["health.py"]),
        tests(
            "Agent",
            [
                "Agent", "Calendar", "Control", "Desired", "Keys", "Linux", "Objects", "Systemd", "Transfer",
                "Volumes",
            ]
        ),
        tests("Releases", ["Releases", "Linux"]),
        tests("Control", ["Control", "Logs", "Plan"]),
        tests("ControlAPI", ["ControlAPI", "Desired"]),
        tests("Command", ["martlet", "Command", "Control", "Linux", "Logs"]),
        .testTarget(
            name: "ContainersTests",
            dependencies: ["Containers", "CLaunch", "CLinux", "Linux", "TestKit"],
            exclude: ["Probes"],
            swiftSettings: strict
        ),
        tests(
            "Walk",
            ["Agent", "Containers", "Control", "Desired", "Linux", "Releases"],
            exclude: ["Programs"]
        ),
        tests("Node", exclude: ["rig", "units", "walk"]),
        tests("System", exclude: ["system"]),
        tests("Engine", exclude: ["engines", "validation"]),
    ]
)
