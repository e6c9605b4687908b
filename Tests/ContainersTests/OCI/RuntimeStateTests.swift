// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Testing

/// The state that `state` prints and hooks read.
@Suite struct RuntimeStateTests {
    @Test func `a state is written as the specification has it`() {
        let state = RuntimeState(
            id: "web-1",
            status: .running,
            pid: 4422,
            bundle: "/containers/web",
            annotations: ["b": "2", "a": "\"1\""]
        )
        #expect(
            state.json.text(.indented(by: "  ")) == #"""
                {
                  "ociVersion": "1.2.0",
                  "id": "web-1",
                  "status": "running",
                  "pid": 4422,
                  "bundle": "/containers/web",
                  "annotations": {
                    "a": "\"1\"",
                    "b": "2"
                  }
                }
                """#
        )
    }

    @Test(arguments: RuntimeState.Status.allCases)
    func `a state is read as it was written`(status: RuntimeState.Status) throws {
        let state = RuntimeState(id: "a", status: status, pid: status == .stopped ? nil : 7, bundle: "/b")
        #expect(try RuntimeState(JSONCursor(parsing: state.json.bytes(), document: "state.json")) == state)
        #expect(state.json.text().contains(status == .stopped ? #""pid":0"# : #""pid":7"#))
        #expect(state.json["annotations"] == nil)
    }

    @Test func `a state that lacks something is refused`() throws {
        let state = RuntimeState(id: "a", status: .created, pid: 7, bundle: "/b").json
        for key in ["ociVersion", "id", "status", "bundle"] {
            let error = try #require(throws: ConfigError.self) {
                _ = try RuntimeState(
                    JSONCursor(state.replacing([.key(key)], with: nil), document: "state.json")
                )
            }
            #expect(error.description.hasPrefix("state.json: \(key): it is missing: write "))
        }
    }
}
