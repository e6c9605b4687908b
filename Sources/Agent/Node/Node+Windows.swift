// SPDX-License-Identifier: Apache-2.0
internal import Calendar
internal import Control
internal import Desired
internal import Images

// When services may change: `x-martlet.window`. What is not there yet may come at any time.

extension Node {
    /// Adds to what an app has to wait for the services that change now and may not; with `waiver`, who said so,
    /// they may.
    func judgeWindows(_ app: App, waiver: String? = nil, into found: inout FoundImages) async throws {
        guard let present = deployments[app.name], !present.isGoing else { return }
        let now = Self.second()
        for service in app.workloads {
            let windows = service.windows ?? app.windows
            guard !windows.isEmpty, let image = found.services[service.name],
                changes(service, image, of: app, from: present)
            else { continue }
            var opening: Int64?
            var isOpen = false
            for window in windows {
                let zone = try await zone(window.zone)
                isOpen = isOpen || window.contains(now, in: zone)
                opening = [opening, window.nextOpening(after: now, in: zone)].compactMap(\.self).min()
            }
            if isOpen { continue }
            let place = service.windows == nil ? "" : app.path(of: service.name) + "."
            let key = "\(place)x-martlet.window"
            let reason = "\(key): closed now: \(windows.map(\.text).joined(separator: ", "))"
            if let waiver {
                let text = "changes outside its window by \(waiver): \(reason)"
                events.append(.waived, app: app.name, service: service.name, text)
                continue
            }
            found.holds.append(
                HoldStatus(
                    service: service.name,
                    image: "\(image.name)",
                    digest: "\(image.digest)",
                    reason: "window: \(reason)",
                    opensAt: opening.map(Self.text) ?? "further notice"
                )
            )
        }
    }

    /// Whether a service is another than the one that is here; when it may change is no part of it.
    private func changes(
        _ service: Service,
        _ image: FoundImage,
        of app: App,
        from present: Deployment
    ) -> Bool {
        guard var before = present.app.workload(service.name) else { return true }
        guard present.images[service.name]?.digest == image.digest,
            present.app.replaceKey(of: before) == app.replaceKey(of: service)
        else { return true }
        before.windows = service.windows
        return before != service
    }

    /// What the node cannot take of windows: time zones that it does not know.
    static func windowProblems(of app: App) -> [ControlError.Problem] {
        let all =
            app.windows.map { ("x-martlet.window", $0) }
            + app.services.flatMap { service in
                (service.windows ?? []).map { ("\(app.path(of: service.name)).x-martlet.window", $0) }
            }
        return all.filter { (try? readZone($1.zone)) == nil }.map { path, window in
            problem(
                path,
                "the node does not know \(window.zone)",
                "correct the name, or install tzdata on the node"
            )
        }
    }
}
