// SPDX-License-Identifier: Apache-2.0
internal import Desired

// How the containers of a service are replaced: so many at a time, the old or the new one first.
extension Draft {
    /// A container that must be made anew, and why.
    struct Update {
        let instance: Observed.Instance
        let fields: [String]
    }

    func config(of service: Service) -> UpdateConfig { isReturn ? service.rollback : service.update }

    /// Whether the new container of a place may stand beside this one.
    func startsFirst(_ instance: Observed.Instance, _ service: Service) -> Bool {
        instance.state == .running && config(of: service).order == .startFirst
            && StartFirstObstacle(service) == nil
    }

    func replacements(_ updates: [Update], of service: Service) -> [Step] {
        let config = config(of: service)
        let size = config.parallelism == 0 ? max(1, updates.count) : config.parallelism
        var steps: [Step] = []
        for start in stride(from: 0, to: updates.count, by: size) {
            let batch = updates[start..<min(start + size, updates.count)]
            if start > 0 {
                steps.append(
                    Step(
                        .settle(service: service.name, pause: config.delay),
                        .parallelism(service.name, config.parallelism)
                    )
                )
            }
            let (beside, inPlace) = (
                batch.filter { startsFirst($0.instance, service) },
                batch.filter { !startsFirst($0.instance, service) }
            )
            steps += inPlace.flatMap { replacement($0, service) }
            steps += beside.map { Step(.startBeside($0.instance.name, id: $0.instance.id), $0.reason) }
            steps += beside.map { Step(.takeOver($0.instance.name, id: $0.instance.id), $0.reason) }
        }
        return steps
    }

    private func replacement(_ update: Update, _ service: Service) -> [Step] {
        let instance = update.instance
        let isAsked = config(of: service).order == .startFirst && instance.state == .running
        let replace = Step(
            .replace(
                instance.name,
                id: instance.id,
                isAsked ? StartFirstObstacle(service) : nil
            ),
            update.reason
        )
        // What a user stopped by hand is made anew and stays so.
        if stopped.contains(instance.name) { return [replace] }
        return [replace, Step(.start(instance.name), update.reason)]
    }
}

extension Draft.Update {
    fileprivate var reason: Reason { .changed(fields) }
}

extension Step {
    /// Whether a container runs by it that did not before.
    var starts: Bool {
        switch action {
        case .start, .startBeside: true
        default: false
        }
    }
}
