// SPDX-License-Identifier: Apache-2.0

/// `pre_start`: each hook is a job of its own that runs once, which the next one and then the service wait for.
///
/// So it runs in a container of its own with the image, networks and volumes of its service, must end with 0, and
/// runs again only if its definition changed or it failed.
enum PreStart {
    /// The jobs of all hooks; their services wait for them from here on.
    static func jobs(of services: inout [Service]) -> [Job] {
        var jobs: [Job] = []
        for index in services.indices {
            var before = services[index].dependencies
            for (number, hook) in services[index].preStart.enumerated() {
                var job = Job(container(of: hook, number + 1, services[index]))
                job.service.dependencies = before
                before = services[index].dependencies + [wait(for: job)]
                before.sort { $0.service < $1.service }
                jobs.append(job)
            }
            services[index].dependencies = before
        }
        return jobs
    }

    private static func wait(for job: Job) -> Dependency {
        var dependency = Dependency(service: job.name)
        dependency.condition = .completed
        return dependency
    }

    private static func container(of hook: Hook, _ number: Int, _ service: Service) -> Service {
        var own = service
        own.name = "\(service.name).pre_start.\(number)"
        own.entrypoint = []
        own.command = hook.command
        own.user = hook.user ?? service.user
        own.workingDirectory = hook.workingDirectory ?? service.workingDirectory
        own.environment.merge(hook.environment) { $1 }
        own.restart = RestartPolicy()
        own.restart.condition = .never
        own.healthcheck = Healthcheck(test: .none)
        own.replicas = 1
        // What a service has only once stays its own.
        (own.containerName, own.hostname, own.ports, own.links) = (nil, nil, [], [])
        own.networks = service.networks.map { NetworkAttachment(network: $0.network) }
        (own.preStart, own.postStart, own.preStop) = ([], [], [])
        own.resources.isExclusive = false
        own.lock = nil
        return own
    }
}
