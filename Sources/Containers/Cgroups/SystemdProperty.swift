// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Linux

/// A property of a unit, as systemd.resource-control(5) and its D-Bus interface name it.
enum SystemdProperty: Equatable {
    case text(String, String)
    case flag(String, Bool)
    case number(String, UInt64)
    case bytes(String, [UInt8])
    case processes(String, [Int32])

    /// No limit.
    static let infinity = UInt64.max

    /// Gives properties and room for an answer to a call into the library.
    static func call(
        _ verb: String,
        _ unit: String,
        _ properties: [SystemdProperty],
        _ body: (UnsafePointer<martlet_unit_property>?, Int, UnsafeMutablePointer<CChar>?, Int) -> Int32
    ) throws(ContainerError) {
        var answer = [CChar](repeating: 0, count: 512)
        let result = withPacked(properties[...], []) { packed in
            packed.withUnsafeBufferPointer { body($0.baseAddress, $0.count, &answer, answer.count) }
        }
        guard result < 0 else { return }
        let text = String(decoding: answer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        throw ContainerError(step: "systemd", "\(verb) \(unit)", cause: .unsupported(text))
    }

    /// Keeps what each property points to alive during `body`.
    private static func withPacked<Result>(
        _ rest: ArraySlice<SystemdProperty>,
        _ packed: [martlet_unit_property],
        _ body: ([martlet_unit_property]) -> Result
    ) -> Result {
        guard let first = rest.first else { return body(packed) }
        return first.name.withCString { name in
            var next = martlet_unit_property()
            next.name = name
            func go() -> Result { withPacked(rest.dropFirst(), packed + [next], body) }
            switch first {
            case .text(_, let text):
                next.type = CChar(UInt8(ascii: "s"))
                return text.withCString {
                    next.text = $0
                    return go()
                }
            case .flag(_, let flag):
                (next.type, next.number) = (CChar(UInt8(ascii: "b")), flag ? 1 : 0)
                return go()
            case .number(_, let number):
                (next.type, next.number) = (CChar(UInt8(ascii: "t")), number)
                return go()
            case .bytes(_, let bytes):
                next.type = CChar(UInt8(ascii: "y"))
                return bytes.withUnsafeBytes {
                    (next.bytes, next.length) = ($0.baseAddress, $0.count)
                    return go()
                }
            case .processes(_, let pids):
                next.type = CChar(UInt8(ascii: "u"))
                return pids.map(UInt32.init(bitPattern:)).withUnsafeBytes {
                    (next.bytes, next.length) = ($0.baseAddress, $0.count)
                    return go()
                }
            }
        }
    }

    var name: String {
        switch self {
        case .text(let name, _), .flag(let name, _), .number(let name, _), .bytes(let name, _),
            .processes(let name, _):
            name
        }
    }
}
