// SPDX-License-Identifier: Apache-2.0
internal import ArgumentParser
internal import Command
internal import Control
internal import ControlAPI
internal import Desired

/// The verb `martlet token`.
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: NodeVerb.token.abstract,
        discussion:
            "They are in the file that api.tokens in node.yaml names; an agent reads it again by itself.",
        subcommands: [TokenNew.self, TokenList.self, TokenRevoke.self]
    )
}

/// `martlet token new`.
struct TokenNew: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Make a token, and print it this once."
    )

    @OptionGroup var place: TokenPlace
    @Option(help: "read, deploy or admin.") var role: String
    @Option(help: "How long it holds: 12h, 90d or 1w; never if left out.") var expires: Lifetime?
    @Argument(help: "Who will have it.") var name: String

    func run() throws {
        guard let role = APISettings.Role(rawValue: role) else {
            throw ValidationError("--role: '\(role)' is none of read, deploy, admin")
        }
        let end = expires.map { TokenFile.time(after: $0.seconds) }
        let token = try place.change { file throws(TokenFile.Fault) in
            try file.add(name, role: role, expires: end)
        }
        Terminal.print(token)
        // Nobody has it: its name is free for the next try.
        if Terminal.isCut { _ = try place.change { $0.remove(name) } }
    }
}

/// `martlet token ls`.
struct TokenList: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "ls", abstract: "List the tokens.")

    @OptionGroup var place: TokenPlace

    func run() throws {
        var table = Table("NAME", "ROLE", "EXPIRES")
        for token in try place.read().tokens {
            let isOver = token.expires.map { $0 <= TokenFile.time() } ?? false
            table.add(
                Table.Cell(token.name),
                Table.Cell(token.role.rawValue),
                Table.Cell((token.expires ?? "never") + (isOver ? " (over)" : ""), colour: isOver ? 31 : nil)
            )
        }
        table.lines.forEach(Terminal.print)
    }
}

/// `martlet token revoke`.
struct TokenRevoke: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "Take a token back: no agent of this file takes it any more."
    )

    @OptionGroup var place: TokenPlace
    @Argument(help: "Who had it.") var name: String

    func run() throws {
        let wasThere = try place.change { $0.remove(name) }
        guard wasThere else {
            throw ControlError(.absent, name, "there is no such token", "see `martlet token ls`")
        }
    }
}

/// A time from now on: `12h`, `90d`, `1w`.
struct Lifetime: ExpressibleByArgument {
    let seconds: Int64

    init?(argument: String) {
        let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800]
        guard let last = argument.last, let unit = units[last], let number = Int64(argument.dropLast()),
            (1...10_000_000).contains(number), number * unit <= 315_360_000
        else { return nil }
        seconds = number * unit
    }
}
