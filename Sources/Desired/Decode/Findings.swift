// SPDX-License-Identifier: Apache-2.0

/// Collects the problems of one file, so that the user sees all of them at once.
final class Findings {
    let file: String
    private(set) var problems: [Report.Problem] = []
    private var portsLeft = 65_536

    /// More than this many help nobody, and would let a small file fill the memory.
    private let limit = 200

    init(file: String) {
        self.file = file
    }

    /// Keeps a problem.
    ///
    /// The remedy is worked out only if there is room for it.
    func add(
        _ what: String,
        _ remedy: @autoclosure () -> String = "",
        at position: Position,
        _ path: Path = .root
    ) {
        guard problems.count < limit else { return }
        problems.append(
            .init(
                file: file,
                line: position.line,
                column: position.column,
                path: path.description,
                what: what,
                remedy: remedy()
            )
        )
    }

    /// Takes from the number of ports that an app may list; false once it is used up.
    func spend(ports count: Int) -> Bool {
        portsLeft -= count
        return portsLeft >= 0
    }

    /// Whether a problem has been found at a place or below it, so that what is missing there is no news.
    func hasProblem(within path: Path) -> Bool {
        let place = path.description
        return problems.contains {
            $0.path == place || $0.path.hasPrefix(place + ".") || $0.path.hasPrefix(place + "[")
        }
    }

    /// Throws what has been found, if anything has, in the order of the file.
    func check() throws(Report) {
        guard problems.isEmpty else {
            throw Report(problems.sorted { ($0.line, $0.column) < ($1.line, $1.column) })
        }
    }
}
