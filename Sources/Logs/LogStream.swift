// SPDX-License-Identifier: Apache-2.0

/// One of the two output streams of a container; a terminal has only `stdout`.
public enum LogStream: UInt8, CaseIterable, Sendable, CustomStringConvertible {
    case stdout = 0
    case stderr = 1

    /// `stdout` or `stderr`.
    public var description: String { self == .stdout ? "stdout" : "stderr" }
}

/// One value for each stream.
public struct PerStream<Value> {
    /// The value of standard output.
    public var stdout: Value
    /// The value of standard error.
    public var stderr: Value

    /// One value for each stream.
    public init(stdout: Value, stderr: Value) {
        self.stdout = stdout
        self.stderr = stderr
    }

    /// The same value for both streams.
    public init(both value: Value) { self.init(stdout: value, stderr: value) }

    /// The value of one stream.
    public subscript(stream: LogStream) -> Value {
        get { stream == .stdout ? stdout : stderr }
        set {
            switch stream {
            case .stdout: stdout = newValue
            case .stderr: stderr = newValue
            }
        }
    }
}

extension PerStream: Sendable where Value: Sendable {}
extension PerStream: Equatable where Value: Equatable {}
