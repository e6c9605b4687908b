// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command
internal import Objects

extension StoreCommand {
    /// `martlet store rm`.
    struct Remove: AsyncParsableCommand, ReportingVerb {
        static let configuration = CommandConfiguration(
            commandName: "rm",
            abstract: "Take objects out of a store.",
            discussion: "One that is not there is no error: some stores do not tell."
        )
        @OptionGroup var place: Place
        @Flag(help: "One JSON object.") var json = false
        @Flag(name: [.short, .long], help: "All whose keys begin with these.") var recursive = false
        @Argument(help: "The keys.") var keys: [String]

        private struct Report: Encodable { let objects: Int }

        func run() async throws {
            let store = try place.open(), names = keys, recursive = recursive
            let count = try await untilInterrupted { scope in
                var found = recursive ? [] : try names.map { try ObjectKey($0) }
                for prefix in names where recursive {
                    var after: ObjectKey?
                    repeat {
                        let page = try store.list(prefix, after: after, limit: 1_000, in: scope)
                        found += page.entries.map(\.key)
                        after = page.next
                    } while after != nil
                }
                try store.delete(found, in: scope)
                return found.count
            }
            if json { return Terminal.printJSON(Report(objects: count)) }
            Terminal.print("\(count) removed")
        }
    }
}
