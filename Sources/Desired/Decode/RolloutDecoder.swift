// SPDX-License-Identifier: Apache-2.0
internal import Calendar

/// Decodes how an app and its services change from one generation to the next.
struct RolloutDecoder {
    /// Nobody waits longer for one step of a change.
    private static let longest = Duration.seconds(86_400)
    private static let maximumWindows = 50

    /// `x-martlet.rollout`.
    func rollout(_ field: Field) -> Rollout {
        var rollout = Rollout()
        guard let fields = Fields(field, .rollout) else { return rollout }
        fields["strategy"]?.supportOnly("ordered")
        if let field = fields["on_failure"] { rollout.onFailure = action(field) ?? .rollback }
        rollout.monitor = wait(fields["monitor"]) ?? rollout.monitor
        if let field = fields["deadline"], let deadline = wait(field) {
            if deadline < .seconds(1) { field.refuse("must be at least 1s") }
            if deadline <= rollout.monitor {
                field.refuse("is not longer than 'monitor'", "give it more, or monitor for less")
            }
            rollout.deadline = deadline
        } else {
            rollout.deadline += rollout.monitor
        }
        rollout.keep = fields["keep"]?.integer(1...100)
        return rollout
    }

    /// `deploy.update_config`.
    func update(_ field: Field) -> UpdateConfig {
        guard let fields = Fields(field, .update) else { return UpdateConfig() }
        var config = config(fields)
        config.failureAction = fields["failure_action"].flatMap(action)
        return config
    }

    /// `deploy.rollback_config`.
    func rollback(_ field: Field) -> UpdateConfig {
        Fields(field, .rollback).map(config) ?? UpdateConfig()
    }

    /// `x-martlet.drain`.
    func drain(_ field: Field) -> Duration? {
        Fields(field, .drain).flatMap { wait($0["wait"]) }
    }

    /// `x-martlet.window`: one, or a list of them.
    func windows(_ field: Field) -> [Window] {
        let items = field.itemsOrOne()
        if field.isSequence, items.isEmpty { field.refuse("is empty", "name a window, or remove the key") }
        if items.count > RolloutDecoder.maximumWindows {
            field.refuse("more than \(RolloutDecoder.maximumWindows) windows", "use fewer of them")
        }
        return items.compactMap { item in
            guard let text = item.string() else { return nil }
            do throws(CalendarError) {
                return try Window(text)
            } catch {
                item.refuse(error.what, error.remedy)
                return nil
            }
        }
    }

    private func config(_ fields: Fields) -> UpdateConfig {
        var config = UpdateConfig(
            parallelism: fields["parallelism"]?.integer(0...1000) ?? 1,
            delay: wait(fields["delay"]) ?? .zero,
            monitor: wait(fields["monitor"]),
            order: fields["order"]?.parsed("an order", "use stop-first or start-first") {
                UpdateOrder(rawValue: $0)
            } ?? .stopFirst
        )
        config.maximumFailureRatio =
            fields["max_failure_ratio"]?.parsed("a number from 0 to 1", "write for example 0.3") { text in
                CPUCount(text).flatMap { $0.nanos <= 1_000_000_000 ? Double($0.nanos) / 1e9 : nil }
            } ?? 0
        return config
    }

    private func action(_ field: Field) -> FailureAction? {
        field.parsed("what follows a failure", "use rollback, pause or continue") {
            FailureAction(rawValue: $0)
        }
    }

    private func wait(_ field: Field?) -> Duration? {
        guard let field, let wait = field.duration() else { return nil }
        if wait > RolloutDecoder.longest { field.refuse("is longer than a day") }
        return wait
    }
}
