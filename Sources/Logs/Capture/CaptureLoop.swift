// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// What the capture thread does: waits for readiness, shares turns among instances, obeys commands.
final class CaptureLoop {
    private let inbox: CaptureInbox
    private let report: @Sendable (CaptureEvent) -> Void
    private let dies: (@Sendable (CaptureStep, String, LogStream) -> Bool)?
    private let poller: Poller
    private let scratch: Scratch
    private let pause: Duration
    private var instances: [UInt64: CapturedInstance] = [:]
    private var turns = DeficitRoundRobin<UInt64>(quantum: LogPipes.stageBytes)
    private var lastIdentity: UInt64 = 0
    private var stalls = 0

    /// Turns between two looks at who else became ready: at most about 2 ms of work.
    private static let turnsPerLook = 8
    /// With less than this at a time, waiting a moment makes fewer and larger batches.
    private static let smallRound = 32 << 10

    init(
        _ inbox: CaptureInbox,
        pause: Duration,
        report: @escaping @Sendable (CaptureEvent) -> Void,
        dies: (@Sendable (CaptureStep, String, LogStream) -> Bool)?
    ) throws(LinuxError) {
        self.inbox = inbox
        self.pause = pause
        self.report = report
        self.dies = dies
        poller = try Poller()
        scratch = try Scratch(batch: LogPipes.stageBytes)
        try poller.add(inbox.wake, token: 0)
    }

    func run() {
        defer {
            for instance in instances.values { instance.removed.forEach { $0.resume(returning: false) } }
            inbox.close()
        }
        var ready: [UInt64] = []
        do {
            while true {
                ready.removeAll(keepingCapacity: true)
                poller.wait(milliseconds: patience(), into: &ready)
                for token in ready where token != 0 { activate(token) }
                if ready.contains(0), try !obey() { return }
                if stalls > 0 { retry() }
                let moved = try look()
                // A millisecond later there is more in the pipe, and a batch costs the same.
                if turns.isEmpty, moved > 0, moved < Self.smallRound { sleep() }
            }
        } catch {
            // Only `Killed` gets here: the thread is to vanish as if the process had died.
        }
    }

    /// Gives the next few turns; returns the bytes moved.
    private func look() throws -> Int {
        var moved = 0
        for _ in 0..<Self.turnsPerLook {
            guard let identity = turns.next(), let instance = instances[identity] else { break }
            do {
                moved += try turn(identity, instance)
            } catch let error as Killed {
                throw error
            } catch {
                stall(identity, instance, error)
            }
        }
        return moved
    }

    private func turn(_ identity: UInt64, _ instance: CapturedInstance) throws -> Int {
        guard let capture = instance.nextStream() else {
            try settle(identity, instance)
            return 0
        }
        switch try capture.turn() {
        case .published(let bytes, let cost):
            resume(instance)
            turns.charge(identity, cost)
            if let left = instance.closing {
                instance.closing = left - bytes
                if left - bytes <= 0 { try close(identity, instance) }
            }
            return bytes
        case .idle:
            instance.ready[capture.stream] = false
        case .ended:
            poller.remove(capture.descriptors.source)
            instance.end(capture.stream)
            report(.ended(instance: instance.name, stream: capture.stream))
        }
        turns.charge(identity, 1)
        if !instance.ready.stdout, !instance.ready.stderr { try settle(identity, instance) }
        return 0
    }

    /// Nothing of the instance waits.
    private func settle(_ identity: UInt64, _ instance: CapturedInstance) throws {
        turns.deactivate(identity)
        resume(instance)
        if instance.streams.isEmpty || instance.closing != nil { try close(identity, instance) }
    }

    /// Publishes the beginnings of lines whose ends will not come, and lets go of the instance.
    private func close(_ identity: UInt64, _ instance: CapturedInstance) throws {
        for capture in instance.streams { try capture.flush() }
        remove(identity, instance, complete: true)
    }

    private func remove(_ identity: UInt64, _ instance: CapturedInstance, complete: Bool) {
        turns.deactivate(identity)
        for capture in instance.streams { poller.remove(capture.descriptors.source) }
        instance.spool.setRoomWaker(nil)
        if instance.stall != nil { stalls -= 1 }
        instances[identity] = nil
        inbox.leave(instance.name)
        instance.removed.forEach { $0.resume(returning: complete) }
        instance.removed = []
    }

    private func activate(_ token: UInt64) {
        guard let instance = instances[token >> 1], let stream = LogStream(rawValue: UInt8(token & 1)) else {
            return
        }
        instance.ready[stream] = instance.streams.contains { $0.stream == stream }
        if instance.stall == nil { turns.activate(token >> 1) }
    }

    // MARK: Failures

    private func stall(_ identity: UInt64, _ instance: CapturedInstance, _ error: any Error) {
        turns.deactivate(identity)
        let isNew = instance.stall == nil
        if isNew { stalls += 1 }
        instance.stall(now: .now)
        if isNew {
            let isBlocked = error is SpoolFull
            report(
                isBlocked
                    ? .blocked(instance: instance.name)
                    : .stalled(instance: instance.name, describe(error, instance.name))
            )
        }
        // Whoever waits for the last lines is not held up by a full disk: the stages keep them.
        if instance.closing != nil { remove(identity, instance, complete: false) }
    }

    private func resume(_ instance: CapturedInstance) {
        guard instance.stall != nil else { return }
        instance.stall = nil
        stalls -= 1
        report(.resumed(instance: instance.name))
    }

    private func retry() {
        let now = ContinuousClock.now
        for (identity, instance) in instances {
            if let stall = instance.stall, stall.until <= now { turns.activate(identity) }
        }
    }

    private func describe(_ error: any Error, _ instance: String) -> LogError {
        if let error = error as? LogError { return error }
        if let error = error as? LinuxError { return LogError(.capture, instance, error) }
        return LogError(.capture, instance, reason: "\(error)")
    }

    // MARK: Commands

    /// False when the thread is to end.
    private func obey() throws -> Bool {
        for command in inbox.take() {
            switch command {
            case .add(let name, let spool, let stdout, let stderr, let rules, let hold):
                try add(name, spool, stdout, stderr, InstanceRules(rules, hold))
            case .rules(let name, let rules, let hold, let continuation):
                instances.values.first { $0.name == name }?.setRules(rules, hold)
                continuation.resume()
            case .remove(let name, let continuation): startRemoving(name, continuation)
            case .room(let identity): if instances[identity]?.stall != nil { turns.activate(identity) }
            case .stop: return false
            }
        }
        return true
    }

    private func add(
        _ name: String,
        _ spool: Spool,
        _ stdout: StreamDescriptors,
        _ stderr: StreamDescriptors?,
        _ rules: InstanceRules
    ) throws {
        lastIdentity += 1
        let identity = lastIdentity, instance = CapturedInstance(name, spool: spool, rules), report = report,
            dies = dies
        do {
            for (stream, descriptors) in [(LogStream.stdout, stdout), (.stderr, stderr)] {
                guard let descriptors else { continue }
                instance.streams.append(
                    try StreamCapture(
                        stream,
                        descriptors,
                        spool: spool,
                        rules: rules,
                        scratch: scratch,
                        pass: { step in if let dies, dies(step, name, stream) { throw Killed() } },
                        damaged: { report(.damaged(instance: name, stream: stream, bytes: $0)) },
                        reclaimed: { report(.reclaimed(instance: name, bytes: $0)) }
                    )
                )
                try poller.add(descriptors.source, token: identity << 1 | UInt64(stream.rawValue))
            }
        } catch let error as Killed {
            throw error
        } catch {
            for capture in instance.streams { poller.remove(capture.descriptors.source) }
            inbox.leave(name)
            report(.failed(instance: name, describe(error, name)))
            return
        }
        instances[identity] = instance
        spool.setRoomWaker { [inbox] in inbox.send(.room(identity)) }
        turns.activate(identity)
    }

    private func startRemoving(_ name: String, _ continuation: CheckedContinuation<Bool, Never>) {
        guard let (identity, instance) = instances.first(where: { $0.value.name == name }) else {
            continuation.resume(returning: true)
            return
        }
        instance.removed.append(continuation)
        // What is left in the pipes of an ended container is taken though the spool is full.
        if instance.streams.contains(where: \.isBlocked) {
            resume(instance)
        } else if instance.stall != nil {
            return remove(identity, instance, complete: false)
        }
        for capture in instance.streams { capture.mustPublish = true }
        instance.closing = 2 * (LogPipes.sourceBytes + LogPipes.stageBytes)
        for capture in instance.streams { instance.ready[capture.stream] = true }
        turns.activate(identity)
    }

    // MARK: Waiting

    /// How long to wait for readiness, in milliseconds; negative is without end.
    private func patience() -> Int32 {
        if !turns.isEmpty { return 0 }
        guard stalls > 0, let first = instances.values.compactMap({ $0.stall?.until }).min() else {
            return -1
        }
        let left = ContinuousClock.now.duration(to: first)
        return left <= .zero ? 0 : Int32(clamping: Int64(left / .milliseconds(1)) + 1)
    }

    private func sleep() {
        guard pause > .zero else { return }
        var time = timespec(tv_sec: 0, tv_nsec: Int(pause.components.attoseconds / 1_000_000_000))
        nanosleep(&time, nil)
    }
}
