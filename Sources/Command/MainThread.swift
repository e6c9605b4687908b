// SPDX-License-Identifier: Apache-2.0
internal import Linux

/// Runs the tasks of a verb on the thread that starts: a short life needs no pool of threads.
///
/// What a verb waits for is waited for elsewhere, so that its tasks do not wait for each other.
package final class MainThread: TaskExecutor {
    private let jobs = Monitor<[UnownedJob]>([])

    package init() {}

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.change { $0.append(job) }
    }

    /// Runs what comes.
    package func run() -> Never {
        while true {
            let job = jobs.wait { $0.isEmpty ? nil : $0.removeFirst() }
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}
