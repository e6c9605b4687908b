// SPDX-License-Identifier: Apache-2.0
internal import Objects
internal import Transfer

extension ObjectStore {
    /// Makes an object where there is none, asking again until it is known who made what is there.
    ///
    /// - Returns: Whether these bytes are there.
    func settle(_ bytes: [UInt8], at key: ObjectKey, in scope: TransferScope) throws(VolumeError) -> Bool {
        let timing = LeaseTiming()
        var attempt = 0
        while true {
            attempt += 1
            do throws(ObjectError) {
                if try create(bytes, at: key, in: scope) != .present { return true }
                return try get(key, limit: bytes.count + 1, in: scope).bytes == bytes
            } catch {
                if case .tooLarge = error.cause { return false }
                // It was there, and cannot be seen: an old view of the store.
                guard error.isPassing || error.cause == .absent, attempt < timing.attempts,
                    scope.wait(for: timing.pause(after: attempt))
                else { throw VolumeError("create", key.text, .store(error)) }
            }
        }
    }

    /// What is at a key, asking again for what failed for now; nil if there is nothing.
    func find(_ key: ObjectKey, limit: Int, in scope: TransferScope) throws(VolumeError) -> [UInt8]? {
        var attempt = 0
        while true {
            attempt += 1
            do throws(ObjectError) { return try get(key, limit: limit, in: scope).bytes } catch {
                if error.cause == .absent { return nil }
                guard error.isPassing, attempt < 6,
                    scope.wait(for: LeaseTiming().pause(after: attempt))
                else { throw VolumeError("read", key.text, .store(error)) }
            }
        }
    }

    /// All objects whose keys begin with a text, behind one of them.
    func all(_ prefix: String, after key: ObjectKey? = nil, in scope: TransferScope) throws(VolumeError)
        -> [ObjectPage.Entry]
    {
        var found: [ObjectPage.Entry] = [], last = key, attempt = 0
        while true {
            do throws(ObjectError) {
                let page = try list(prefix, after: last, limit: 1_000, in: scope)
                found += page.entries
                guard let next = page.next else { return found }
                (last, attempt) = (next, 0)
            } catch {
                attempt += 1
                guard error.isPassing, attempt < 6,
                    scope.wait(for: LeaseTiming().pause(after: attempt))
                else { throw VolumeError("list", prefix, .store(error)) }
            }
        }
    }
}
