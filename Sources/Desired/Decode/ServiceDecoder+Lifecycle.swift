// SPDX-License-Identifier: Apache-2.0

extension ServiceDecoder {
    /// When it starts, whether it is well, and how it stops.
    func lifecycle(_ fields: Fields, into service: inout Service) {
        if let field = fields["pull_policy"] { service.pullPolicy = pullPolicy(field) }
        service.dependencies = fields["depends_on"].map(dependencies) ?? []
        service.healthcheck = fields["healthcheck"].flatMap(healthcheck)
        service.stopSignal = fields["stop_signal"]?.parsed("a signal", "write for example SIGTERM") {
            Signal($0)
        }
        if let period = fields["stop_grace_period"]?.duration() { service.stopGracePeriod = period }
    }

    private func pullPolicy(_ field: Field) -> PullPolicy {
        guard let text = field.string() else { return .missing }
        if let policy = PullPolicy(rawValue: text) { return policy }
        field.refuse(
            "\(Characters.quoted(text)) is not supported yet",
            text == "build"
                ? "bring the built image with `martlet image import`, and use never"
                : "use always, missing, never, daily, weekly or for example every_12h"
        )
        return .missing
    }

    private func dependencies(_ field: Field) -> [Dependency] {
        field.entries().compactMap { name, field -> Dependency? in
            guard let fields = Fields(field, .dependency) else { return nil }
            var dependency = Dependency(service: name)
            let condition = fields["condition"]?.parsed("a condition") { Dependency.Condition(rawValue: $0) }
            dependency.condition = condition ?? .started
            dependency.isRequired = fields["required"]?.bool() ?? true
            dependency.restarts = fields["restart"]?.bool() ?? false
            return dependency
        }.sorted { $0.service < $1.service }
    }

    private func healthcheck(_ field: Field) -> Healthcheck? {
        guard let fields = Fields(field, .healthcheck) else { return nil }
        var check = Healthcheck()
        if let test = fields["test"] { check.test = healthTest(test) }
        // So a file switches off what the one before it tests; the specification has it otherwise, Compose does not.
        if fields["disable"]?.bool() == true { check.test = .none }
        check.interval = positive(fields["interval"])
        check.timeout = positive(fields["timeout"])
        check.retries = fields["retries"]?.integer(1...1000)
        check.startPeriod = fields["start_period"]?.duration()
        check.startInterval = positive(fields["start_interval"])
        return check
    }

    private func positive(_ field: Field?) -> Duration? {
        guard let field, let duration = field.duration() else { return nil }
        if duration < .milliseconds(1) { field.refuse("must be at least 1ms") }
        return duration
    }

    private func healthTest(_ field: Field) -> Healthcheck.Test {
        let words = field.strings()
        switch words.first {
        case "NONE" where words.count == 1: return .none
        case "CMD" where words.count > 1: return .command(Array(words.dropFirst()))
        case "CMD-SHELL" where words.count == 2: return .shell(words[1])
        default: return .image
        }
    }

    /// `restart` and `deploy.restart_policy`, which must not contradict each other.
    func restart(_ short: Field?, _ long: Field?) -> RestartPolicy {
        var policy = short.map(restartWord) ?? RestartPolicy()
        guard let long, let fields = Fields(long, .restartPolicy) else { return policy }
        let conditions: [String: RestartPolicy.Condition] = [
            "none": .never, "on-failure": .onFailure, "any": .always,
        ]
        var condition = RestartPolicy.Condition.always
        if let field = fields["condition"] {
            condition =
                field.parsed("a condition", "use none, on-failure or any") { conditions[$0] } ?? .always
        }
        let agrees =
            policy.condition == condition || (policy.condition == .unlessStopped && condition == .always)
        if let short, !agrees { short.refuse("contradicts \(long.path)", "keep one of them") }
        if short == nil { policy.condition = condition }
        if let field = fields["max_attempts"] {
            let attempts = field.integer(0...Int(Int32.max)).flatMap { $0 == 0 ? nil : $0 }
            if let one = policy.maximumAttempts, let attempts, one != attempts {
                field.refuse("differs from restart", "keep one of them")
            }
            policy.maximumAttempts = attempts ?? policy.maximumAttempts
        }
        policy.delay = fields["delay"]?.duration()
        policy.window = fields["window"]?.duration()
        return policy
    }

    private func restartWord(_ field: Field) -> RestartPolicy {
        guard let text = field.string() else { return RestartPolicy() }
        if let condition = RestartPolicy.Condition(rawValue: text) {
            return RestartPolicy(condition: condition)
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        if parts.count == 2, parts[0] == "on-failure", let attempts = Int32(digits: parts[1]) {
            return RestartPolicy(condition: .onFailure, maximumAttempts: attempts == 0 ? nil : Int(attempts))
        }
        field.refuse(
            "\(Characters.quoted(text)) is not a restart policy",
            "use no, always, on-failure[:N] or unless-stopped"
        )
        return RestartPolicy()
    }
}
