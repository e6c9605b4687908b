// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command
internal import Objects

extension StoreCommand {
    /// `martlet store probe`.
    struct Probe: AsyncParsableCommand, ReportingVerb {
        static let configuration = CommandConfiguration(
            abstract: "Find out what a store does, with objects of our own.",
            discussion: """
                Nothing is believed of a store: about 55 requests below '.martlet-probe/' tell. Agents note there what \
                they saw, for a week; after this they find out anew.
                """
        )
        @OptionGroup var place: Place
        @Flag(help: "One JSON object.") var json = false

        private struct Report: Encodable {
            enum CodingKeys: String, CodingKey {
                case store
                case create = "atomic-create"
                case checksum
                case hash = "signed-hash"
                case order = "key-order"
            }
            let store: String
            let create: Bool
            let checksum: Bool
            let hash: Bool
            let crc32c: Bool
            let order: Bool
        }

        func run() async throws {
            let store = try place.open(isNoted: false)
            let seen = try await untilInterrupted { scope in
                let seen = try store.promises(in: scope)
                try store.delete(StorePromises.note(), in: scope)
                return seen
            }
            if json {
                return Terminal.printJSON(
                    Report(
                        store: place.store,
                        create: seen.hasAtomicCreate,
                        checksum: seen.checksBytes,
                        hash: seen.checksHash,
                        crc32c: seen.checksSum,
                        order: seen.listsByBytes
                    )
                )
            }
            var table = Table("PROMISE", "KEPT", "MEANS")
            for (name, isKept, meaning) in [
                (
                    "atomic-create", seen.hasAtomicCreate,
                    "of many who create an object at once, one alone does"
                ),
                ("checksum", seen.checksBytes, "bytes that are not those of their MD5 are refused"),
                ("signed-hash", seen.checksHash, "bytes that are not those of the signature are refused"),
                ("crc32c", seen.checksSum, "bytes that are not those of their CRC-32C are refused"),
                ("key-order", seen.listsByBytes, "keys are listed in the order of their bytes"),
            ] {
                let kept = Table.Cell(isKept ? "yes" : "no", colour: isKept ? nil : 33)
                table.add(Table.Cell(name), kept, Table.Cell(meaning))
            }
            table.print()
        }
    }
}
