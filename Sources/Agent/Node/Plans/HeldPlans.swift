// SPDX-License-Identifier: Apache-2.0

/// The plans that wait for leave: one an app, the last that came.
struct HeldPlans {
    /// So many that were pushed wait at most; sources are read again, and have bounds of their own.
    static let mostPushed = 64

    /// What an ID stands for.
    enum Answer: Equatable {
        case waits(HeldPlan)
        /// Another plan has taken its place.
        case replaced(by: HeldPlan)
        case unknown
    }

    private var plans: [String: HeldPlan] = [:]
    /// Those that sources took back last: their IDs lead to what follows.
    private var lapsed: [String: HeldPlan] = [:]

    subscript(app: String) -> HeldPlan? { plans[app] }

    /// All of them, by the names of their apps.
    var all: [HeldPlan] { plans.values.sorted { $0.app < $1.app } }

    /// Whether one more may be pushed for an app.
    func hasRoom(for app: String) -> Bool {
        plans[app]?.isPushed == true || plans.values.count(where: \.isPushed) < Self.mostPushed
    }

    /// What is to wait; nil if it does so already.
    func news(_ plan: HeldPlan) -> HeldPlan? {
        if let present = plans[plan.app], present.id == plan.id, present.source == plan.source { return nil }
        guard let before = plans[plan.app] ?? lapsed[plan.app] else { return plan }
        var plan = plan
        plan.follow(before)
        return plan
    }

    /// Has a plan wait, in place of another one for its app.
    mutating func hold(_ plan: HeldPlan) {
        plans[plan.app] = plan
        lapsed[plan.app] = nil
    }

    /// A plan waits no more, for its source has taken it back.
    mutating func lapse(_ app: String) { lapsed[app] = plans.removeValue(forKey: app) }

    /// Nothing waits for an app any more; what did.
    mutating func drop(_ app: String) -> HeldPlan? {
        lapsed[app] = nil
        return plans.removeValue(forKey: app)
    }

    func answer(to id: String) -> Answer {
        if let plan = plans.values.first(where: { $0.id == id }) { return .waits(plan) }
        return plans.values.first { $0.former.contains(id) }.map { .replaced(by: $0) } ?? .unknown
    }
}
