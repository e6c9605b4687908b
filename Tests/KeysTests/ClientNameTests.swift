// SPDX-License-Identifier: Apache-2.0
internal import Testing

@testable internal import Keys

@Suite struct ClientNameTests {
    @Test(
        arguments: [
            (["ci"], [], "CN=ci"), (["Anna Smith"], ["web", "ops"], "CN=Anna Smith,OU=web,OU=ops"),
            (["ci OU=ops"], [], #"CN=ci OU\=ops"#), (["ci,OU=ops"], [], #"CN=ci\,OU\=ops"#),
            (["ci, signed by team"], ["a+b"], #"CN=ci\, signed by team,OU=a\+b"#),
            ([#"ci\"#], ["ops"], #"CN=ci\\,OU=ops"#), (["a  b", " c", "d "], [], #"CN=a \ b,CN=\ c,CN=d\ "#),
            ([#"a\ "#, " "], [""], #"CN=a\\\ ,CN=\ ,OU="#), (["a\n2026\u{0}"], [], #"CN=a\0A2026\00"#),
            (["é\u{202E}\u{A0}x"], [], #"CN=é\E2\80\AE\C2\A0x"#), ([], ["ops"], "OU=ops"),
        ] as [([String], [String], String)]
    )
    func `a subject is written so that it can be read in one way only`(
        _ names: [String],
        _ units: [String],
        _ text: String
    ) {
        #expect("\(ClientAuthority.Subject(commonNames: names, units: units))" == text)
    }
}
