internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Desired

/// Each row is what `docker-compose config` 2.40.3 makes of it too.
@Suite struct ShapeNetworkingTests {
    @Test(arguments: [
        (
            "ports: [80]",
            #"{"ports":[{"mode":"ingress","protocol":"tcp","target":80}]}"#
        ),
        (
            #"ports: ["80"]"#,
            #"{"ports":[{"mode":"ingress","protocol":"tcp","target":80}]}"#
        ),
        (
            #"ports: ["8080:80"]"#,
            #"{"ports":[{"mode":"ingress","protocol":"tcp","published":"8080","target":80}]}"#
        ),
        (
            #"ports: ["8080-8082:80-82"]"#,
            #"{"ports":[{"mode":"ingress","protocol":"tcp","published":"8080","target":80},{"mode":"ingress","protocol":"tcp","published":"8081","target":81},{"mode":"ingress","protocol":"tcp","published":"8082","target":82}]}"#
        ),
        (
            #"ports: ["8080-8082:80"]"#,
            #"{"ports":[{"mode":"ingress","protocol":"tcp","published":"8080-8082","target":80}]}"#
        ),
        (
            #"ports: ["80-82"]"#,
            #"{"ports":[{"mode":"ingress","protocol":"tcp","target":80},{"mode":"ingress","protocol":"tcp","target":81},{"mode":"ingress","protocol":"tcp","target":82}]}"#
        ),
        (
            #"ports: ["127.0.0.1:8080:80/udp"]"#,
            #"{"ports":[{"host_ip":"127.0.0.1","mode":"ingress","protocol":"udp","published":"8080","target":80}]}"#
        ),
        (
            #"ports: ["127.0.0.1::80"]"#,
            #"{"ports":[{"host_ip":"127.0.0.1","mode":"ingress","protocol":"tcp","target":80}]}"#
        ),
        (
            #"ports: ["[::1]:8080:80"]"#,
            #"{"ports":[{"host_ip":"::1","mode":"ingress","protocol":"tcp","published":"8080","target":80}]}"#
        ),
        (
            #"ports: ["0:80"]"#,
            #"{"ports":[{"mode":"ingress","protocol":"tcp","published":"0","target":80}]}"#
        ),
        (
            #"ports: ["80:80/UDP"]"#,
            #"{"ports":[{"mode":"ingress","protocol":"udp","published":"80","target":80}]}"#
        ),
        (
            #"ports: ["80:80/sctp"]"#,
            #"{"ports":[{"mode":"ingress","protocol":"sctp","published":"80","target":80}]}"#
        ),
        (
            "ports: [{target: 80}]",
            #"{"ports":[{"mode":"ingress","protocol":"tcp","target":80}]}"#
        ),
        (
            #"ports: [{target: "80", published: 8080, host_ip: 1.2.3.4, protocol: udp, mode: host, name: x, app_protocol: http, x-a: 1}]"#,
            #"{"ports":[{"app_protocol":"http","host_ip":"1.2.3.4","mode":"host","name":"x","protocol":"udp","published":"8080","target":80}]}"#
        ),
        (
            #"ports: [{target: 80, published: "8080-8090"}]"#,
            #"{"ports":[{"mode":"ingress","protocol":"tcp","published":"8080-8090","target":80}]}"#
        ),
        (
            "ports: []",
            "{}"
        ),
        (
            #"ports: ["10:20", "9:19"]"#,
            #"{"ports":[{"mode":"ingress","protocol":"tcp","published":"10","target":20},{"mode":"ingress","protocol":"tcp","published":"9","target":19}]}"#
        ),
        (
            #"ports: ["100-102:9-11"]"#,
            #"{"ports":[{"mode":"ingress","protocol":"tcp","published":"101","target":10},{"mode":"ingress","protocol":"tcp","published":"102","target":11},{"mode":"ingress","protocol":"tcp","published":"100","target":9}]}"#
        ),
        (
            #"extra_hosts: [a=1.2.3.4, a:1.2.3.5, "b=[::1]", "c:::1", d=host-gateway]"#,
            #"{"extra_hosts":["a=1.2.3.4","a=1.2.3.5","b=::1","c=::1","d=host-gateway"]}"#
        ),
        (
            "extra_hosts: {a: 1.2.3.4, b: [1.1.1.1, 2.2.2.2]}",
            #"{"extra_hosts":["a=1.2.3.4","b=1.1.1.1","b=2.2.2.2"]}"#
        ),
        (
            #"extra_hosts: {a: "::1", b: "[::1]"}"#,
            #"{"extra_hosts":["a=::1","b=::1"]}"#
        ),
        (
            "dns: 8.8.8.8",
            #"{"dns":["8.8.8.8"]}"#
        ),
        (
            "dns: [8.8.8.8, 9.9.9.9]",
            #"{"dns":["8.8.8.8","9.9.9.9"]}"#
        ),
        (
            "dns: foo",
            #"{"dns":["foo"]}"#
        ),
        (
            "dns_search: x",
            #"{"dns_search":["x"]}"#
        ),
        (
            "dns_search: [x]",
            #"{"dns_search":["x"]}"#
        ),
        (
            "dns_opt: [a]",
            #"{"dns_opt":["a"]}"#
        ),
        (
            #"expose: [80, "90", 80-85/tcp]"#,
            #"{"expose":["80","90","80-85/tcp"]}"#
        ),
        (
            "hostname: a_b",
            #"{"hostname":"a_b"}"#
        ),
        (
            "domainname: x",
            #"{"domainname":"x"}"#
        ),
        (
            "external_links: [a, b:c]",
            #"{"external_links":["a","b:c"]}"#
        ),
        (
            #"expose: ["80-85", "90/udp"]"#,
            #"{"expose":["80-85","90/udp"]}"#
        ),
    ])
    func `networks, ports and names have one long form`(_ lines: String, _ long: String) {
        #expect(Sample.long(lines) == long)
    }
}
