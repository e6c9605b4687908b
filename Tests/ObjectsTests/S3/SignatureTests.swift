internal import Keys
internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Objects

/// Requests and signatures that AWS publishes: its test suite for version 4, and the examples of S3's documentation.
@Suite struct SignatureTests {
    struct Vector: CustomTestStringConvertible {
        let name: String
        var method = "GET"
        var path = "/"
        var query = ""
        var fields: [(String, String)] = []
        var body = ""
        var session: String?
        let signature: String
        var testDescription: String { name }
    }

    /// Of 30 August 2015, for the service `service`.
    static let general = [
        Vector(
            name: "get-vanilla",
            signature: "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        ),
        Vector(
            name: "get-vanilla-with-session-token",
            session: "6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267",
            signature: "07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8"
        ),
        Vector(
            name: "get-utf8",
            path: "/%E1%88%B4",
            signature: "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"
        ),
        Vector(
            name: "get-unreserved",
            path: "/-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz",
            signature: "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"
        ),
        Vector(
            name: "get-space",
            path: "/example%20space/",
            signature: "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"
        ),
        Vector(
            name: "get-vanilla-query-order-key-case",
            query: S3Signature.query(of: [("Param2", "value2"), ("Param1", "value1")]),
            signature: "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
        ),
        Vector(
            name: "get-vanilla-query-order-encoded",
            query: S3Signature.query(of: [("Param-3", "Value3"), ("Param", "Value2"), ("\u{1234}", "Value1")]
            ),
            signature: "371d3713e185cc334048618a97f809c9ffe339c62934c032af5a0e595648fcac"
        ),
        Vector(
            name: "get-vanilla-utf8-query",
            query: S3Signature.query(of: [("\u{1234}", "bar")]),
            signature: "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"
        ),
        Vector(
            name: "get-header-value-order",
            fields: ["value4", "value1", "value3", "value2"].map { ("My-Header1", $0) },
            signature: "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"
        ),
        Vector(
            name: "get-header-value-trim",
            fields: [("My-Header1", " value1"), ("My-Header2", " \"a   b   c\"")],
            signature: "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"
        ),
        Vector(
            name: "post-x-www-form-urlencoded",
            method: "POST",
            fields: [
                ("Content-Type", "application/x-www-form-urlencoded"), ("Content-Length", "13"),
                (
                    "x-amz-content-sha256",
                    "9095672bbd1f56dfc5b65f3e153adc8731a4a654192329106275f4c7b24d0b6e"
                ),
            ],
            body: "Param1=value1",
            signature: "d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b"
        ),
    ]

    @Test(arguments: general) func `the signatures of AWS's test suite are ours`(_ vector: Vector) {
        check(vector, "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "service", 1_440_938_160)
    }

    /// Of 24 May 2013, for S3.
    static let object = [
        Vector(
            name: "get object",
            path: "/test.txt",
            fields: [("Range", "bytes=0-9")],
            signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
        ),
        Vector(
            name: "put object",
            method: "PUT",
            path: "/test%24file.text",
            fields: [
                ("Date", "Fri, 24 May 2013 00:00:00 GMT"), ("x-amz-storage-class", "REDUCED_REDUNDANCY"),
            ],
            body: "Welcome to Amazon S3.",
            signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"
        ),
        Vector(
            name: "get bucket lifecycle",
            query: S3Signature.query(of: [("lifecycle", "")]),
            signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"
        ),
        Vector(
            name: "list objects",
            query: S3Signature.query(of: [("prefix", "J"), ("max-keys", "2")]),
            signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"
        ),
    ]

    @Test(arguments: object) func `the signatures in the documentation of S3 are ours`(_ vector: Vector) {
        var vector = vector
        vector.fields.append(("x-amz-content-sha256", HashFunction.sha256.hex(Array(vector.body.utf8))))
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
        check(vector, "AKIAIOSFODNN7EXAMPLE", secret, "s3", 1_369_353_600)
    }

    private func check(
        _ vector: Vector,
        _ id: String,
        _ secret: String,
        _ service: String,
        _ time: Int64
    ) {
        let signature = S3Signature(
            key: AccessKey(id: id, secret: secret),
            region: "us-east-1",
            service: service,
            time: time
        )
        let host = service == "s3" ? "examplebucket.s3.amazonaws.com" : "example.amazonaws.com"
        var fields = vector.fields + [("Host", host), ("X-Amz-Date", signature.date)]
        if let session = vector.session { fields.append(("X-Amz-Security-Token", session)) }
        let made = signature.authorization(
            vector.method,
            vector.path,
            query: vector.query,
            fields: fields.map { (name: $0.0, value: $0.1) },
            payload: HashFunction.sha256.hex(Array(vector.body.utf8))
        )
        let day = signature.date.prefix(8)
        #expect(
            made.hasPrefix(
                "AWS4-HMAC-SHA256 Credential=\(id)/\(day)/us-east-1/\(service)/aws4_request, SignedHeaders="
            )
        )
        #expect(made.hasSuffix(", Signature=\(vector.signature)"))
    }

    @Test func `a key says its name and never its secret`() {
        let key = AccessKey(id: "AK", secret: "hidden", session: "hidden too")
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] {
            #expect(!text.contains("hidden"), "\(text)")
        }
    }
}
