// SPDX-License-Identifier: Apache-2.0

/// A question to the agent: a method, a path below `/v1`, a query and a body.
public struct ControlRequest: Sendable, Equatable {
    /// What is asked for.
    public enum Method: String, Sendable {
        /// To be told something.
        case get = "GET"
        /// To put something in place.
        case put = "PUT"
        /// To do something.
        case post = "POST"
        /// To take something away.
        case delete = "DELETE"
    }

    /// What is asked for.
    public var method: Method
    /// The parts of the path below `/v1`, as they are meant.
    public var path: [String]
    /// The query, in order.
    public var query: [(name: String, value: String)]
    /// The body; none for nil.
    public var body: [UInt8]?
    /// The signature of the body as `ssh-keygen -Y sign` makes it; none for nil.
    public var signature: [UInt8]?
    /// The generation that the app must have, 0 for one that is not there; any for nil.
    public var generation: Int?

    /// A request; members of the query without a value are left out.
    public init(
        _ method: Method,
        _ path: String...,
        query: KeyValuePairs<String, String?> = [:],
        body: [UInt8]? = nil,
        signature: [UInt8]? = nil,
        generation: Int? = nil
    ) {
        self.method = method
        self.path = path
        self.query = query.compactMap { name, value in value.map { (name, $0) } }
        self.body = body
        self.signature = signature
        self.generation = generation
    }

    /// The target on the request line; whatever is in a name, it stays one part of the path.
    var target: String {
        let path = (["v1"] + path).map { "/" + Self.encoded($0) }.joined()
        let members = query.map { "\(Self.encoded($0.name))=\(Self.encoded($0.value))" }
        return members.isEmpty ? path : "\(path)?\(members.joined(separator: "&"))"
    }

    /// Percent-encoded but for the unreserved characters, RFC 3986 section 2.3.
    private static func encoded(_ text: String) -> String {
        var out: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                out.append(byte)
            case UInt8(ascii: ".") where text != "." && text != "..":
                out.append(byte)
            default:
                let digits = Array("0123456789ABCDEF".utf8)
                out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Equal in method, path, query, body, signature and generation.
    public static func == (one: ControlRequest, other: ControlRequest) -> Bool {
        one.method == other.method && one.body == other.body && one.signature == other.signature
            && one.target == other.target && one.generation == other.generation
    }
}
