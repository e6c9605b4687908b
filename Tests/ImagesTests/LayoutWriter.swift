// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

@testable internal import Images

/// Writes image layouts, honest ones and lying ones.
struct LayoutWriter {
    let path: String
    private(set) var manifests: [String] = []

    init(_ path: String) throws {
        self.path = path
        try Workshop.run("mkdir -p \(path)/blobs/sha256")
        try put(#"{"imageLayoutVersion":"1.0.0"}"#, at: "oci-layout")
    }

    func put(_ text: String, at name: String) throws { try put(Array(text.utf8), at: name) }
    func put(_ bytes: [UInt8], at name: String) throws {
        try Descriptor.open(path + "/" + name, O_CREAT | O_TRUNC | O_WRONLY, mode: 0o644).write(bytes)
    }

    func blob(_ bytes: [UInt8]) throws -> Digest {
        let digest = Digest(of: bytes)
        try put(bytes, at: "blobs/sha256/" + digest.hex)
        return digest
    }

    static func pointer(_ type: String, _ digest: String, _ size: Int, _ more: String = "") -> String {
        #"{"mediaType":"\#(type)","digest":"\#(digest)","size":\#(size)\#(more)}"#
    }

    static func config(_ diffIDs: [Digest], architecture: String = Platform.running.architecture) -> String {
        let ids = diffIDs.map { "\"\($0)\"" }.joined(separator: ",")
        return
            #"{"os":"linux","architecture":"\#(architecture)","created":"2020-01-01T00:00:00Z","config":{"User":"app","Env":["A=1"],"Entrypoint":["/tool"],"Cmd":null,"ExposedPorts":{"80/tcp":{}},"Volumes":{"/data":{}},"WorkingDir":"/w","Labels":{"l":"v"},"StopSignal":"SIGINT","Healthcheck":{"Test":["CMD","/check"],"Interval":5000000000,"Retries":3}},"rootfs":{"type":"layers","diff_ids":[\#(ids)]},"history":[]}"#
    }

    /// Adds an image of some plain layers; `spoil` may change the manifest's text.
    @discardableResult
    mutating func add(
        _ layers: [[UInt8]],
        diffIDs: [Digest]? = nil,
        name: String? = "example.test/app:1",
        architecture: String = Platform.running.architecture,
        platform: String? = nil,
        compress: ([UInt8]) throws -> (bytes: [UInt8], suffix: String) = { ($0, "") },
        spoil: (String) -> String = { $0 }
    ) throws -> Digest {
        let config = Array(
            Self.config(diffIDs ?? layers.map { Digest(of: $0) }, architecture: architecture).utf8
        )
        var pointers: [String] = []
        for layer in layers {
            let (bytes, suffix) = try compress(layer)
            pointers.append(
                Self.pointer(MediaType.ociLayer + suffix, try blob(bytes).description, bytes.count)
            )
        }
        let manifest = spoil(
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociManifest)","config":\#(Self.pointer(MediaType.ociConfig, try blob(config).description, config.count)),"layers":[\#(pointers.joined(separator: ","))]}"#
        )
        let digest = try blob(Array(manifest.utf8))
        var more = name.map { #","annotations":{"io.containerd.image.name":"\#($0)"}"# } ?? ""
        if let platform { more += #","platform":{"os":"linux","architecture":"\#(platform)"}"# }
        manifests.append(Self.pointer(MediaType.ociManifest, digest.description, manifest.utf8.count, more))
        return digest
    }

    /// Points `index.json` at a document that is no image of ours.
    mutating func add(_ bytes: [UInt8], type: String, annotations: [String: String]) throws {
        let notes = annotations.map { "\"\($0)\":\"\($1)\"" }.sorted().joined(separator: ",")
        manifests.append(
            Self.pointer(
                type,
                try blob(bytes).description,
                bytes.count,
                notes.isEmpty ? "" : ",\"annotations\":{\(notes)}"
            )
        )
    }

    /// Takes an image out of `index.json` and puts an index of it and of one for another machine in its place.
    mutating func wrap(_ place: Int, name: String) throws -> [UInt8] {
        let own = manifests[place].replacing(/,"annotations":.*/, with: "")
        let platform = #","platform":{"os":"linux","architecture":"\#(Platform.running.architecture)"}}"#
        let inner = own.hasSuffix("}") ? String(own.dropLast()) : own
        let index = Array(
            #"{"schemaVersion":2,"mediaType":"\#(MediaType.ociIndex)","manifests":[\#(inner)\#(platform)]}"#
                .utf8
        )
        manifests.remove(at: place)
        try add(index, type: MediaType.ociIndex, annotations: ["io.containerd.image.name": name])
        return index
    }

    /// Writes `index.json` with a name for its one image as other tools look for it.
    func finish(as name: String) throws {
        try finish {
            $0.replacing(
                #""annotations":{"#,
                with: #""annotations":{"org.opencontainers.image.ref.name":"\#(name)","#
            )
        }
    }

    /// Writes `index.json`; `spoil` may change its text.
    func finish(spoil: (String) -> String = { $0 }) throws {
        try put(
            spoil(#"{"schemaVersion":2,"manifests":[\#(manifests.joined(separator: ","))]}"#),
            at: "index.json"
        )
    }
}
