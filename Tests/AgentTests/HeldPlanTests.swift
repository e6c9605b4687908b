// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Foundation
internal import Testing

@testable internal import Agent

/// Which plans wait, and what an ID stands for.
@Suite struct HeldPlanTests {
    private func plan(_ app: String, _ id: String, from source: String = "push") -> HeldPlan {
        let steps = [PlanReply.Step(action: "create \(app)/web/1", reason: "services.web is new")]
        let reply = PlanReply(app: app, id: id, digest: "sha256:\(id)", steps: steps)
        return HeldPlan(reply, model: "name: \(app)", source: source, caller: "uid 0", since: 1)
    }

    private func hold(_ plan: HeldPlan, in plans: inout HeldPlans) -> Bool {
        guard let news = plans.news(plan) else { return false }
        plans.hold(news)
        return true
    }

    @Test func `the last plan of an app waits, and the ones before lead to it`() {
        var plans = HeldPlans()
        #expect(plans.answer(to: "a") == .unknown && plans.all.isEmpty)
        #expect(hold(plan("one", "a"), in: &plans) && hold(plan("two", "b"), in: &plans))
        #expect(plans.answer(to: "a") == .waits(plan("one", "a")))
        // The same again is no news, from elsewhere it is.
        #expect(!hold(plan("one", "a"), in: &plans))
        #expect(hold(plan("one", "a", from: "local"), in: &plans))
        #expect(hold(plan("one", "c", from: "local"), in: &plans))
        #expect(plans["one"]?.id == "c" && plans.all.map(\.id) == ["c", "b"])
        guard case .replaced(let next) = plans.answer(to: "a") else {
            Issue.record("a is not known any more")
            return
        }
        #expect(next.app == "one" && next.id == "c")
        // Back to what it was: that is what waits.
        #expect(hold(plan("one", "a", from: "local"), in: &plans))
        guard case .waits(let now) = plans.answer(to: "a") else {
            Issue.record("a does not wait")
            return
        }
        #expect(now.former == ["c"])
        #expect(plans.drop("one")?.id == "a")
        #expect(plans.answer(to: "a") == .unknown && plans.answer(to: "c") == .unknown)
        #expect(plans.drop("one") == nil && plans.all.map(\.app) == ["two"])
    }

    @Test func `what a source took back leads to what it says next`() {
        var plans = HeldPlans()
        #expect(hold(plan("one", "a", from: "local"), in: &plans))
        plans.lapse("one")
        #expect(plans.answer(to: "a") == .unknown && plans["one"] == nil)
        #expect(hold(plan("one", "b", from: "local"), in: &plans))
        #expect(plans.answer(to: "a") == plans["one"].map { .replaced(by: $0) })
        // It says the first again: that is news, and waits.
        plans.lapse("one")
        #expect(hold(plan("one", "a", from: "local"), in: &plans) && plans["one"]?.former == ["b"])
        plans.lapse("one")
        #expect(plans.drop("one") == nil)
        #expect(hold(plan("one", "c", from: "local"), in: &plans) && plans["one"]?.former == [])
    }

    @Test func `what an ID was before is remembered within bounds`() {
        var plans = HeldPlans()
        for number in 0..<40 { #expect(hold(plan("one", "\(number)"), in: &plans)) }
        #expect(plans["one"]?.former == (23..<39).map { "\($0)" })
        #expect(plans.answer(to: "22") == .unknown)
    }

    @Test func `so many may be pushed, and sources do not count`() {
        var plans = HeldPlans()
        for number in 0..<HeldPlans.mostPushed { plans.hold(plan("app\(number)", "id\(number)")) }
        #expect(!plans.hasRoom(for: "another") && plans.hasRoom(for: "app7"))
        plans.hold(plan("app7", "x", from: "local"))
        #expect(plans.hasRoom(for: "another"))
    }

    @Test func `what waits is told in words`() {
        let one = plan("one", "a", from: "local").shown
        #expect(one.description == "Held: plan a waits: 1 step, from source local by uid 0")
        #expect(one.remedy == "look at it with `martlet plan a`, carry it out with `martlet apply a`")
        let reply = PlanReply(app: "one", id: "b", digest: "", steps: [])
        let gone = HeldPlan(reply, model: nil, source: "push", caller: "x", since: 0).shown
        #expect(
            gone.isRemoval
                && gone.description == "Held: plan b waits: the app goes, in 0 steps, from push by x"
        )
    }

    @Test func `what was pushed outlives the agent, and a damaged file is no plan`() throws {
        let state = FileManager.default.temporaryDirectory.path + "/martlet-plans-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: state) }
        let folder = PlanFolder(state: state)
        #expect(try folder.load().plans.isEmpty)
        try folder.remove("one")
        var second = plan("two", "b")
        second.follow(plan("two", "a"))
        for one in [plan("one", "a"), second] { try folder.save(one) }
        let (plans, damaged) = try folder.load()
        #expect(plans == [plan("one", "a"), second] && damaged.isEmpty)
        // A bit is not as it was; a file has another app's plan; a write was cut short.
        var bytes = try Data(contentsOf: URL(filePath: "\(folder.path)/one.json"))
        try bytes.write(to: URL(filePath: "\(folder.path)/other.json"))
        try bytes.write(to: URL(filePath: "\(folder.path)/.one.json.new"))
        bytes[bytes.count / 2] ^= 1
        try bytes.write(to: URL(filePath: "\(folder.path)/one.json"))
        let found = try folder.load()
        #expect(found.plans == [second])
        #expect(found.damaged == ["one", "other"].map { "\(folder.path)/\($0).json" })
        try folder.remove("two")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
    }
}
