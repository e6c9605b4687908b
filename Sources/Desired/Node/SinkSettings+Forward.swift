// SPDX-License-Identifier: Apache-2.0

extension SinkSettings {
    /// Fluentd's forward protocol, version 1.
    public struct Forward: Equatable, Sendable {
        /// How entries are packed.
        public enum Compression: String, Sendable, CaseIterable {
            case none, gzip
        }

        /// By what a receiver sorts entries: a text with the words `{node}`, `{app}`, `{service}`, `{instance}` and
        /// `{container}` in it.
        public struct Tag: Equatable, Sendable {
            /// A part of a tag.
            public enum Piece: Equatable, Sendable {
                /// The same for all.
                case text(String)
                /// What differs.
                case word(Word)
            }

            /// What differs.
            public enum Word: String, Sendable, CaseIterable {
                case node, app, service, instance, container
            }

            /// Its parts, in order.
            public let pieces: [Piece]

            /// Reads one of printable ASCII, at most 256 bytes; nil for anything else.
            public init?(_ text: String) {
                guard 1...256 ~= text.utf8.count, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
                    return nil
                }
                var (pieces, rest): ([Piece], Substring) = ([], text[...])
                while let open = rest.firstIndex(of: "{") {
                    guard let close = rest[open...].firstIndex(of: "}"),
                        let word = Word(rawValue: String(rest[rest.index(after: open)..<close]))
                    else { return nil }
                    if open > rest.startIndex { pieces.append(.text(String(rest[..<open]))) }
                    pieces.append(.word(word))
                    rest = rest[rest.index(after: close)...]
                }
                guard !rest.contains("}") else { return nil }
                if !rest.isEmpty { pieces.append(.text(String(rest))) }
                self.pieces = pieces
            }

            /// `{app}.{service}`.
            public static var usual: Self { Self(pieces: [.word(.app), .text("."), .word(.service)]) }

            private init(pieces: [Piece]) { self.pieces = pieces }
        }

        /// Whom to.
        public var address: Address
        /// How both sides prove themselves, over TLS.
        public var tls = TLS()
        /// Whether the receiver is asked to confirm.
        public var isAcknowledged = true
        /// How long it may take for that.
        public var patience = Duration.seconds(60)
        /// How entries are packed.
        public var compression = Compression.none
        /// By what the receiver sorts them.
        public var tag = Tag.usual
        /// A key that both sides know; nil is no handshake.
        public var sharedKey: RegistrySettings.File?
        /// A user whom the receiver knows.
        public var user: String?
        /// The user's password.
        public var password: RegistrySettings.File?

        /// Forward to somebody.
        public init(_ address: Address) { self.address = address }
    }
}
