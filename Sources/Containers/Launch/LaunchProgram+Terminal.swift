// SPDX-License-Identifier: Apache-2.0
internal import CLaunch

extension LaunchProgram {
    /// A terminal of the container's own devpts, also at `/dev/console`.
    mutating func addTerminal(
        _ spec: ContainerSpec,
        _ outside: Outside,
        terminals: Slot?,
        root: Slot
    ) -> Slot? {
        guard let terminal = spec.process.terminal, let console = outside.console else { return nil }
        let owner = UInt64(spec.process.uid)
        let slave: Slot
        if let terminals {
            slave = addConsole(from: terminals, "ptmx", terminal, owner: owner, console)
        } else {
            slave = addConsole(from: root, "dev/pts/ptmx", terminal, owner: owner, console)
        }
        let tree = fill(MARTLET_OP_TREE, from: slave, text: .string(""), x: Tree.clone | Tree.emptyPath)
        attach(tree, root, "dev/console", isFile: true)
        return slave
    }

    mutating func addConsole(
        from devpts: Slot,
        _ path: String,
        _ terminal: ProcessSpec.Terminal,
        owner: UInt64,
        _ console: Slot
    ) -> Slot {
        let slave = slot()
        let size = terminal.size.map { UInt64($0.rows) << 16 | UInt64($0.columns) } ?? 0
        add(
            MARTLET_OP_CONSOLE,
            a: devpts,
            b: slave,
            c: console.number,
            text: .string(path),
            x: size,
            y: owner
        )
        return slave
    }
}
