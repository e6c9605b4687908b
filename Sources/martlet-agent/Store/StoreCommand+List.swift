// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command
internal import Desired
internal import Glibc
internal import Objects

extension StoreCommand {
    /// `martlet store ls`.
    struct List: AsyncParsableCommand, ReportingVerb {
        static let configuration = CommandConfiguration(
            commandName: "ls",
            abstract: "List the objects of a store, or the stores.",
            discussion: "Objects come in the order of their keys' bytes."
        )

        private struct Line: Encodable {
            let key: String
            let size: Int64
            let modified: Int64
            let tag: String
        }
        private struct Named: Encodable {
            let name: String
            let kind: String
            let place: String
        }

        @OptionGroup var file: NodeFile
        @Flag(help: "One JSON object a line.") var json = false
        @Argument(help: "The name of a store; all stores are listed without it.") var store: String?
        @Argument(help: "What keys begin with.") var prefix = ""

        func run() async throws {
            guard let store else { return try listStores() }
            var place = Place()
            (place.file, place.store) = (file, store)
            let objects = try place.open(), prefix = prefix, json = json
            try await untilInterrupted { scope in
                var after: ObjectKey?
                if !json { Terminal.print("      SIZE   AGE  KEY") }
                repeat {
                    let page = try objects.list(prefix, after: after, limit: 1_000, in: scope)
                    for entry in page.entries { show(entry, json) }
                    after = page.next
                } while after != nil && !Terminal.isCut
            }
        }

        private func show(_ entry: ObjectPage.Entry, _ json: Bool) {
            let status = entry.status
            if json {
                Terminal.printJSON(
                    Line(
                        key: entry.key.text,
                        size: status.size,
                        modified: status.modified,
                        tag: status.tag.text
                    )
                )
                return
            }
            let age = status.modified > 0 ? Spelling.age(seconds: Int64(time(nil)) - status.modified) : "-"
            let size = Spelling.size(UInt64(max(0, status.size)))
            func right(_ text: String, _ width: Int) -> String {
                String(repeating: " ", count: max(0, width - text.count)) + text
            }
            Terminal.print("\(right(size, 10)) \(right(age, 5))  \(Terminal.visible(entry.key.text))")
        }

        private func listStores() throws {
            func named(_ name: String, _ store: StoreSettings) -> Named {
                switch store {
                case .directory(let path): return Named(name: name, kind: "dir", place: path)
                case .s3(let s3):
                    return Named(name: name, kind: "s3", place: "\(s3.endpoint)/\(s3.bucket)/\(s3.prefix)")
                case .swift(let swift):
                    let place = "\(swift.login) \(swift.container)/\(swift.prefix)"
                    return Named(name: name, kind: "swift", place: place)
                case .sealed(let store, _):
                    let store = named(name, store)
                    return Named(name: name, kind: "\(store.kind), encrypted", place: store.place)
                }
            }
            let stores = try file.settings().stores.sorted { $0.key < $1.key }.map(named)
            if json { return stores.forEach { Terminal.printJSON($0) } }
            var table = Table("STORE", "KIND", "PLACE")
            for store in stores {
                table.add(Table.Cell(store.name), Table.Cell(store.kind), Table.Cell(store.place))
            }
            table.print()
        }
    }
}
