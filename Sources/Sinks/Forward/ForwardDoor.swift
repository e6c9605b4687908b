// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Transfer

/// Connects to a receiver of the forward protocol, and proves to it who we are where `node.yaml` has a key.
struct ForwardDoor {
    private static let patience = Duration.seconds(10)

    private let settings: SinkSettings.Forward
    private let means: SinkMeans
    private let scope: TransferScope

    init(_ settings: SinkSettings.Forward, _ means: SinkMeans, in scope: TransferScope) {
        self.settings = settings
        self.means = means
        self.scope = scope
    }

    /// A connection that takes messages; whether it takes more than one.
    func connect() throws(SinkError) -> (stream: ByteStream, talk: AnsweredStream, keepsAlive: Bool) {
        let stream = try means.stream(to: settings.address, settings.tls, in: scope)
        var talk = AnsweredStream(stream)
        let keepsAlive = try settings.sharedKey.map { file throws(SinkError) in try greet(&talk, file) }
        return (stream, talk, keepsAlive ?? true)
    }

    /// Takes the next value that has come whole off what has.
    static func next(_ unread: inout [UInt8], from peer: String) throws(SinkError) -> MessagePackValue? {
        var reader = MessagePackReader(unread)
        do throws(MessagePackValue.Flaw) {
            guard let value = try reader.next() else { return nil }
            unread.removeFirst(reader.index)
            return value
        } catch {
            throw AnsweredStream.nonsense("it said \(error.text)", from: peer)
        }
    }

    /// The same on a connection that takes messages, where nobody is greeted any more.
    static func answer(_ unread: inout [UInt8], from peer: String) throws(SinkError) -> MessagePackValue? {
        guard let value = try next(&unread, from: peer) else { return nil }
        if ForwardHandshake.isGreeting(value) {
            throw SinkError("greet", peer, .unavailable("it wants a shared key: add 'shared_key'"))
        }
        return value
    }

    /// Whether the receiver takes more than one message on the connection.
    private func greet(_ talk: inout AnsweredStream, _ file: RegistrySettings.File) throws(SinkError) -> Bool
    {
        let password = try settings.password.map { file throws(SinkError) in try means.secret(file) }
        var handshake = ForwardHandshake(
            hostname: means.node,
            key: try means.secret(file),
            user: settings.user.flatMap { name in password.map { (name, $0) } }
        )
        let deadline = ContinuousClock.now + Self.patience
        func heard(_ talk: inout AnsweredStream) throws(SinkError) -> MessagePackValue {
            while true {
                if let value = try Self.next(&talk.unread, from: talk.peer) { return value }
                try talk.hear(until: deadline)
            }
        }
        do throws(ForwardHandshake.Flaw) {
            let greeting: MessagePackValue
            do throws(SinkError) {
                greeting = try heard(&talk)
            } catch {
                throw .init(
                    text: "it did not greet us (\(error.reason)): if it knows no key, remove 'shared_key'"
                )
            }
            let answer = try handshake.answer(greeting)
            let pong: MessagePackValue
            do throws(SinkError) {
                try talk.send(answer, isAnswerDue: false)
                pong = try heard(&talk)
            } catch {
                throw .init(
                    text:
                        "it broke off the greeting (\(error.reason)): see 'shared_key', 'user' and 'password'"
                )
            }
            try handshake.check(pong)
        } catch {
            throw SinkError("greet", talk.peer, .unavailable(error.text))
        }
        return handshake.keepsAlive
    }
}
