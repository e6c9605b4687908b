// SPDX-License-Identifier: Apache-2.0

extension SinkSettings {
    /// Syslog, to a daemon of this node or another.
    public struct Syslog: Equatable, Sendable {
        /// How a stream is cut into messages.
        public enum Framing: String, Sendable, CaseIterable {
            case octet, newline
        }

        /// Whom to.
        public var address: Address
        /// How both sides prove themselves, over TLS.
        public var tls = TLS()
        /// How a stream is cut into messages (RFC 6587); TLS has `octet` alone.
        public var framing = Framing.octet
        /// How a message looks.
        public var message = SyslogMessage()
        /// Messages a second over UDP, at most: who is sent more than it takes says nothing.
        public var rate = 10_000

        /// Syslog to somebody.
        public init(_ address: Address) { self.address = address }
    }

    /// How a message of syslog looks, whatever carries it.
    public struct SyslogMessage: Equatable, Sendable {
        /// The form of a message.
        public enum Format: String, Sendable, CaseIterable {
            case rfc5424, rfc3164
        }

        /// How urgent a message is, the most urgent first (RFC 5424, 6.2.1).
        public enum Severity: UInt8, Sendable, CaseIterable {
            case emerg, alert, crit, err, warning, notice, info, debug
        }

        /// Where a message comes from, in the words of syslog.conf(5) (RFC 5424, 6.2.1).
        public enum Facility: UInt8, Sendable, CaseIterable {
            case kern, user, mail, daemon, auth, syslog, lpr, news, uucp, cron, authpriv, ftp
            case local0 = 16
            case local1, local2, local3, local4, local5, local6, local7
        }

        /// The form of a message.
        public var format = Format.rfc5424
        /// Where it comes from.
        public var facility = Facility.daemon
        /// How urgent what a container writes to its standard output is.
        public var output = Severity.info
        /// How urgent what it writes to its standard error is.
        public var error = Severity.err
        /// Bytes of a message at most; a longer line is sent as several.
        public var maximum = 8_192
        /// Whether a text in UTF-8 begins with the mark that says so.
        public var hasMark = false
        /// The name of the structured data: `NAME@NUMBER`, the number being that of an enterprise (RFC 5424, 7.2.2).
        ///
        /// The default has the number that nobody owns (RFC 5612).
        public var structure = "martlet@32473"

        /// What is usual.
        public init() {}
    }

    /// RELP, by which rsyslog says what it has.
    public struct RELP: Equatable, Sendable {
        /// Whom to.
        public var address: Address
        /// How both sides prove themselves, over TLS.
        public var tls = TLS()
        /// How a message looks.
        public var message = SyslogMessage()

        /// RELP to somebody.
        public init(_ address: Address) { self.address = address }
    }
}
