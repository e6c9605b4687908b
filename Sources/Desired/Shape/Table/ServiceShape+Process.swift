// SPDX-License-Identifier: Apache-2.0

extension Keys {
    /// What runs, and as whom.
    static let process: Keys = [
        "command": .command.telling,
        "entrypoint": .command.telling,
        "environment": .variables,
        "env_file": .oneOrMany(.envFile),
        "working_dir": .string,
        "user": .string,
        "group_add": .set(.text),
        "hostname": .string,
        "domainname": .string,
        "init": .bool.telling,
        "tty": .bool,
        "stdin_open": .bool,
    ]

    /// "env_file", long syntax.
    static let envFile: Keys = [
        "path": .path,
        "required": .bool.telling,
        "format": .string,
    ]
}

extension Shape {
    /// A path alone is that of a file that must be there.
    static let envFile = keys(.envFile, required: ["path": "name the file"]).orString(for: "path")
        .then { tree, _, _ in tree.adding("required", .plain("true", at: tree.position)) }
}
