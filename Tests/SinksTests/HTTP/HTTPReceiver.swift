// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials
internal import Glibc
internal import Linux
internal import Synchronization
internal import TestKit

/// `Receivers/http_receiver.py`, which can be killed and started again, and what it has taken.
final class HTTPReceiver: Sendable {
    /// A line that was taken.
    struct Taken: Decodable {
        let stream: String?
        let seq: UInt64
        let time: String
        let line: String
        let extra: Extra

        /// Everything else, as JSON has it.
        struct Extra: Decodable {
            let words: [String: String]

            init(from decoder: any Decoder) throws {
                let all = try decoder.singleValueContainer().decode([String: Word?].self)
                words = all.compactMapValues { $0?.text }
            }
        }

        /// Text, or a number as text; what is an object is left out.
        struct Word: Decodable {
            let text: String?

            init(from decoder: any Decoder) throws {
                let container = try decoder.singleValueContainer()
                if let text = try? container.decode(String.self) {
                    self.text = text
                } else if let number = try? container.decode(UInt64.self) {
                    text = "\(number)"
                } else if let truth = try? container.decode(Bool.self) {
                    text = "\(truth)"
                } else {
                    text = nil
                }
            }
        }
    }

    let port: UInt16
    let folder: String
    private let script: String
    private let program = Mutex<TestProgram?>(nil)

    convenience init(_ options: String...) throws { try self.init(program: "http_receiver.py", options) }

    /// One of GELF: by `http`, or by `udp`, `tcp` or `tls` with a certificate in its folder.
    static func gelf(_ way: String) throws -> HTTPReceiver {
        guard way != "http" else { return try HTTPReceiver() }
        let receiver = try HTTPReceiver(program: "gelf_receiver.py", nil)
        guard way == "tls" else {
            try receiver.start()
            return receiver
        }
        let authority = try TestAuthority(in: "\(receiver.folder)/ca")
        try authority.certify("server")
        try receiver.start(["\(authority.folder)/server.pem", "\(authority.folder)/server.key"])
        return receiver
    }

    /// Starts it with these options; not yet for nil.
    private init(program: String, _ options: [String]?) throws {
        script = "Tests/SinksTests/Receivers/\(program)"
        var template = Array("/tmp/martlet-receiver-XXXXXX".utf8CString)
        guard let made = mkdtemp(&template) else { throw LinuxError("mkdtemp", "/tmp", errno: errno) }
        folder = String(cString: made)
        port = try LoopbackServer.freePort()
        if let options { try start(options) }
    }

    deinit {
        end()
        _ = try? Shell.run("rm -rf \(folder)")
    }

    /// Starts it, after it was ended or died.
    func start(_ options: [String] = []) throws {
        let words = [
            "/usr/bin/python3", script, "\(port)", "\(folder)/taken",
        ]
        let started = try TestProgram(words + options, log: "\(folder)/log", port: port)
        program.withLock { $0 = started }
    }

    /// Whether it listens.
    var isThere: Bool { (try? LoopbackServer.connect(to: port)) != nil }

    /// Kills it.
    func end() { program.withLock { $0.take() }?.end() }

    /// What it has taken, in order; throws what it found wrong.
    func taken() throws -> [Taken] {
        try read("taken").map { try JSONDecoder().decode(Taken.self, from: Data($0)) }
    }

    /// The text of all lines that it has taken.
    func lines() throws -> [String] { try read("taken.text").map { String(decoding: $0, as: UTF8.self) } }

    /// How often it was asked what is indexed.
    func asked() throws -> Int { try read("taken.asked").count }

    private func read(_ name: String) throws -> [ArraySlice<UInt8>] {
        if let wrong = try? Descriptor.open("\(folder)/taken.wrong", O_RDONLY) {
            throw Shell.Failure(
                description: String(decoding: try wrong.readAll(limit: 1 << 16), as: UTF8.self)
            )
        }
        guard let file = try? Descriptor.open("\(folder)/\(name)", O_RDONLY) else { return [] }
        return try file.readAll(limit: 1 << 30).split(separator: UInt8(ascii: "\n"))
    }
}
