// SPDX-License-Identifier: Apache-2.0

/// Decodes `x-martlet.probes` and `x-martlet.flap`.
struct ProbeDecoder {
    private static let longest = Duration.seconds(86_400)

    func probes(_ field: Field) -> Probes? {
        guard let fields = Fields(field, .probes) else { return nil }
        var probes = Probes()
        probes.startup = fields["startup"].flatMap { probe($0, .probe) }
        probes.readiness = fields["readiness"].flatMap { probe($0, .probe) }
        if let field = fields["liveness"] {
            probes.liveness = probe(field, .livenessProbe)
            if let then = field.child("then") { probes.consequence = consequence(then) ?? .restart }
        }
        return probes == Probes() ? nil : probes
    }

    func flap(_ field: Field) -> FlapLimit {
        var limit = FlapLimit()
        guard let fields = Fields(field, .flap) else { return limit }
        limit.restarts = fields["restarts"]?.integer(1...1_000) ?? limit.restarts
        limit.within = time(fields["within"], from: .seconds(1)) ?? limit.within
        fields["then"]?.supportOnly("degraded")
        return limit
    }

    private func probe(_ field: Field, _ words: Vocabulary) -> Probe? {
        guard let fields = Fields(field, words) else { return nil }
        let given = ["http", "tcp", "unix", "grpc", "exec"].filter { fields[$0] != nil }
        guard given.count == 1 else {
            if !field.findings.hasProblem(within: field.path) {
                field.refuse(
                    given.isEmpty ? "does not say what to ask" : "asks \(given.count) questions",
                    "give one of http, tcp, unix, grpc and exec"
                )
            }
            return nil
        }
        guard let check = fields[given[0]].flatMap({ self.check(given[0], $0) }) else { return nil }
        var probe = Probe(check)
        probe.every = time(fields["every"], from: .milliseconds(100)) ?? probe.every
        probe.timeout = time(fields["timeout"], from: .milliseconds(10)) ?? probe.timeout
        probe.failAfter = fields["fail_after"]?.integer(1...1_000) ?? probe.failAfter
        probe.successAfter = fields["success_after"]?.integer(1...1_000) ?? probe.successAfter
        probe.initialDelay = time(fields["initial_delay"], from: .zero) ?? probe.initialDelay
        return probe
    }

    private func check(_ kind: String, _ field: Field) -> Probe.Check? {
        switch kind {
        case "http": http(field).map { .http($0) }
        case "tcp":
            Fields(field, .tcpProbe).flatMap { port($0) }.map { .tcp(port: $0) }
        case "unix":
            Fields(field, .unixProbe)?.required("path", "name the socket inside the container")?
                .absolutePath().map { .unix(path: $0) }
        case "grpc": grpc(field)
        default:
            Fields(field, .execProbe)?.required("command", "add what to run").flatMap { command($0) }.map {
                .exec($0)
            }
        }
    }

    private func grpc(_ field: Field) -> Probe.Check? {
        guard let fields = Fields(field, .grpcProbe), let port = port(fields) else { return nil }
        let service = fields["service"]?.parsed("a service", "write for example shop.v1.Orders") {
            $0.utf8.count <= 255 && !Characters.hasControl($0) ? $0 : nil
        }
        return .grpc(port: port, service: service ?? "")
    }

    private func http(_ field: Field) -> Probe.HTTP? {
        guard let fields = Fields(field, .httpProbe), let port = port(fields) else { return nil }
        var http = Probe.HTTP(port: port)
        http.path =
            fields["path"]?.parsed("a path", "start it with '/', and write spaces and the like as %20") {
                $0.hasPrefix("/") && $0.utf8.count <= 2_048 && ProbeDecoder.isPlain($0) ? $0 : nil
            } ?? http.path
        http.statuses =
            fields["status"]?.parsed("status codes", "write for example 200 or \"200-299,404\"", statuses)
            ?? http.statuses
        http.host = fields["host"]?.parsed("the name of a host") {
            !$0.isEmpty && $0.utf8.count <= 255 && ProbeDecoder.isPlain($0) ? $0 : nil
        }
        http.headers = fields["headers"].map(headers) ?? [:]
        if let scheme = fields["scheme"], scheme.scalar?.text != "http" {
            scheme.refuse(
                "\(Characters.quoted(scheme.word() ?? "")) is not supported yet",
                "use http, or a tcp probe"
            )
        }
        return http
    }

    private func port(_ fields: Fields) -> UInt16? {
        fields.required("port", "name the port inside the container")?.integer(
            1...Int(UInt16.max)
        ).map { UInt16($0) }
    }

    /// Printable ASCII without spaces.
    private static func isPlain(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x21...0x7e).contains($0) }
    }

    /// `200-299,404`.
    private func statuses(_ text: String) -> [ClosedRange<Int>]? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count <= 32 else { return nil }
        var found: [ClosedRange<Int>] = []
        for part in parts {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Int(digits: $0) }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1],
                first <= last, (100...599).contains(first), last <= 599
            else { return nil }
            found.append(first...last)
        }
        return found.sorted { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }
    }

    private func headers(_ field: Field) -> [String: String] {
        var headers: [String: String] = [:]
        let pairs = field.pairs()
        if pairs.count > 32 { field.refuse("more than 32 fields", "remove some") }
        for (name, value, field) in pairs {
            let own = ["host", "connection", "content-length", "transfer-encoding", "upgrade", "expect"]
            if own.contains(name.lowercased()) {
                field.refuse(
                    "\(Characters.quoted(name)) is the probe's own",
                    name.lowercased() == "host" ? "use 'host' of the probe" : "remove it"
                )
            } else if name.utf8.count > 100 || !Characters.isName(name, and: "!#$%&'*+-.^_`|~") {
                field.refuse("\(Characters.quoted(name)) is not the name of a field", "see RFC 9110, 5.1")
            } else if let value, value.utf8.count > 1_024 || Characters.hasControl(value) {
                field.refuse("is not the value of a field", "use at most 1024 bytes without line ends")
            }
            headers[name] = value ?? ""
        }
        return headers
    }

    private func consequence(_ field: Field) -> Probes.Consequence? {
        guard let text = field.string() else { return nil }
        switch text {
        case "restart": return .restart
        case "none": return Probes.Consequence.none
        default:
            guard text.hasPrefix("exec:"), let words = words(String(text.dropFirst(5))) else {
                field.refuse(
                    "\(Characters.quoted(text)) is not what can follow",
                    "use restart, none or for example 'exec:kill -HUP 1'"
                )
                return nil
            }
            return .exec(words)
        }
    }

    /// A list of words, or a line of them.
    private func command(_ field: Field) -> [String]? {
        if field.isSequence {
            let words = field.strings()
            if words.isEmpty, !field.findings.hasProblem(within: field.path) {
                field.refuse("is empty", "add what to run")
            }
            return words
        }
        return field.parsed("a command", "write for example [redis-cli, ping]", words)
    }

    private func words(_ line: String) -> [String]? {
        guard let words = try? ShellWords.split(line), !words.isEmpty else { return nil }  // the caller tells
        return words
    }

    private func time(_ field: Field?, from shortest: Duration) -> Duration? {
        guard let field, let time = field.duration() else { return nil }
        if time < shortest { field.refuse("must be at least \(shortest.printed)") }
        if time > ProbeDecoder.longest { field.refuse("is longer than a day") }
        return time
    }
}
