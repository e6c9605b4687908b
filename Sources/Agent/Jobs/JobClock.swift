// SPDX-License-Identifier: Apache-2.0
internal import Calendar
internal import Desired

/// What a job with a schedule has to do now.
///
/// Pure.
struct JobClock {
    /// What is so few seconds late is not missed.
    static let grace: Int64 = 60

    enum Turn: Equatable {
        /// Nothing until this second since 1970; nil is for ever.
        case wait(until: Int64?)
        /// This occurrence is to run; those before it are dealt with, too.
        case due(Int64)
        /// Nobody was there for this one, and it is left out.
        case missed(Int64)
    }

    let schedule: CronSchedule
    let zone: Zone
    let missed: Job.Missed
    /// Since when, in seconds since 1970, somebody looks, without a leap of the clock.
    let watchedSince: Int64

    func turn(_ record: JobRecord, now: Int64) -> Turn {
        guard let due = schedule.last(after: record.position, upTo: now, in: zone) else {
            return .wait(until: schedule.next(after: max(record.position, now), in: zone))
        }
        let isInTime = due >= watchedSince || now - due < Self.grace
        return isInTime || missed == .runOnce ? .due(due) : .missed(due)
    }
}
