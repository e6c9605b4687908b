// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command
internal import Images

extension ImageCommand {
    /// `martlet image scrub`.
    struct Scrub: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Read all blobs and layers again, and set aside what is damaged."
        )
        @OptionGroup var options: FolderOptions

        func run() throws {
            let report = try options.imageStore().scrub()
            for damage in report.damages {
                let images = damage.images.isEmpty ? "no image" : damage.images.joined(separator: ", ")
                Terminal.complain(
                    "\(damage.kind) \(damage.digest) of \(images): \(damage.what): \(damage.remedy)"
                )
            }
            let size = Spelling.size(UInt64(max(0, report.bytes)))
            Terminal.print(
                "\(report.blobs) blobs (\(size)) and \(report.layers) layers read, \(report.damages.count) damaged"
            )
            if !report.damages.isEmpty { throw ExitCode.failure }
        }
    }
}
