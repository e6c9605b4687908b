// SPDX-License-Identifier: Apache-2.0

/// Collects the problems of the files of a project, so that the user sees all of them at once.
final class Findings {
    /// The files by their index in a `Position`, as the user would call them.
    private(set) var files: [String]
    private(set) var problems: [Report.Problem] = []
    /// What is worth a look, but no reason to refuse the project.
    private(set) var warnings: [Report.Problem] = []
    private var unset: Set<String> = []
    /// Where problems are, and all that is around them.
    private var places: Set<String> = []
    private(set) var shortLeft = Findings.maximumShort

    /// A few bytes become a mapping of several values each time.
    static let maximumShort = 16_384
    private var isMild = false

    /// Whether a part of the project is missing, so that what others say of it is no news.
    private(set) var isBroken = false

    /// The services that are jobs.
    var jobs: Set<String> = []

    /// More than this many help nobody, and would let a small file fill the memory.
    private let limit = 200

    convenience init(file: String) {
        self.init(files: [file])
    }

    init(files: [String]) {
        self.files = files
    }

    /// Enters a file in the table; one of the same name keeps its index.
    func index(of file: String) -> Int {
        if let index = files.firstIndex(of: file) { return index }
        files.append(file)
        return files.count - 1
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
        isBroken = isBroken || !isMild
        guard problems.count < limit else { return }
        let problem = problem(what, remedy(), position, path)
        // A file that is read twice has its problems once.
        if problems.contains(problem) { return }
        problems.append(problem)
        for place in path.wayUp { places.insert(place.description) }
    }

    /// Does work whose problems leave the project whole: the rest of it can be checked as well.
    func mildly<Result, Failure: Error>(_ work: () throws(Failure) -> Result) throws(Failure) -> Result {
        let outer = isMild
        isMild = true
        defer { isMild = outer }
        return try work()
    }

    /// Warns of a variable that is not set, once.
    func warn(unset variable: String, at position: Position, _ path: Path) {
        guard unset.count < limit, unset.insert(variable).inserted else { return }
        warnings.append(
            problem(
                "variable \(Characters.quoted(variable)) is not set: it becomes empty",
                "set it, or write a default: ${\(variable):-}",
                position,
                path
            )
        )
    }

    /// Takes from the number of values that may be written out from short forms; false once it is used up.
    func spend(short count: Int) -> Bool {
        shortLeft -= min(count, shortLeft + 1)
        // What is only partly written out is not looked at further.
        isBroken = isBroken || shortLeft < 0
        return shortLeft >= 0
    }

    /// Whether a problem has been found at a place or below it, so that what is missing there is no news.
    func hasProblem(within path: Path) -> Bool {
        places.contains(path.description)
    }

    /// Throws what has been found, if anything has, in the order of the file.
    func check() throws(Report) {
        guard problems.isEmpty else { throw Report(problems, files: files) }
    }

    /// The name of the file of a position.
    func file(_ position: Position) -> String {
        files.indices.contains(position.file) ? files[position.file] : ""
    }

    private func problem(
        _ what: String,
        _ remedy: String,
        _ position: Position,
        _ path: Path
    ) -> Report.Problem {
        .init(
            file: file(position),
            line: position.line,
            column: position.column,
            path: JobSet.spelled(path, jobs),
            what: what,
            remedy: remedy
        )
    }
}
