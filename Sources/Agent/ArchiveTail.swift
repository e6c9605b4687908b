// SPDX-License-Identifier: Apache-2.0
public import Control
public import Logs
internal import Objects
public import Plan
internal import Sinks
internal import Transfer

/// Archived lines in the order of time.
///
/// Blocks on the store: it belongs on a thread of its own. Dropping it calls off what it waits for.
public struct ArchiveTail: Sendable {
    /// How many damaged objects are named at most.
    private static let named = 5

    /// Calls off what is waited for when the last copy goes.
    private final class Care: Sendable {
        let scope = TransferScope()
        deinit { scope.cancel() }
    }

    private let care = Care()
    private var reader: ArchiveReader
    private var damaged: [String] = []
    private var damagedCount = 0

    init(_ store: any ObjectStore, prefix: String, _ query: ArchiveQuery) throws(ObjectError) {
        reader = try ArchiveReader(store, prefix: prefix, query, in: care.scope)
    }

    /// Whether there is no object with such lines.
    public var isEmpty: Bool { reader.isEmpty }

    /// The next line; nil after the last.
    ///
    /// Throws if the store cannot be asked, or, after the last line, if objects were damaged.
    public mutating func next() throws(ControlError) -> (instance: InstanceName, line: LogLine)? {
        do throws(ObjectError) {
            while let item = try reader.next() {
                switch item {
                case .damaged(let why):
                    damagedCount += 1
                    if damaged.count < Self.named { damaged.append(why) }
                case .event(.gap, _, _, _): continue  // programs see gaps by `seq`
                case .event(.line(let line), let app, let service, let instance):
                    return (InstanceName(app: app, service: service, index: instance), line)
                }
            }
        } catch {
            throw ControlError(.failed, "archive", "\(error)")
        }
        guard damagedCount > 0 else { return nil }
        defer { damagedCount = 0 }
        let more = damagedCount > damaged.count ? ", and \(damagedCount - damaged.count) more" : ""
        throw ControlError(
            .failed,
            "archive",
            damaged.joined(separator: "; ") + more,
            "restore these objects if the store has other versions of them"
        )
    }
}
