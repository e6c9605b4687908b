internal import Testing

// SPDX-License-Identifier: Apache-2.0
@testable internal import Objects

/// What a store may send as XML, and what it may not.
@Suite struct XMLTests {
    @Test func `names, text, entities and what is between them`() throws {
        let text = """
            \u{FEFF}<?xml version="1.0" encoding="UTF-8"?>
            <!-- a list --><a:List xmlns:a="http://a>b" b='"/>'>
            <Key>a&amp;b&lt;&gt;&quot;&apos;&#x41;&#66;&#xF1;</Key><Key><![CDATA[<raw>&]]> ñ</Key><Empty/><Empty a="b" />
            <Deep><Key>c</Key></Deep></a:List>

            """
        let root = try #require(XMLElement.parse(Array(text.utf8)))
        #expect(root.name == "List" && root["Key"] == "a&b<>\"'ABñ" && root["Empty"] == "")
        #expect(root.all("Key").map(\.text) == ["a&b<>\"'ABñ", "<raw>& ñ"])
        #expect(root.all("Deep").first?["Key"] == "c" && root["Absent"] == nil)
        // A key may hold what XML 1.0 has no letter for.
        #expect(XMLElement.parse(Array("<a>&#1;</a>".utf8))?.text == "\u{1}")
    }

    @Test(arguments: [
        "", " ", "text", "<a>", "</a>", "<a></b>", "<a/><b/>", "<a/>text", "text<a/>", "<a><b></a></b>", "<a",
        "<a b",
        "<a>&b;</a>", "<a>&</a>", "<a>&#;</a>", "<a>&#x;</a>", "<a>&#xD800;</a>", "<a>&#x110000;</a>",
        "<a>&#-1;</a>", "<a>&#+1;</a>", "<a>&amp</a>",
        "<!DOCTYPE a><a/>", "<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "<a><![CDATA[</a>", "<a><!-- </a>",
        "<?xml <a/>", "<>", "<a></>", "<a><//a>", "</a/>", "<a b=\"></a>", "<a<b></a>", "< a></a>",
        "<a>\u{0}<</a>",
    ])
    func `what is no document is none`(_ text: String) {
        #expect(XMLElement.parse(Array(text.utf8)) == nil)
    }

    @Test func `a document is bounded in every way`() {
        func nested(_ depth: Int) -> [UInt8] {
            Array((String(repeating: "<a>", count: depth) + String(repeating: "</a>", count: depth)).utf8)
        }
        #expect(XMLElement.parse(nested(16)) != nil && XMLElement.parse(nested(17)) == nil)
        #expect(XMLElement.parse(nested(1_000_000)) == nil)
        func wide(_ count: Int) -> [UInt8] { Array("<a>\(String(repeating: "<b/>", count: count))</a>".utf8) }
        #expect(XMLElement.parse(wide(49_999)) != nil && XMLElement.parse(wide(50_000)) == nil)
        let long = [UInt8](repeating: 0x20, count: XMLElement.maximumBytes)
        #expect(XMLElement.parse(Array("<a/>".utf8) + long.prefix(10_000)) != nil)
        #expect(XMLElement.parse(Array("<a/>".utf8) + long) == nil)
        #expect(XMLElement.parse(Array("<\(String(repeating: "a", count: 101))/>".utf8)) == nil)
        #expect(XMLElement.parse(Array("<a>".utf8) + [0xFF, 0xC0] + Array("</a>".utf8)) == nil)
    }

    @Test func `no cut and no changed byte of a list does harm`() {
        let list = Array(
            """
            <?xml version="1.0"?><ListBucketResult xmlns="s3"><IsTruncated>false</IsTruncated><KeyCount>1</KeyCount>\
            <Contents><Key>a&amp;b</Key><LastModified>2009-10-12T17:50:30.000Z</LastModified><ETag>&quot;1&quot;</ETag>\
            <Size>7</Size></Contents><!-- end --></ListBucketResult>
            """.utf8
        )
        #expect(XMLElement.parse(list).flatMap { S3Page($0) }?.objects.map(\.name) == ["a&b"])
        for end in list.indices { #expect(XMLElement.parse(Array(list[..<end])) == nil) }
        for index in list.indices {
            for byte in [0, 0x22, 0x26, 0x2F, 0x3C, 0x3E, 0x5D, 0xFF] as [UInt8] {
                var changed = list
                changed[index] = byte
                _ = XMLElement.parse(changed).flatMap { S3Page($0) }
            }
        }
    }

    @Test(arguments: [
        ("2009-10-12T17:50:30.000Z", 1_255_369_830), ("1970-01-01T00:00:00Z", 0),
        ("2024-02-29T23:59:60Z", 1_709_251_200),
    ])
    func `times of lists are read`(_ text: String, _ seconds: Int64) {
        #expect(S3Page.seconds(text) == seconds)
    }

    @Test(arguments: [
        "", "yesterday", "2009-13-12T17:50:30Z", "2009-10-12", "99999999999-1-1T1:1:1Z", "0-1-1T1:1:1Z",
    ])
    func `what is no time is none`(_ text: String) { #expect(S3Page.seconds(text) == nil) }
}
