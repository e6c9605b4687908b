// SPDX-License-Identifier: Apache-2.0
public import Logs
public import Plan

/// Collects log records as JSON, one a line: what `JSONEncoder` makes of a `LogRecord` whose members are in order of
/// their names, many times as fast.
public struct LogRecordText {
    private var text = JSONText()
    /// What stands in each line of the instance that was last written.
    private var instance: Instance?

    private struct Instance {
        let name: InstanceName
        let head: [UInt8]
        let service: [UInt8]

        init(_ name: InstanceName) {
            self.name = name
            var head = JSONText(), service = JSONText()
            head.append(#"{"app":"#)
            head.quote(name.app)
            head.append(#","instance":"#)
            head.append(Array("\(name.index)".utf8))
            head.append(#","line":"#)
            service.append(#","service":"#)
            service.quote(name.service)
            (self.head, self.service) = (head.bytes, service.bytes)
        }
    }

    /// Nothing, with room for so many bytes.
    public init(capacity: Int = 0) { text = JSONText(capacity: capacity) }

    /// What was collected.
    public var bytes: [UInt8] { text.bytes }

    /// Forgets what was collected, and keeps its room.
    public mutating func clear() { text.bytes.removeAll(keepingCapacity: true) }

    /// Appends a line of an instance; bytes that are not UTF-8 are replaced.
    public mutating func append(_ line: LogLine, of name: InstanceName) {
        let instance = begin(name)
        text.quote(line.bytes)
        end(instance, line.sequence, line.stream == .stdout ? "stdout" : "stderr", line.time)
    }

    private mutating func begin(_ name: InstanceName) -> Instance {
        let known = instance?.name == name ? instance : nil
        let instance = known ?? Instance(name)
        self.instance = instance
        text.append(instance.head)
        return instance
    }

    private mutating func end(
        _ instance: Instance,
        _ sequence: UInt64,
        _ stream: StaticString,
        _ time: UInt64
    ) {
        text.append(#","seq":"#)
        text.append(sequence)
        text.append(instance.service)
        text.append(#","stream":""#)
        text.append(stream)
        text.append(#"","time":"#)
        text.append(time)
        text.append("}\n")
    }
}
