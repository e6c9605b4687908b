// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command
internal import Images

extension ImageCommand {
    /// `martlet image prune`.
    struct Prune: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove content that no name and no generation of an app needs.",
            discussion: "Unfinished downloads and what a scrub has set aside go too."
        )
        @OptionGroup var options: FolderOptions
        @Flag(help: "Also images that have a name, but that no generation of an app needs.") var all = false
        @Option(help: ArgumentHelp("With --all: how long ago it was used last.", valueName: "age"))
        var olderThan = Age(seconds: 0)

        func validate() throws {
            guard all || olderThan.seconds == 0 else {
                throw ValidationError("--older-than is about images with a name: add --all")
            }
        }

        func run() throws {
            let report = try options.imageStore().prune(unused: all ? .seconds(olderThan.seconds) : nil)
            for name in report.names { Terminal.print("\(name) removed") }
            let size = Spelling.size(UInt64(max(0, report.bytes)))
            Terminal.print("\(report.blobs) blobs (\(size)) and \(report.layers) layers removed")
        }
    }

    /// A time as `30s`, `5m`, `24h` or `7d`.
    struct Age: ExpressibleByArgument {
        let seconds: Int64

        init(seconds: Int64) { self.seconds = seconds }

        init?(argument: String) {
            let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
            guard let unit = argument.last.flatMap({ units[$0] }), let count = Int64(argument.dropLast()),
                (0...1_000_000).contains(count)
            else { return nil }
            seconds = count * unit
        }

        var defaultValueDescription: String { "\(seconds)s" }
    }
}
