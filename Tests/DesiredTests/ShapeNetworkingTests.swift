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
        (
            #"extra_hosts: ["host.docker.internal:host-gateway"]"#,
            #"{"extra_hosts":["host.docker.internal=host-gateway"]}"#
        ),
        (
            #"ports: ["127.0.0.1:80:80/tcp", "53:53/udp", "6881-6889:6881-6889"]"#,
            #"{"ports":[{"host_ip":"127.0.0.1","mode":"ingress","protocol":"tcp","published":"80","target":80},{"mode":"ingress","protocol":"udp","published":"53","target":53},{"mode":"ingress","protocol":"tcp","published":"6881","target":6881},{"mode":"ingress","protocol":"tcp","published":"6882","target":6882},{"mode":"ingress","protocol":"tcp","published":"6883","target":6883},{"mode":"ingress","protocol":"tcp","published":"6884","target":6884},{"mode":"ingress","protocol":"tcp","published":"6885","target":6885},{"mode":"ingress","protocol":"tcp","published":"6886","target":6886},{"mode":"ingress","protocol":"tcp","published":"6887","target":6887},{"mode":"ingress","protocol":"tcp","published":"6888","target":6888},{"mode":"ingress","protocol":"tcp","published":"6889","target":6889}]}"#
        ),
        (
            #"ports: ["0.0.0.0:80:80"]"#,
            #"{"ports":[{"host_ip":"0.0.0.0","mode":"ingress","protocol":"tcp","published":"80","target":80}]}"#
        ),
        (
            "ports: [80:80]",
            #"{"ports":[{"mode":"ingress","protocol":"tcp","published":"80","target":80}]}"#
        ),
        (
            "ports: [22:22]",
            #"{"ports":[{"mode":"ingress","protocol":"tcp","published":"22","target":22}]}"#
        ),
        (
            "ports: [{target: 80, published: 80, mode: host, protocol: tcp}]",
            #"{"ports":[{"mode":"host","protocol":"tcp","published":"80","target":80}]}"#
        ),
        (
            #"dns: ["1.1.1.1", "2606:4700:4700::1111"]"#,
            #"{"dns":["1.1.1.1","2606:4700:4700::1111"]}"#
        ),
    ])
    func `networks, ports and names have one long form`(_ lines: String, _ long: String) {
        #expect(Sample.long(lines) == long)
    }
}
