// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Desired
internal import Linux
internal import Networks
internal import Probes

// What a container is asked, by whom, and what it answers.

extension Node {
    /// Asks a probe until it ends with its instance; the startup probe until it has succeeded.
    func watch(_ id: String, _ part: Health.Part, _ probe: Probe) async {
        guard (try? await Task.sleep(for: probe.initialDelay)) != nil else { return }
        while let instance = instances[id], instance.phase == .running {
            // What is frozen answers nothing, and is not ill for it.
            if !instance.isFrozen {
                let answer = await ask(id, probe)
                guard !Task.isCancelled, let current = instances[id], current.phase == .running else {
                    return
                }
                if let answer, current.pauses == instance.pauses { await note(id, part, answer) }
                if part == .startup, instances[id]?.health?.standings[.startup]?.state == .healthy {
                    return startProbes(id)
                }
            }
            guard !Task.isCancelled, (try? await Task.sleep(for: probe.every)) != nil else { return }
        }
    }

    /// One answer; nil if nothing could be learned.
    private func ask(_ id: String, _ probe: Probe) async -> ProbeAnswer? {
        let question: Question
        switch probe.check {
        case .exec(let command): return await run(id, command, timeout: probe.timeout)
        case .tcp(let port): question = .tcp(port)
        case .unix(let path): question = .unix(path)
        case .grpc(let port, let service): question = .grpc(port: port, service: service)
        case .http(let http):
            let request = HTTPRequest(
                path: http.path,
                statuses: http.statuses,
                host: http.host,
                headers: http.headers
            )
            question = .http(port: http.port, request)
        }
        guard let instance = instances[id], let process = instance.pidfd else { return nil }
        let addresses = instance.attachments.map { "\($0.attachment.ipv4)" }
        let place = Place(process: process, pid: instance.pid, addresses: addresses)
        return await prober.ask(question, of: place, within: probe.timeout)
    }

    /// Runs a command inside and tells whether it ended with 0 in time; nil when that could not be found out.
    func run(_ id: String, _ command: [String], timeout: Duration) async -> ProbeAnswer? {
        let start = ContinuousClock.now
        do {
            let status = try await execute(id, command, timeout: timeout)
            if status == 0 { return .success }
            if .now - start >= timeout { return .failure("no answer in time") }
            return .failure(status.map { "its command exited \($0)" } ?? "its command ended, status unknown")
        } catch let error as ContainerError where error.cause == .keeperGone {
            return nil
        } catch {
            return .failure("\(error)")
        }
    }
}
