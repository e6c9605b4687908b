// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// What an agent is told about where it comes from, by the installed program that goes on as it.
public struct Lineage: Equatable, Sendable {
    private static let programVariable = "MARTLET_INSTALLED"
    private static let markVariable = "MARTLET_INSTALLED_MARK"
    private static let releaseVariable = "MARTLET_RELEASE"

    /// The installed `martlet`, which decides again what is gone on as when it is executed.
    public let program: String
    /// What names the installed programs, see `InstalledPrograms`.
    public let mark: String
    /// The digest of our release; nil for what is installed.
    public let release: String?
    /// Whether we are on trial.
    public let isTrial: Bool

    init(program: String, mark: String, release: String? = nil, isTrial: Bool = false) {
        self.program = program
        self.mark = mark
        self.release = release
        self.isTrial = isTrial
    }

    /// What we were told, which is then no longer in the environment; nil if somebody else has started us.
    ///
    /// To be called before there is a second thread that looks at the environment.
    public static func take() -> Lineage? {
        let program = take(programVariable), mark = take(markVariable)
        let words = take(releaseVariable)?.split(separator: " ") ?? []
        guard let program, let mark else { return nil }
        return Lineage(
            program: program,
            mark: mark,
            release: words.first.map(String.init),
            isTrial: words.dropFirst().first == "trial"
        )
    }

    /// Tells it the program that this one goes on as.
    func give() {
        setenv(Self.programVariable, program, 1)
        setenv(Self.markVariable, mark, 1)
        guard let release else {
            unsetenv(Self.releaseVariable)
            return
        }
        setenv(Self.releaseVariable, isTrial ? "\(release) trial" : release, 1)
    }

    private static func take(_ name: String) -> String? {
        defer { unsetenv(name) }
        return getenv(name).map { String(cString: $0) }
    }
}
