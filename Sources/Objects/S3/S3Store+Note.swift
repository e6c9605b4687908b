// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials
internal import Linux
internal import Transfer

// What a bucket was seen to do is noted in it, so that a node that comes back need not find out before it starts
// anything: some stores take seconds to tell many creators apart.
extension S3Store {
    /// What was seen is believed for so long, in seconds: 7 days.
    private static let noteLasts: Int64 = 7 * 86_400
    private static let maximumNote = 4_096

    /// Whoever can write it can do worse to all that is in the bucket.
    private struct Note: Codable {
        var format = 1
        /// Where it was seen: a bucket that was copied is another one.
        let bucket: String
        /// Seconds since 1970.
        let time: Int64
        let hasAtomicCreate: Bool
        let checksBytes: Bool
        let checksHash: Bool
        /// Earlier notes say nothing of it.
        let checksSum: Bool?
        let listsByBytes: Bool
    }

    /// What is noted of this bucket, if that is not too old.
    func noted(_ call: StoreCall) throws(ObjectError) -> StorePromises? {
        let bytes: [UInt8]
        do throws(ObjectError) {
            bytes = try get(StorePromises.note(), limit: Self.maximumNote, in: call.scope).bytes
        } catch {
            switch error.cause {
            // The probe finds out what an access key may not do.
            case .absent, .outside, .tooLarge, .refused: return nil
            default: throw error
            }
        }
        guard let note = try? JSONDecoder().decode(Note.self, from: Data(bytes)), note.format == 1,
            note.bucket == place, (0..<Self.noteLasts).contains(client.time - note.time)
        else { return nil }
        client.state.hold {
            $0.checksPayload = note.checksHash
            $0.checksSum = note.checksSum ?? false
        }
        return StorePromises(
            hasAtomicCreate: note.hasAtomicCreate,
            checksBytes: note.checksBytes,
            checksHash: note.checksHash,
            checksSum: note.checksSum ?? false,
            listsByBytes: note.listsByBytes
        )
    }

    /// Notes what was seen.
    func note(_ promises: StorePromises, _ call: StoreCall) throws(ObjectError) {
        let note = Note(
            bucket: place,
            time: client.time,
            hasAtomicCreate: promises.hasAtomicCreate,
            checksBytes: promises.checksBytes,
            checksHash: promises.checksHash,
            checksSum: promises.checksSum,
            listsByBytes: promises.listsByBytes
        )
        guard let data = try? JSONEncoder().encode(note) else { return }
        try put(Array(data), at: StorePromises.note(), in: call.scope)
    }

    private var place: String { "\(client.place.endpoint)/\(client.place.bucket)/\(prefix)" }
}
