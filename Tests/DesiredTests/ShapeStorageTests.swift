internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Desired

/// Each row is what `docker-compose config` 2.40.3 makes of it too.
@Suite struct ShapeStorageTests {
    @Test(arguments: [
        (
            "volumes: [/data]",
            #"{"volumes":[{"target":"/data","type":"volume","volume":{}}]}"#
        ),
        (
            "volumes: [./a:/b]",
            #"{"volumes":[{"bind":{"create_host_path":true},"source":"/srv/apps/a","target":"/b","type":"bind"}]}"#
        ),
        (
            "volumes: [./a:/b:rprivate]",
            #"{"volumes":[{"bind":{"create_host_path":true,"propagation":"rprivate"},"source":"/srv/apps/a","target":"/b","type":"bind"}]}"#
        ),
        (
            "volumes: [/a/../c/:/b/]",
            #"{"volumes":[{"bind":{"create_host_path":true},"source":"/a/../c/","target":"/b","type":"bind"}]}"#
        ),
        (
            "volumes: [{type: bind, source: ./a, target: /b}]",
            #"{"volumes":[{"source":"/srv/apps/a","target":"/b","type":"bind"}]}"#
        ),
        (
            "volumes: [{type: bind, source: a, target: /b}]",
            #"{"volumes":[{"source":"/srv/apps/a","target":"/b","type":"bind"}]}"#
        ),
        (
            "volumes: [{type: bind, source: a, target: /b, bind: {}}]",
            #"{"volumes":[{"bind":{},"source":"/srv/apps/a","target":"/b","type":"bind"}]}"#
        ),
        (
            "volumes: [{type: tmpfs, target: /b, tmpfs: {size: 10485760, mode: 0o1777}}]",
            #"{"volumes":[{"target":"/b","tmpfs":{"mode":1023,"size":"10485760"},"type":"tmpfs"}]}"#
        ),
        (
            "volumes: [{type: tmpfs, target: /b, tmpfs: {size: 10485760, mode: 01777}}]",
            #"{"volumes":[{"target":"/b","tmpfs":{"mode":1023,"size":"10485760"},"type":"tmpfs"}]}"#
        ),
        (
            "volumes: [{type: volume, target: /b, volume: {nocopy: true, subpath: x, labels: {a: b}}}]",
            #"{"volumes":[{"target":"/b","type":"volume","volume":{"labels":{"a":"b"},"nocopy":true,"subpath":"x"}}]}"#
        ),
        (
            "volumes: [{type: volume, target: /b, volume: {}}]",
            #"{"volumes":[{"target":"/b","type":"volume","volume":{}}]}"#
        ),
        (
            "volumes: [{type: image, source: alpine, target: /b, image: {subpath: x}, read_only: true, consistency: cached}]",
            #"{"volumes":[{"consistency":"cached","image":{"subpath":"x"},"read_only":true,"source":"alpine","target":"/b","type":"image"}]}"#
        ),
        (
            "volumes: [{type: cluster, source: alpine, target: /b}]",
            #"{"volumes":[{"source":"alpine","target":"/b","type":"cluster"}]}"#
        ),
        (
            "volumes: [{type: npipe, source: alpine, target: /b}]",
            #"{"volumes":[{"source":"alpine","target":"/b","type":"npipe"}]}"#
        ),
        (
            "shm_size: 64m",
            #"{"shm_size":"67108864"}"#
        ),
        (
            "shm_size: 1.5m",
            #"{"shm_size":"1572864"}"#
        ),
        (
            "tmpfs: /run",
            #"{"tmpfs":["/run"]}"#
        ),
        (
            #"tmpfs: [/run, "/tmp:size=10m"]"#,
            #"{"tmpfs":["/run","/tmp:size=10m"]}"#
        ),
        (
            "storage_opt: {size: 1G, a: 1}",
            #"{"storage_opt":{"a":"1","size":"1G"}}"#
        ),
        (
            "volumes_from: [container:x:ro]",
            #"{"volumes_from":["container:x:ro"]}"#
        ),
        (
            "volumes: [{type: tmpfs, target: /c, tmpfs: {size: 0, mode: 0}}]",
            #"{"volumes":[{"target":"/c","tmpfs":{},"type":"tmpfs"}]}"#
        ),
        (
            "volumes: [{type: bind, source: ~/a, target: /b, bind: {create_host_path: true}}]",
            #"{"volumes":[{"bind":{"create_host_path":true},"source":"/root/a","target":"/b","type":"bind"}]}"#
        ),
        (
            "volumes: [{type: image, source: ./alpine, target: /b}]",
            #"{"volumes":[{"source":"./alpine","target":"/b","type":"image"}]}"#
        ),
        (
            "tmpfs: []",
            "{}"
        ),
        (
            #"tmpfs: ["/run:rw,noexec"]"#,
            #"{"tmpfs":["/run:rw,noexec"]}"#
        ),
        (
            "shm_size: '2gb'",
            #"{"shm_size":"2147483648"}"#
        ),
        (
            #"volumes: ["./a b:/x"]"#,
            #"{"volumes":[{"bind":{"create_host_path":true},"source":"/srv/apps/a b","target":"/x","type":"bind"}]}"#
        ),
        (
            #"volumes: ["./:/x"]"#,
            #"{"volumes":[{"bind":{"create_host_path":true},"source":"/srv/apps","target":"/x","type":"bind"}]}"#
        ),
        (
            #"volumes: [".:/x:cached"]"#,
            #"{"volumes":[{"bind":{"create_host_path":true},"source":"/srv/apps","target":"/x","type":"bind"}]}"#
        ),
        (
            #"volumes: [".:/x:delegated"]"#,
            #"{"volumes":[{"bind":{"create_host_path":true},"source":"/srv/apps","target":"/x","type":"bind"}]}"#
        ),
        (
            #"volumes: [".:/x:ro,cached"]"#,
            #"{"volumes":[{"bind":{"create_host_path":true},"read_only":true,"source":"/srv/apps","target":"/x","type":"bind"}]}"#
        ),
        (
            #"volumes: ["/var/run/docker.sock:/var/run/docker.sock:rw"]"#,
            #"{"volumes":[{"bind":{"create_host_path":true},"source":"/var/run/docker.sock","target":"/var/run/docker.sock","type":"bind"}]}"#
        ),
        (
            #"volumes: ["/etc/localtime:/etc/localtime:ro", "~/x:/y"]"#,
            #"{"volumes":[{"bind":{"create_host_path":true},"read_only":true,"source":"/etc/localtime","target":"/etc/localtime","type":"bind"},{"bind":{"create_host_path":true},"source":"/root/x","target":"/y","type":"bind"}]}"#
        ),
        (
            "volumes: [{type: bind, source: /a, target: /b, read_only: true, bind: {propagation: rslave}}]",
            #"{"volumes":[{"bind":{"propagation":"rslave"},"read_only":true,"source":"/a","target":"/b","type":"bind"}]}"#
        ),
    ])
    func `mounts and files have one long form`(_ lines: String, _ long: String) {
        #expect(Sample.long(lines) == long)
    }
}
