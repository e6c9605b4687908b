// SPDX-License-Identifier: Apache-2.0
internal import Testing

/// What the scripts print is read as it is meant.
@Suite struct ReportTests {
    @Test func `an engine's verdicts are read for each runtime`() {
        let reports = EngineReport.read(
            """
            ok exec, user
            not ok privileged: no: why # known: because
            # end
            # podman with /usr/sbin/runc: 3 s
            not ok exec, user: got '1'
            # end
            # podman with /opt/other: 3 s
            # podman      runc      other
            exec, user    ok        FAIL
            """,
            engine: "podman"
        )
        #expect(reports.count == 2)
        #expect(reports[0].passed == ["exec, user"])
        #expect(reports[0].failed == ["privileged": "no: why # known: because"])
        #expect(reports[1].failed == ["exec, user": "got '1'"])
        #expect(reports[1].checks == reports[1].passed.union(["exec, user"]))
    }

    @Test func `the validation programs' numbers are read for each runtime`() {
        let reports = ValidationReport.read(
            """
            create 4 0 0
            delete 1 2 0
            total 5 2 0
            # end
            # run with /usr/sbin/runc: 1 s
            """
        )
        #expect(reports.count == 1)
        #expect(reports[0].total == 5)
        #expect(reports[0].failed == ["create": 0, "delete": 2])
    }

    @Test func `a program is explained by its row`() {
        let document =
            "# T\n| program | why |\n| --- | --- |\n| `delete` | created ones can go |\nand `create`\n"
        #expect(ValidationReport.explained(in: document) == ["delete"])
    }
}
