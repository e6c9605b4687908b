// SPDX-License-Identifier: Apache-2.0

/// The descriptors that the process is started with, by their numbers.
struct LazyArguments {
    /// What is wrong with the command line.
    struct Flaw: Error, CustomStringConvertible {
        let description: String
    }

    private static let usage = "usage: martlet-lazy --settings FD --device FD --ready FD [NAME]"

    let settings: Int32
    let device: Int32
    let ready: Int32

    init(_ arguments: [String]) throws(Flaw) {
        var numbers: [String: Int32] = [:]
        var rest = arguments[...]
        while let word = rest.first, word.hasPrefix("--") {
            guard ["--settings", "--device", "--ready"].contains(word), let text = rest.dropFirst().first,
                let number = Int32(text), number > 2, !numbers.values.contains(number),
                numbers.updateValue(number, forKey: word) == nil
            else { throw Flaw(description: Self.usage) }
            rest = rest.dropFirst(2)
        }
        guard rest.count <= 1, let settings = numbers["--settings"], let device = numbers["--device"],
            let ready = numbers["--ready"]
        else { throw Flaw(description: Self.usage) }
        (self.settings, self.device, self.ready) = (settings, device, ready)
    }
}
