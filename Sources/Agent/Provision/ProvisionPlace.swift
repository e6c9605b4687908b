// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Keys
internal import Linux
internal import Transfer

/// Where the text is that a node is given at its first boot.
public struct ProvisionPlace: Sendable, Equatable, CustomStringConvertible {
    enum Kind: Equatable {
        case url(String)
        case file(String)
        /// The device of a file system with `provision.yaml` at its top.
        case drive(String)
    }

    private static let word = "martlet.provision"
    /// A credential of systemd, for example from the firmware of a virtual machine (systemd.exec(5)).
    private static let credential = "martlet.provision"
    /// The label of a file system.
    private static let label = "MARTLET"
    private static let maximumBytes = 4 << 20
    private static let longestPause = Duration.seconds(10)

    let kind: Kind
    /// The SHA-256 that it must have, in hexadecimal digits.
    let digest: String?

    /// As the user named it.
    public var description: String {
        switch kind {
        case .url(let text), .file(let text): text
        case .drive(let device): "\(device): provision.yaml"
        }
    }

    /// Reads what this machine's kernel was started with.
    ///
    /// - Parameters:
    ///   - path: The kernel's own word.
    ///   - container: A file that systemd makes where it is the first process of one.
    /// - Returns: Its words; none in a container, where they are the host's and not for us.
    /// - Throws: Why it cannot be read.
    public static func commandLine(
        _ path: String,
        container: String = "/run/systemd/container"
    ) throws -> String {
        guard try !Folders.exists(container) else { return "" }
        return String(decoding: try Descriptor.open(path, O_RDONLY).readAll(limit: 65_536), as: UTF8.self)
    }

    /// Looks for it: the kernel's command line (`martlet.provision=URL` or `=PATH`, with `martlet.provision.sha256=`), then
    /// a credential `martlet.provision`, then a file system with the label `MARTLET`.
    ///
    /// The first two are from whoever decides what is started. A drive may be anybody's: a node with apps takes none, unless
    /// the command line has the SHA-256 of what is on it.
    ///
    /// - Parameters:
    ///   - commandLine: What the kernel was started with.
    ///   - credentials: The folder of the unit's credentials, if it has one.
    ///   - labels: The folder that has file systems by their labels.
    ///   - hasApps: Whether the node has something to do already.
    ///   - tell: Hears of a drive that is not taken.
    /// - Returns: The first there is; nil where there is none.
    /// - Throws: What is wrong with the words of the command line.
    public static func find(
        commandLine: String,
        credentials: String?,
        labels: String = "/dev/disk/by-label",
        hasApps: Bool = false,
        tell: (String) -> Void = { _ in }
    ) throws -> ProvisionPlace? {
        func value(_ name: String) -> String? {
            let words = commandLine.split { $0 == " " || $0 == "\n" }
            return words.last { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
        }
        func error(_ why: String) -> AgentError { AgentError("provision", "/proc/cmdline", why) }
        let digest = value("\(word).sha256")
        if let digest,
            digest.utf8.count != 64
                || !digest.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        {
            throw error("\(word).sha256 is no SHA-256: write its 64 digits, in small letters")
        }
        if let place = value(word) {
            if place.hasPrefix("/") { return ProvisionPlace(kind: .file(place), digest: digest) }
            guard let url = try? TransferURL(place) else {
                throw error(
                    "\(word) is neither a URL nor an absolute path: use for example https://HOST/NODE.yaml"
                )
            }
            guard url.scheme == "https" || digest != nil else {
                throw error(
                    "anybody on the way may change what comes by http: use https, or add \(word).sha256="
                )
            }
            return ProvisionPlace(kind: .url(place), digest: digest)
        }
        if let path = credentials.map({ "\($0)/\(credential)" }), try Folders.exists(path) {
            return ProvisionPlace(kind: .file(path), digest: digest)
        }
        let device = "\(labels)/\(label)"
        guard try Folders.exists(device) else {
            guard digest == nil else { throw error(unanswered) }
            return nil
        }
        guard digest != nil || !hasApps else {
            tell(
                "\(device) is left alone, as this node has apps: give the kernel \(word).sha256= of its text"
            )
            return nil
        }
        return ProvisionPlace(kind: .drive(device), digest: digest)
    }

    /// A digest without anything that could have it.
    private static var unanswered: String {
        "\(word).sha256 is there, but no text for it: add \(word)=, a credential or a drive with it, or take it away"
    }

    /// Reads the text.
    ///
    /// A server that does not have it is asked until it does; blocks meanwhile.
    ///
    /// - Parameters:
    ///   - mount: A folder to mount a drive on, made and taken away here.
    ///   - tell: Hears why it is not there yet.
    /// - Returns: Its bytes, at most 4 MiB; nil for a drive without the file, which may be there for something else.
    /// - Throws: Why it cannot be read, or that it is not the one that was asked for.
    public func read(mount: String, tell: (String) -> Void) throws -> [UInt8]? {
        let bytes: [UInt8]
        switch kind {
        case .url(let text): bytes = try fetch(text, tell)
        case .file(let path): bytes = try Self.content(path)
        case .drive(let device):
            guard let content = try Self.content(of: device, mount) else {
                guard digest == nil else { throw AgentError("provision", description, Self.unanswered) }
                return nil
            }
            bytes = content
        }
        let found = HashFunction.sha256.hex(bytes)
        guard digest == nil || digest == found else {
            throw AgentError(
                "provision",
                description,
                "has SHA-256 \(found), not \(digest ?? ""): mend one of them"
            )
        }
        return bytes
    }

    private func fetch(_ text: String, _ tell: (String) -> Void) throws -> [UInt8] {
        let client = try TransferClient(), scope = TransferScope()
        var request = TransferRequest("GET", try TransferURL(text), limits: .small(Int64(Self.maximumBytes)))
        request.hasOwnPace = true
        var pause = Duration.seconds(1), last = ""
        while true {
            let why: String
            do throws(TransferError) {
                let transfer = try client.send(request, in: scope)
                if transfer.response.status == 200 { return try transfer.readAll() }
                why = "\(text): the server answers \(transfer.response.status)"
            } catch { why = "\(error)" }
            if why != last { tell(why) }
            last = why
            _ = scope.wait(for: pause)
            pause = min(Self.longestPause, pause * 2)
        }
    }

    private static func content(_ path: String) throws -> [UInt8] {
        let file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
        guard try file.status().kind == .file else {
            throw AgentError("provision", path, "is not a regular file")
        }
        return try file.readAll(limit: maximumBytes)
    }

    /// Reads from a file system that anybody may have made: nothing of it is run, and it is mounted for this alone.
    private static func content(of device: String, _ folder: String) throws -> [UInt8]? {
        let flags = UInt(MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOSYMFOLLOW)
        if mkdir(folder, 0o700) < 0, errno != EEXIST { throw LinuxError("mkdir", folder, errno: errno) }
        defer { rmdir(folder) }
        var failures: [String] = []
        for type in ["iso9660", "vfat", "ext4"] {
            guard mount(device, folder, type, flags, nil) == 0 else {
                let cause = errno
                failures.append("\(LinuxError("mount", type, errno: cause))")
                continue
            }
            defer { umount2(folder, Int32(MNT_DETACH)) }
            let path = "\(folder)/provision.yaml"
            return try Folders.exists(path) ? try content(path) : nil
        }
        throw AgentError(
            "provision",
            device,
            "cannot be read (\(failures.joined(separator: ", "))): unplug it, mend it, or give it another label"
        )
    }
}
