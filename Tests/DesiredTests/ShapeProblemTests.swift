internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Desired

@Suite struct ShapeProblemTests {
    @Test(arguments: [
        ("prots: [80]", "services.web.prots | unknown key | did you mean 'ports'?"),
        ("zzzzzz: 1", "services.web.zzzzzz | unknown key | remove it"),
        ("build: {contxt: .}", "services.web.build.contxt | unknown key | did you mean 'context'?"),
        ("x-martlet: {}\nlogging: {x-jobs: {}}", "services.web.logging.x-jobs | unknown key | remove it"),
        ("ports: 80", "services.web.ports | must be a list, is a number | "),
        ("ports: [true]", "services.web.ports[0] | must be a string or a number, is true or false | "),
        (
            "ports: ['80/icmp']", "services.web.ports[0] | 'icmp' is not a protocol | use tcp, udp or sctp"
        ),
        (
            "ports: [{target: 0}]",
            "services.web.ports[0].target | '0' is not a whole number from 1 to 65535 | "
        ),
        (
            "ports: [{published: 80}]",
            "services.web.ports[0] | 'target' is missing | add the port inside the container"
        ),
        ("environment: x", "services.web.environment | must be a mapping or a list, is a string | "),
        (
            "environment: {A: 1.0}",
            "services.web.environment.A | '1.0' is a number whose spelling is lost | put it in quotes"
        ),
        ("labels: [a=1, a=2]", "services.web.labels[1] | 'a' is given twice | keep one of them"),
        ("cap_add: [A, A]", "services.web.cap_add | is given twice | keep one of them"),
        ("healthcheck:", "services.web.healthcheck | must be a mapping, is empty | "),
        (
            "healthcheck: {interval: 10}",
            "services.web.healthcheck.interval | '10' is not a duration | write for example 90s or 1m30s"
        ),
        ("mem_limit: 1.5", "services.web.mem_limit | '1.5' is not a size | write for example 64m or 1.5G"),
        (
            "deploy: {resources: {limits: {memory: 1000}}}",
            "services.web.deploy.resources.limits.memory | must be a string, is a number | put it in quotes"
        ),
        (
            "deploy: {update_config: {order: any}}",
            "services.web.deploy.update_config.order | 'any' is not an order | use stop-first or start-first"
        ),
        (
            "deploy: {update_config: {max_failure_ratio: 2}}",
            "services.web.deploy.update_config.max_failure_ratio | '2' is not a number from 0 to 1 | write for example 0.3"
        ),
        (
            "volumes: [{type: tmpfs, target: /x, tmpfs: {mode: 1777}}]",
            "services.web.volumes[0].tmpfs.mode | '1777' is not permission bits in octal | write for example \"0440\""
        ),
        (
            "volumes: [{type: bind, target: /x}]",
            "services.web.volumes[0] | 'source' is missing | add the path on the host"
        ),
        (
            "volumes: ['~joe/x:/x']",
            "services.web.volumes[0] | '~' is not supported with a user's name | write the absolute path"
        ),
        (
            "gpus: [{count: 1, device_ids: ['0']}]",
            "services.web.gpus[0].count | does not go with 'device_ids' | remove one of them"
        ),
        (
            "network_mode: host\nnetworks: [default]",
            "services.web.networks | does not go with network_mode host | remove one of them"
        ),
        (
            "scale: 2\ndeploy: {replicas: 3}",
            "services.web.scale | differs from services.web.deploy.replicas | keep one of them"
        ),
        (
            "build: {dockerfile: a, dockerfile_inline: b}",
            "services.web.build.dockerfile_inline | does not go with 'dockerfile' | keep one of them"
        ),
        ("configs: [c]", "services.web.configs | config 'c' is not defined | add it under 'configs'"),
        (
            "links: [db]",
            "services.web.depends_on | service 'db' is not defined | add it, or write 'required: false'"
        ),
        (
            "pid: 'service:web'",
            "services.web.depends_on | services wait for each other: web -> web | remove one dependency"
        ),
    ])
    func `a bad value is named with what is wanted`(_ lines: String, _ problem: String) {
        #expect(Sample.long(lines) == problem)
    }

    @Test(arguments: [
        (
            "name: a\nservices: {web: {}}",
            "app.yaml:2:17: services.web: 'image' is missing: name the image to run, or add 'build'"
        ),
        (
            "name: a\nservices: {web: {image: 5}}",
            "app.yaml:2:25: services.web.image: must be a string, is a number: put it in quotes"
        ),
        (
            "name: a\nservices: {web: {image: i, secrets: [{source: s}]}}\nsecrets: {s: {}}",
            "app.yaml:3:14: secrets.s: has no content: add file or environment, or 'external: true'"
        ),
        (
            "name: a\nservices: {web: {image: i}}\nconfigs: {c: {file: a, content: b}}",
            "app.yaml:3:33: configs.c.content: does not go with 'file': keep one of them"
        ),
        (
            "name: a\nservices: {web: {image: i}}\nvolumes: {v: {external: true, driver: x}}",
            "app.yaml:3:39: volumes.v.driver: does not go with 'external: true': remove one of them"
        ),
        (
            "name: a\nservices: {web: {image: i}}\nnetworks: {n: {external: {name: x}, name: y}}",
            "app.yaml:3:26: networks.n.external: names it beside 'name': keep 'name'"
        ),
        (
            "name: a\nservices: {web: {image: i}}\nmodels: {m: {}}",
            "app.yaml:3:10: models.m: 'model' is missing: name the model to run"
        ),
        (
            "name: a\nversion: 3\nservices: {}",
            "app.yaml:2:10: version: must be a string, is a number: put it in quotes"
        ),
        (
            "name: a\nservices: {web: {image: i, networks: [n]}}\nnetworks: {n: []}",
            "app.yaml:3:15: networks.n: must be a mapping, is a list"
        ),
    ])
    func `a bad project is refused once, at its place`(_ yaml: String, _ problem: String) {
        #expect(Sample.model(yaml) == problem)
    }

    @Test(arguments: [
        ("- a\n", ["app.yaml:1:1: must be a mapping, is a list"]),
        (
            "name: a\nservices: {web: {image: i, networks: [n]}}\nnetworks: []\n",
            ["app.yaml:3:11: networks: must be a mapping, is a list"]
        ),
        (
            "name: a\nservices: {web: {}}\n",
            ["app.yaml:2:17: services.web: 'image' is missing: name the image to run, or add 'build'"]
        ),
        (
            "name: a\nservices: {web: {image: [], build: .}}\n",
            [
                "app.yaml:2:25: services.web.image: must be a string, is a list",
                "app.yaml:2:29: services.web.build: not supported yet: remove the key",
            ]
        ),
    ])
    func `what follows from a problem is not another one`(_ yaml: String, _ problems: [String]) {
        #expect(Sample.problems(yaml) == problems)
    }

    @Test func `the home directory is needed only where it is asked for`() {
        let yaml = "name: a\nservices: {web: {image: i, build: ~}}"
        #expect(Sample.model(yaml, home: nil).contains("must be a mapping, is empty"))
        let quoted = "name: a\nservices: {web: {image: i, build: '~/x'}}"
        #expect(Sample.model(quoted, home: nil).contains("'~' needs the variable HOME"))
        #expect(Sample.model(quoted).contains(#""context":"/root/x""#))
    }
}
