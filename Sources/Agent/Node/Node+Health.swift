// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Desired
internal import Glibc
internal import Images
internal import Linux

extension Node {
    /// Begins to check an instance, if the file or its image says how.
    func startHealth(_ id: String) {
        guard let instance = instances[id], let service = instance.service, let image = instance.image,
            let command = instance.healthCommand
        else { return }
        let own = service.healthcheck, inherited = image.config.healthcheck
        instances[id]?.health = HealthMonitor(
            interval: own?.interval ?? inherited?.interval ?? .seconds(30),
            timeout: own?.timeout ?? inherited?.timeout ?? .seconds(30),
            retries: own?.retries ?? inherited?.retries ?? 3,
            startPeriod: own?.startPeriod ?? inherited?.startPeriod ?? .zero,
            startInterval: own?.startInterval ?? inherited?.startInterval ?? .seconds(5)
        )
        let task = Task { await self.check(id, command) }
        instances[id]?.tasks.append(task)
    }

    private func check(_ id: String, _ command: [String]) async {
        while let instance = instances[id], instance.phase == .running, let monitor = instance.health {
            let delay = monitor.delay(age: .now - instance.startedAt)
            guard (try? await Task.sleep(for: delay)) != nil else { return }
            // What is frozen answers nothing, and is not ill for it.
            guard let pauses = instances[id]?.pauses, instances[id]?.isPaused == false else { continue }
            let outcome = await probe(id, command, timeout: monitor.timeout)
            guard !Task.isCancelled, let current = instances[id], current.phase == .running else { return }
            // the keeper was being replaced: nothing was learned
            guard let success = outcome, instances[id]?.pauses == pauses else { continue }
            guard instances[id]?.health?.record(success: success, age: .now - current.startedAt) == true
            else { continue }
            let isHealthy = instances[id]?.health?.state == .healthy
            tell(isHealthy ? .healthy : .unhealthy, id, isHealthy ? "is healthy" : "is unhealthy")
            if !isHealthy { noteIllness(id) }
            publishNames(current.record.app)
            changed()
        }
    }

    /// Runs a command inside and tells whether it ended with 0 in time; nil when that could not be found out.
    private func probe(_ id: String, _ command: [String], timeout: Duration) async -> Bool? {
        do {
            return try await execute(id, command, timeout: timeout) == 0
        } catch let error as ContainerError where error.cause == .keeperGone {
            return nil
        } catch {
            return false
        }
    }
}

extension Instance {
    /// What its health check runs inside, by its file or its image; nil if it has none.
    var healthCommand: [String]? {
        switch service?.healthcheck?.test ?? .image {
        case .none: return nil
        case .command(let arguments): return arguments
        case .shell(let line): return ["/bin/sh", "-c", line]
        case .image:
            guard let test = image?.config.healthcheck?.test, let kind = test.first else { return nil }
            switch kind {
            case "CMD": return Array(test.dropFirst())
            case "CMD-SHELL": return ["/bin/sh", "-c", test.dropFirst().joined(separator: " ")]
            default: return nil
            }
        }
    }
}
