// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

@Suite struct RolloutTests {
    private func rollout(_ text: String) throws(Report) -> Rollout {
        try Sample.app("x-martlet: {rollout: {\(text)}}\n" + Sample.header).rollout
    }

    @Test func `what is absent has its default`() throws {
        #expect(try Sample.app(Sample.header).rollout == Rollout())
        #expect(
            Rollout() == Rollout(onFailure: .rollback, monitor: .zero, deadline: .seconds(600), keep: nil)
        )
        let web = try Sample.web("deploy: {update_config: {}, rollback_config: {}}")
        #expect(web == (try Sample.web("")))
        #expect(web.update == UpdateConfig(parallelism: 1, delay: .zero, order: .stopFirst))
        #expect(web.update.failureAction == nil && web.update.monitor == nil && web.drain == nil)
    }

    @Test func `everything is decoded`() throws {
        #expect(
            try rollout("strategy: ordered, on_failure: pause, monitor: 60s, deadline: 10m, keep: 7")
                == Rollout(onFailure: .pause, monitor: .seconds(60), deadline: .seconds(600), keep: 7)
        )
        #expect(try rollout("monitor: 1h").deadline == .seconds(4200))
        let web = try Sample.web(
            """
            deploy:
              update_config: {parallelism: 0, delay: 5s, failure_action: continue, monitor: 1m, order: start-first}
              rollback_config: {parallelism: 2, delay: 1s, monitor: 2s, order: stop-first}
            x-martlet: {drain: {wait: 10s}}
            """
        )
        #expect(
            web.update
                == UpdateConfig(
                    parallelism: 0,
                    delay: .seconds(5),
                    failureAction: .continue,
                    monitor: .seconds(60),
                    order: .startFirst
                )
        )
        #expect(web.rollback == UpdateConfig(parallelism: 2, delay: .seconds(1), monitor: .seconds(2)))
        #expect(web.drain == .seconds(10))
    }

    @Test(arguments: [
        ("strategy: parallel", "rollout.strategy: 'parallel' is not supported yet"),
        ("on_failure: retry", "'retry' is not what follows a failure: use rollback, pause or continue"),
        ("monitor: soon", "'soon' is not a duration"), ("monitor: 25h", "is longer than a day"),
        ("deadline: 10ms", "must be at least 1s"),
        ("monitor: 1m, deadline: 1m", "deadline: is not longer than 'monitor': give it more"),
        ("keep: 0", "'0' is not a whole number from 1 to 100"), ("keeps: 1", "did you mean 'keep'?"),
    ])
    func `a rollout that means nothing is refused`(_ text: String, _ what: String) {
        let problems = Sample.problems("x-martlet: {rollout: {\(text)}}\n" + Sample.header)
        #expect(problems.count == 1 && problems[0].hasPrefix("app.yaml:1:"), "\(problems)")
        #expect(problems.first?.contains(what) == true, "\(problems)")
    }

    @Test(arguments: [
        ("deploy: {update_config: {order: any}}", "is not an order"),
        ("deploy: {rollback_config: {max_failure_ratio: 2}}", "'2' is not a number from 0 to 1"),
        ("deploy: {update_config: {parallelism: 1001}}", "from 0 to 1000"),
        ("deploy: {rollback_config: {failure_action: pause}}", "failure_action | not supported yet"),
        ("x-martlet: {drain: 5s}", "drain | must be a mapping"),
        ("x-martlet: {drain: {wait: 2d}}", "'2d' is not a duration"),
    ])
    func `an update that means nothing is refused`(_ lines: String, _ what: String) {
        let problems = Sample.webProblems(lines)
        #expect(problems.contains { $0.contains(what) }, "\(problems)")
    }

    @Test(arguments: [
        "deploy: {update_config: {order: start-first}}", "deploy: {update_config: {monitor: 0s}}",
        "deploy: {update_config: {failure_action: rollback}}", "deploy: {rollback_config: {parallelism: 0}}",
        "deploy: {update_config: {max_failure_ratio: 0.5}}",
        "deploy: {rollback_config: {max_failure_ratio: 0.5}}",
        "x-martlet: {drain: {wait: 0s}}",
    ])
    func `how it is replaced is part of the generation, and no reason to replace it`(_ lines: String) throws {
        let apps = try ["", lines].map { try Sample.app(Sample.header + "    " + $0 + "\n") }
        #expect(apps[0].digest != apps[1].digest)
        #expect(apps[0].replaceKey(of: apps[0].services[0]) == apps[1].replaceKey(of: apps[1].services[0]))
    }

    @Test func `a rollout is part of the generation`() throws {
        let plain = try Sample.app(Sample.header).digest
        #expect(try Sample.app("x-martlet: {rollout: {keep: 9}}\n" + Sample.header).digest != plain)
        #expect(try Sample.app("x-martlet: {rollout: {}}\n" + Sample.header).digest == plain)
    }
}
