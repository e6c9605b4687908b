// SPDX-License-Identifier: Apache-2.0

extension Keys {
    /// The top level of a file (spec.md, "Compose file"; 04-version-and-name.md; 14-include.md).
    static let app: Keys = [
        "name": .string,
        "version": .string,
        "include": .list(.include),
        "services": .definitions(.keys(.service)),
        "networks": .definitions(.keys(.network).orNull),
        "volumes": .definitions(.keys(.volume).orNull),
        "configs": .definitions(.keys(.config)),
        "secrets": .definitions(.keys(.secret)),
        "models": .definitions(.keys(.model)),
        "x-martlet": .anything,
        "x-jobs": .anything,
    ]

    /// 14-include.md, "Long syntax"; the paths are made absolute when they are followed.
    static let include: Keys = [
        "path": .oneOrMany(.string),
        "project_directory": .string,
        "env_file": .oneOrMany(.string),
    ]

    /// 06-networks.md.
    static let network: Keys = [
        "name": .string,
        "driver": .string,
        "driver_opts": .named(.stringOrNumber),
        "attachable": .bool,
        "enable_ipv4": .bool.telling,
        "enable_ipv6": .bool.telling,
        "external": .external,
        "internal": .bool,
        "ipam": .keys(.ipam).telling,
        "labels": .pairs(),
    ]

    /// 06-networks.md, "ipam".
    static let ipam: Keys = [
        "driver": .string,
        "config": .list(.keys(.subnet)),
        "options": .named(.string),
    ]
    static let subnet: Keys = [
        "subnet": .string,
        "ip_range": .string,
        "gateway": .string,
        "aux_addresses": .named(.string),
    ]

    /// 07-volumes.md.
    static let volume: Keys = [
        "name": .string,
        "driver": .string,
        "driver_opts": .named(.stringOrNumber),
        "external": .external,
        "labels": .pairs(),
        "x-martlet": .anything,
    ]

    /// 08-configs.md.
    static let config: Keys = [
        "name": .string,
        "file": .path,
        "environment": .string,
        "content": .string,
        "external": .external,
        "labels": .pairs(),
        "template_driver": .string,
    ]

    /// 09-secrets.md; what drivers need is in the schema alone.
    static let secret: Keys = [
        "name": .string,
        "file": .path,
        "environment": .string,
        "external": .external,
        "labels": .pairs(),
        "driver": .string,
        "driver_opts": .named(.stringOrNumber),
        "template_driver": .string,
        "x-martlet": .anything,
    ]

    /// 02-model.md, "models".
    static let model: Keys = [
        "name": .string,
        "model": .string,
        "context_size": .integer(1...Int64(Int32.max)),
        "runtime_flags": .list(.string),
    ]
}

extension Shape {
    /// A path alone stands for the list of itself (14-include.md, "Short syntax").
    static let include = keys(.include, required: ["path": "name the file to include"]).orString(for: "path")

    /// True or false, or the old `{name: NAME}` (06-networks.md, "external").
    static let external = Shape { field, normaliser in
        guard field.isMapping else { return Shape.bool.long(field, normaliser) }
        return normaliser.entries(field, ["name": .string])
    }
}
