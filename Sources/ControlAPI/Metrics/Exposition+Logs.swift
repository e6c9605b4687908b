// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Logs

extension Exposition {
    /// What containers wrote, and what of it is not in their logs, by cause.
    mutating func add(_ logs: [Node.LogCounts]) {
        let streams = logs.flatMap { log in LogStream.allCases.map { (log: log, stream: $0) } }
        func labels(_ log: Node.LogCounts, _ stream: LogStream) -> KeyValuePairs<String, String> {
            ["app": log.app, "service": log.service, "instance": "\(log.instance)", "stream": "\(stream)"]
        }
        add(
            "martlet_log_lines_total",
            .counter,
            "Lines that came to the log of a container.",
            streams.map { (labels($0.log, $0.stream), Double($0.log.status.written[$0.stream].lines)) }
        )
        for (name, help, count) in Self.losses {
            add(
                name,
                .counter,
                help,
                streams.flatMap { log, stream in
                    LossCause.allCases.filter { !log.status.lost(stream, $0).isZero }.map { cause in
                        let labels: KeyValuePairs = [
                            "app": log.app, "service": log.service, "instance": "\(log.instance)",
                            "stream": "\(stream)", "cause": cause.rawValue,
                        ]
                        return (labels, Double(count(log.status.lost(stream, cause))))
                    }
                }
            )
        }
        add(
            "martlet_log_redactions_total",
            .counter,
            "Places in lines that were replaced.",
            streams.map { (labels($0.log, $0.stream), Double($0.log.status.omitted[$0.stream].redactions)) }
        )
        add(
            "martlet_log_spool_bytes",
            .gauge,
            "What the log of a container takes on disk.",
            logs.map { log in
                (
                    ["app": log.app, "service": log.service, "instance": "\(log.instance)"],
                    Double(log.status.bytes)
                )
            }
        )
    }

    private static let losses: [(String, String, @Sendable (LineCount) -> UInt64)] = [
        ("martlet_log_lines_lost_total", "Lines that are not in the log, by cause.", { $0.lines }),
        ("martlet_log_bytes_lost_total", "Bytes of lines that are not in the log, by cause.", { $0.bytes }),
    ]
}
