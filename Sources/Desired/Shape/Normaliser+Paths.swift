// SPDX-License-Identifier: Apache-2.0

extension Normaliser {
    /// A path of the host made absolute as Compose does: `~` is the home directory, a relative path starts from
    /// the directory of the file, an absolute one stays as it is.
    func path(_ text: String, _ field: Field) -> String? {
        if text == "~" || text.hasPrefix("~/") {
            guard let home = environment["HOME"], home.hasPrefix("/") else {
                field.refuse("'~' needs the variable HOME, which is not set", "write the absolute path")
                return nil
            }
            return checked(FilePlace.resolve("." + text.dropFirst(), in: home), text, field)
        }
        if text.hasPrefix("~") {
            field.refuse("'~' is not supported with a user's name", "write the absolute path")
            return nil
        }
        let resolved = checked(FilePlace.resolve(text, in: directory), text, field)
        return text.hasPrefix("/") && resolved != nil ? text : resolved
    }

    private func checked(_ path: String?, _ text: String, _ field: Field) -> String? {
        if path == nil { field.refuse("\(Characters.quoted(text)) is not a path") }
        return path
    }

    /// Whether a build context is fetched from elsewhere, so that it is no path.
    static func isRemote(_ text: String) -> Bool {
        text.contains("://")
            || ["github.com/", "git@", "service:"].contains { text.hasPrefix($0) }
    }
}
