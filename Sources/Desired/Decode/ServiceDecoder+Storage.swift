// SPDX-License-Identifier: Apache-2.0

extension ServiceDecoder {
    /// What is mounted.
    func storage(_ fields: Fields, into service: inout Service) {
        var mounts: [(Mount, Field)] = []
        for field in fields["volumes"]?.items() ?? [] {
            if let mount = field.isMapping ? longMount(field) : shortMount(field) {
                mounts.append((mount, field))
            }
        }
        for field in fields["tmpfs"]?.itemsOrOne() ?? [] {
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

    /// `SOURCE:TARGET[:ro|rw]`.
    private func shortMount(_ field: Field) -> Mount? {
        guard let text = field.string() else { return nil }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard parts.count > 1 else {
            field.refuse(
                "an anonymous volume is not supported yet",
                "name it: NAME:\(text.hasPrefix("/") ? "TARGET" : "/TARGET")"
            )
            return nil
        }
        guard parts.count <= 3, let target = FilePlace.absolute(parts[1]) else {
            field.refuse(
                "\(Characters.quoted(text)) is not a mount",
                "write SOURCE:TARGET[:ro] with an absolute target"
            )
            return nil
        }
        guard let source = source(parts[0], field) else { return nil }
        var mount = Mount(target: target, source: source)
        for option in parts.count == 3 ? parts[2].split(separator: ",", omittingEmptySubsequences: false) : []
        {
            switch option {
            case "ro": mount.isReadOnly = true
            case "rw": mount.isReadOnly = false
            default:
                field.refuse("option \(Characters.quoted(option)) is not supported yet", "use 'ro' or 'rw'")
            }
        }
        return mount
    }

    /// A path of the host if it looks like one, otherwise a volume.
    private func source(_ text: String, _ field: Field) -> Mount.Source? {
        if text.hasPrefix("~") {
            field.refuse("'~' is not supported yet", "write the absolute path")
            return nil
        }
        if text.hasPrefix("/") || text.hasPrefix(".") {
            return bind(text, field).map { .bind($0, createsHostPath: true) }
        }
        guard Names.resource(text) != nil else {
            field.refuse(
                "\(Characters.quoted(text)) is not the name of a volume",
                "begin a path with '/' or './'"
            )
            return nil
        }
        return .volume(text)
    }

    private func bind(_ text: String, _ field: Field) -> String? {
        guard let path = FilePlace.resolve(text, in: directory) else {
            field.refuse("\(Characters.quoted(text)) is not a path")
            return nil
        }
        return path
    }

    private func longMount(_ field: Field) -> Mount? {
        guard let fields = Fields(field, .mount),
            let type = fields.required("type", "use volume, bind or tmpfs"),
            let kind = type.string(),
            let target = fields.required("target", "add the path inside the container")?.absolutePath()
        else { return nil }
        for key in ["bind", "tmpfs"] where key != kind {
            fields[key]?.refuse("does not go with type \(kind)", "remove it")
        }
        let isReadOnly = fields["read_only"]?.bool() ?? false
        switch kind {
        case "volume":
            guard let source = fields["source"] else {
                field.refuse("an anonymous volume is not supported yet", "add 'source'")
                return nil
            }
            guard let name = source.parsed("the name of a volume", Names.resource) else { return nil }
            return Mount(target: target, source: .volume(name), isReadOnly: isReadOnly)
        case "bind":
            guard let source = fields.required("source", "add the path on the host"),
                let text = source.string(),
                let path = bind(text, source)
            else { return nil }
            var creates = true
            if let options = fields["bind"], let options = Fields(options, .bind) {
                creates = options["create_host_path"]?.bool() ?? true
            }
            return Mount(
                target: target,
                source: .bind(path, createsHostPath: creates),
                isReadOnly: isReadOnly
            )
        case "tmpfs":
            fields["source"]?.refuse("does not go with type tmpfs", "remove it")
            var tmpfs = TmpfsOptions()
            if let options = fields["tmpfs"], let options = Fields(options, .tmpfs) {
                tmpfs.size = options["size"]?.bytes()
                tmpfs.mode = options["mode"]?.parsed(
                    "a mode",
                    "write it in octal, for example 1777",
                    ServiceDecoder.mode
                )
            }
            return Mount(target: target, source: .tmpfs(tmpfs), isReadOnly: isReadOnly)
        case "image", "npipe", "cluster":
            type.refuse("\(Characters.quoted(kind)) is not supported yet", "use volume, bind or tmpfs")
        default: type.refuse("\(Characters.quoted(kind)) is not a type of mount", "use volume, bind or tmpfs")
        }
        return nil
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
                options.mode = ServiceDecoder.mode(value)
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

    /// Permission bits in octal.
    private static func mode(_ text: String) -> UInt16? {
        guard (1...6).contains(text.utf8.count), text.utf8.allSatisfy(Characters.isDigit),
            let mode = UInt16(text, radix: 8),
            mode <= 0o7777
        else { return nil }
        return mode
    }
}
