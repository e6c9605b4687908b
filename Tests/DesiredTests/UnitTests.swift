// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Testing

@Suite struct UnitTests {
    @Test(arguments: [
        ("64m", 64 << 20), ("1gb", 1 << 30), ("1.5G", 3 << 29), ("512", 512), ("512b", 512), ("2k", 2048),
        ("2KiB", 2048),
        ("1t", 1 << 40), ("0.5k", 512), ("8191p", 8191 << 50),
    ])
    func `sizes are powers of 1024`(_ text: String, _ bytes: Int64) {
        #expect(ByteCount(text) == ByteCount(bytes))
    }

    @Test(arguments: [
        "", "m", "-1", "+1", "1x", "1 m", " 1", "1m ", "1.2.3", "8192p", "1e3", "１k", "99999999999999999999",
    ])
    func `what is not a size is refused`(_ text: String) {
        #expect(ByteCount(text) == nil)
    }

    @Test(arguments: [
        ("1m30s", Duration.seconds(90)), ("500ms", .milliseconds(500)),
        ("1h5m30s20ms", .milliseconds(3_930_020)),
        ("1.5s", .milliseconds(1500)), ("10us", .microseconds(10)), ("0", .zero), ("0s", .zero),
    ])
    func `durations are sums of parts`(_ text: String, _ duration: Duration) throws {
        #expect(try Sample.web("stop_grace_period: \(text)").stopGracePeriod == duration)
    }

    @Test(arguments: ["", "10", "s", "-1s", "1 s", "1d", "1s ", "1m 30s", "9999999999h", "1ss", "１s"])
    func `what is not a duration is refused`(_ text: String) {
        #expect(Sample.webProblems("stop_grace_period: \"\(text)\"").count == 1)
    }

    @Test(arguments: [
        ("0.0.0.0", "0.0.0.0"), ("255.1.2.3", "255.1.2.3"), ("::", "::"), ("::1", "::1"),
        ("fe80::1:0:0:1", "fe80::1:0:0:1"),
        ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("::ffff:1.2.3.4", "::ffff:102:304"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"),
        ("1::", "1::"), ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"),
    ])
    func `addresses have one spelling`(_ text: String, _ spelled: String) {
        #expect(IPAddress(text)?.description == spelled)
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.1.1.1", "1.2.3.4 ", ":", ":::", "1::2::3", "1:2:3:4:5:6:7",
        "12345::", "fe80::1%eth0", "1:2:3:4:5:6:7:8:9", "::1.2.3", "1.2.3.4::",
    ])
    func `what is not an address is refused`(_ text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test func `prefixes know what they contain`() {
        #expect(IPPrefix("10.0.0.0/8").map { ten in IPAddress("10.9.8.7").map(ten.contains) } == true)
        #expect(IPPrefix("10.0.0.0/8").flatMap { ten in IPPrefix("10.1.0.0/16").map(ten.overlaps) } == true)
        #expect(
            IPPrefix("0.0.0.0/0") != nil && IPPrefix("10.0.0.0/33") == nil && IPPrefix("10.0.0.1/31") == nil
        )
    }

    @Test(arguments: [
        ("SIGTERM", 15), ("term", 15), ("9", 9), ("SIGRTMIN+3", 37), ("RTMAX-1", 63), ("SIGRTMIN", 34),
    ])
    func `signals have names and numbers`(_ text: String, _ number: Int32) {
        #expect(Signal(text)?.number == number)
    }

    @Test(arguments: ["", "SIG", "0", "65", "-9", "SIGRTMIN-1", "SIGRTMIN+31", "SIGSIGTERM"])
    func `what is not a signal is refused`(_ text: String) {
        #expect(Signal(text) == nil)
    }
}
