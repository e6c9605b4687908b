// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Objects
internal import Synchronization
internal import Transfer

/// One Compose file that is an object of a store.
final class StoreSource: Source {
    let kind = "store"
    private let store: any ObjectStore
    private let key: ObjectKey
    private let signatureKey: ObjectKey
    private let file: LoneFile
    /// What was taken last.
    private let last = Mutex<(tag: EntityTag, bytes: [UInt8], signature: [UInt8]?)?>(nil)

    /// An object by the name of its store and its key; its signature has the same key with `.sig`.
    init(name: String, storeName: String, key: String, store: any ObjectStore, signers: Signers?)
        throws(ObjectError)
    {
        self.store = store
        self.key = try ObjectKey(key)
        signatureKey = try ObjectKey("\(key).sig")
        let last = self.key.parts.last.map { String(decoding: $0, as: UTF8.self) }
        file = LoneFile(source: name, name: last ?? key, place: "\(storeName)/\(key)", signers: signers)
    }

    func read(in scope: TransferScope) throws(IntakeError) -> SourceSet? {
        let known = last.withLock { $0 }
        let object: StoredObject?
        do throws(ObjectError) {
            object = try store.get(key, nil, limit: LoneFile.maximumBytes, unless: known?.tag, in: scope)
        } catch {
            throw refusal(error, file.place)
        }
        guard let object else {
            guard let known else { return nil }
            // Who may sign can have changed without the object.
            do throws(IntakeError) { _ = try file.signer(of: known.bytes, known.signature) } catch {
                last.withLock { $0 = nil }  // it may be signed anew: next time all of it is read
                throw error
            }
            return nil
        }
        let signature = file.signers == nil ? nil : try signature(in: scope)
        let set = try file.set(object.bytes, signature)
        // Only what is right is not asked for again.
        last.withLock { $0 = (object.status.tag, object.bytes, signature) }
        return set
    }

    private func signature(in scope: TransferScope) throws(IntakeError) -> [UInt8]? {
        do throws(ObjectError) {
            return try store.get(signatureKey, limit: SSHSignature.maximumBytes, in: scope).bytes
        } catch {
            if error.cause == .absent { return nil }
            throw refusal(error, "\(file.place).sig")
        }
    }

    private func refusal(_ error: ObjectError, _ place: String) -> IntakeError {
        switch error.cause {
        case .absent: IntakeError(.unreachable, place, "the store does not have it: put it there")
        case .refused, .outside, .tooLarge: IntakeError(.refused, place, error.reason)
        case .unavailable, .system, .cancelled: IntakeError(.unreachable, place, error.reason)
        }
    }
}
