internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Desired

/// Each row is what `docker-compose config` 2.40.3 makes of it too.
@Suite struct ShapeLifecycleTests {
    @Test(arguments: [
        (
            "healthcheck: {test: curl x}",
            #"{"healthcheck":{"test":["CMD-SHELL","curl x"]}}"#
        ),
        (
            "healthcheck: {test: [CMD, a]}",
            #"{"healthcheck":{"test":["CMD","a"]}}"#
        ),
        (
            "healthcheck: {test: [NONE]}",
            #"{"healthcheck":{"test":["NONE"]}}"#
        ),
        (
            "healthcheck: {test: NONE}",
            #"{"healthcheck":{"test":["CMD-SHELL","NONE"]}}"#
        ),
        (
            "healthcheck: {test: []}",
            #"{"healthcheck":{}}"#
        ),
        (
            "healthcheck: {disable: true}",
            #"{"healthcheck":{"disable":true}}"#
        ),
        (
            "healthcheck: {disable: false}",
            #"{"healthcheck":{}}"#
        ),
        (
            "healthcheck: {disable: true, test: x, interval: 1s}",
            #"{"healthcheck":{"disable":true,"interval":"1s","test":["CMD-SHELL","x"]}}"#
        ),
        (
            "healthcheck: {interval: 90s, timeout: 1m0s, retries: 3, start_period: 0s, start_interval: 1h}",
            #"{"healthcheck":{"interval":"1m30s","retries":3,"start_interval":"1h0m0s","start_period":"0s","timeout":"1m0s"}}"#
        ),
        (
            #"healthcheck: {interval: "0"}"#,
            #"{"healthcheck":{"interval":"0s"}}"#
        ),
        (
            #"healthcheck: {interval: "1h1m1s1ms1us1ns"}"#,
            #"{"healthcheck":{"interval":"1h1m1.001001001s"}}"#
        ),
        (
            #"healthcheck: {interval: "1µs"}"#,
            #"{"healthcheck":{"interval":"1µs"}}"#
        ),
        (
            "healthcheck: {}",
            #"{"healthcheck":{}}"#
        ),
        (
            "stop_grace_period: 1m30s",
            #"{"stop_grace_period":"1m30s"}"#
        ),
        (
            "stop_grace_period: 0s",
            #"{"stop_grace_period":"0s"}"#
        ),
        (
            "stop_grace_period: 90s",
            #"{"stop_grace_period":"1m30s"}"#
        ),
        (
            "stop_grace_period: 1500ms",
            #"{"stop_grace_period":"1.5s"}"#
        ),
        (
            "stop_signal: SIGFOO",
            #"{"stop_signal":"SIGFOO"}"#
        ),
        (
            "restart: always",
            #"{"restart":"always"}"#
        ),
        (
            "restart: on-failure:3",
            #"{"restart":"on-failure:3"}"#
        ),
        (
            "restart: foo",
            #"{"restart":"foo"}"#
        ),
        (
            #"restart: "no""#,
            #"{"restart":"no"}"#
        ),
        (
            "restart: no",
            #"{"restart":"no"}"#
        ),
        (
            "restart: unless-stopped",
            #"{"restart":"unless-stopped"}"#
        ),
        (
            #"healthcheck: {test: "", retries: 0, interval: 0s}"#,
            #"{"healthcheck":{"interval":"0s","retries":0,"test":["CMD-SHELL",""]}}"#
        ),
        (
            #"healthcheck: {test: ["CMD-SHELL", "curl -f http://x || exit 1"], interval: 1m30s, timeout: 10s, retries: 3, start_period: 40s}"#,
            #"{"healthcheck":{"interval":"1m30s","retries":3,"start_period":"40s","test":["CMD-SHELL","curl -f http://x || exit 1"],"timeout":"10s"}}"#
        ),
        (
            "restart: on-failure",
            #"{"restart":"on-failure"}"#
        ),
        (
            #"stop_signal: "9""#,
            #"{"stop_signal":"9"}"#
        ),
    ])
    func `waiting, health and stopping have one long form`(_ lines: String, _ long: String) {
        #expect(Sample.long(lines) == long)
    }
}
