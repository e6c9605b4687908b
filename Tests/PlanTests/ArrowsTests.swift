// SPDX-License-Identifier: Apache-2.0
internal import Foundation
internal import Testing

/// The package description, read as text.
@Suite struct ArrowsTests {
    /// From the ground up, then along the walk: a target depends on those before it only.
    private static let order = [
        "CArchive", "CCrypto", "CIsal", "CNftables", "CSeccomp", "CTransfer", "CYaml", "CZstd", "CLinux",
        "CLaunch",
        "Calendar", "Patterns", "Linux", "Netlink", "Systemd", "Transfer", "Keys", "Objects", "Desired",
        "Intake",
        "Plan",
        "Images", "Networks", "Volumes", "Containers", "Logs", "Sinks", "Probes", "Releases", "Control",
        "Agent",
        "ControlAPI",
        "martlet",
        "martlet-runtime",
    ]

    /// What each target of `Sources` depends on, packages' products with it.
    private static func arrows() throws -> [String: Set<String>] {
        let text = try String(contentsOfFile: "Package.swift", encoding: .utf8)
        var arrows: [String: Set<String>] = [:]
        for start in text.ranges(of: /(?m)^        (?:stop|\.target|\.executableTarget|\.systemLibrary)\(/) {
            let names = argument(text[start.upperBound...]).matches(of: /"([A-Za-z-]+)"/).map { String($0.1) }
            guard let first = names.first, order.contains(first) else { continue }
            arrows[first] = Set(names.dropFirst())
        }
        return arrows
    }

    /// Up to the parenthesis that closes it.
    private static func argument(_ text: Substring) -> Substring {
        var depth = 1
        let end = text.firstIndex { character in
            if character == "(" { depth += 1 }
            if character == ")" { depth -= 1 }
            return depth == 0
        }
        return text[..<(end ?? text.endIndex)]
    }

    @Test func `arrows point one way`() throws {
        let arrows = try Self.arrows()
        #expect(arrows.count >= 13, "\(arrows.keys.sorted())")
        for (target, others) in arrows {
            let rank = try #require(Self.order.firstIndex(of: target))
            for other in others {
                guard let place = Self.order.firstIndex(of: other) else { continue }
                #expect(place < rank, "\(target) depends on \(other)")
            }
        }
    }

    @Test(arguments: [
        ("Plan", ["Desired"]), ("Desired", ["Calendar", "Patterns", "CCrypto", "CYaml"]),
        ("Linux", ["CLinux"]),
        ("Calendar", []), ("Patterns", []),
        ("Netlink", ["Linux"]), ("Systemd", ["Linux"]), ("Keys", ["CCrypto", "Linux"]),
        ("Intake", ["Desired", "Keys", "Linux", "Objects", "Transfer"]),
        ("Transfer", ["CTransfer", "Linux"]),
        ("Objects", ["Keys", "Linux", "Transfer", "CLinux"]),
        ("martlet-runtime", ["Containers", "CLinux", "Linux"]),
        ("Containers", ["Linux", "CLaunch", "CSeccomp"]),
        ("Volumes", ["Keys", "Linux", "Objects", "Transfer", "CCrypto", "CZstd"]),
        ("Logs", ["Linux", "Patterns"]),
        ("Probes", ["Linux"]),
    ])
    func `what must stay light depends on nothing else`(_ target: String, _ others: [String]) throws {
        let found = try #require(try Self.arrows()[target])
        #expect(found == Set(others))
    }

    @Test func `no file of the pure part imports what does I/O`() throws {
        for folder in ["Sources/Calendar", "Sources/Patterns", "Sources/Desired", "Sources/Plan"] {
            let files = try #require(FileManager.default.enumerator(atPath: folder))
            for case let file as String in files where file.hasSuffix(".swift") {
                let text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
                let imports = text.matches(of: /(?m)^(?:public |internal )?import (\w+)/).map { String($0.1) }
                let allowed: Set = [
                    "Calendar", "Patterns", "CCrypto", "Desired", "CYaml", "FoundationEssentials",
                    "Synchronization",
                ]
                #expect(allowed.isSuperset(of: imports), "\(folder)/\(file): \(imports)")
            }
        }
    }
}
