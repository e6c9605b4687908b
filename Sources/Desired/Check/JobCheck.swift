// SPDX-License-Identifier: Apache-2.0

/// Checks what services want of jobs: that they end well, and nothing else.
struct JobCheck {
    let app: App
    let services: Field?

    func run() {
        for service in app.workloads {
            let place = services?.child(service.name)?.child("depends_on")
            for dependency in service.dependencies {
                guard let job = app.job(dependency.service) else { continue }
                let field = place?.child(job.name) ?? place
                if job.schedule != nil {
                    field?.refuse("\(job.name) has a schedule, so it is never completed", "remove it here")
                } else if dependency.condition != .completed {
                    field?.refuse(
                        "\(job.name) is a job, which can only be waited for to its end",
                        "write 'condition: service_completed_successfully'"
                    )
                }
                if dependency.restarts {
                    field?.child("restart")?.refuse("a job is not restarted", "remove the key")
                }
            }
            for link in service.links where app.job(link.service) != nil {
                services?.child(service.name)?.child("links")?.refuse("\(link.service) is a job")
            }
        }
    }
}
