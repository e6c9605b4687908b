// SPDX-License-Identifier: Apache-2.0

extension ServiceDecoder {
    /// What is mounted.
    func storage(_ fields: Fields, into service: inout Service) {
        var mounts: [(Mount, Field)] = []
        for field in fields["volumes"]?.items() ?? [] {
            if let mount = mount(field) { mounts.append((mount, field)) }
        }
        for field in fields["tmpfs"]?.items() ?? [] {
            if let mount = tmpfs(field) { mounts.append((mount, field)) }
        }
        var seen: Set<String> = []
        for (mount, field) in mounts {
            if mount.target == "/" { field.refuse("a mount must not cover the root") }
            if !seen.insert(mount.target).inserted {
                field.refuse("\(mount.target) is mounted twice", "keep one of them")
            }
        }
        service.mounts = mounts.map(\.0)
        service.sharedMemorySize = fields["shm_size"]?.bytes()
    }

    private func mount(_ field: Field) -> Mount? {
        guard let fields = Fields(field, .mount), let type = fields["type"], let kind = type.string(),
            let target = fields["target"]?.absolutePath()
        else { return nil }
        guard let source = source(fields, kind, type) else { return nil }
        return Mount(target: target, source: source, isReadOnly: fields["read_only"]?.bool() ?? false)
    }

    private func source(_ fields: Fields, _ kind: String, _ type: Field) -> Mount.Source? {
        switch kind {
        case "volume":
            // Reports the options, which the short form has for a volume too.
            _ = fields["volume"].flatMap { Fields($0, .mountedVolume) }
            _ = fields["bind"].flatMap { Fields($0, .bind) }
            guard let source = fields["source"] else {
                fields.field.refuse("an anonymous volume is not supported yet", "name it: NAME:/TARGET")
                return nil
            }
            return source.parsed("the name of a volume", Names.resource).map { .volume($0) }
        case "bind":
            let options = fields["bind"].flatMap { Fields($0, .bind) }
            let creates = options?["create_host_path"]?.bool() ?? true
            // An absolute path may climb here, and is made plain.
            return fields["source"]?.parsed("a path") { FilePlace.resolve($0, in: "/") }
                .map { .bind($0, createsHostPath: creates) }
        case "tmpfs":
            fields["source"]?.refuse("does not go with type tmpfs", "remove it")
            let options = fields["tmpfs"].flatMap { Fields($0, .tmpfs) }
            return .tmpfs(
                TmpfsOptions(
                    size: options?["size"]?.bytes(),
                    mode: options?["mode"]?.integer(0...0o7777)
                )
            )
        default:
            type.refuse(
                "\(Characters.quoted(kind)) is not supported yet",
                "use volume, bind or tmpfs"
            )
            return nil
        }
    }

    /// `TARGET[:size=64m,mode=1777,uid=0,gid=0,ro]`.
    private func tmpfs(_ field: Field) -> Mount? {
        guard let text = field.string() else { return nil }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(
            String.init
        )
        guard let target = FilePlace.absolute(parts[0]) else {
            field.refuse("\(Characters.quoted(parts[0])) is not an absolute path")
            return nil
        }
        var options = TmpfsOptions()
        var isReadOnly = false
        for option in parts.count == 2 ? parts[1].split(separator: ",", omittingEmptySubsequences: false) : []
        {
            let cut = option.firstIndex(of: "=") ?? option.endIndex
            let value = String(option[cut...].dropFirst())
            var isFine = true
            switch option[..<cut] {
            case "size":
                options.size = ByteCount(value)
                isFine = options.size != nil
            case "mode":
                options.mode = Permissions.octal(value)
                isFine = options.mode != nil
            case "uid":
                options.user = UInt32(digits: value)
                isFine = options.user != nil && options.user != .max
            case "gid":
                options.group = UInt32(digits: value)
                isFine = options.group != nil && options.group != .max
            case "ro": isReadOnly = true
            // What holds anyway.
            case "rw", "noexec", "nosuid", "nodev": break
            default:
                field.refuse(
                    "option \(Characters.quoted(option)) is not supported yet",
                    "use size, mode, uid, gid or ro"
                )
            }
            if !isFine { field.refuse("\(Characters.quoted(value)) is not a value of \(option[..<cut])") }
        }
        return Mount(target: target, source: .tmpfs(options), isReadOnly: isReadOnly)
    }
}
