// SPDX-License-Identifier: Apache-2.0
internal import Keys
internal import Linux
public import Transfer

// What a store of this language holds is found out with objects of our own, under `.martlet-probe/`.
extension S3Store {
    private static let writers = 8
    private static let rounds = 4
    /// How long one upload is held open for another to come through.
    private static let overlap: Duration = .seconds(3)
    static let probes = ".martlet-probe"

    /// What the store was seen to do, at its first use by this process, or by another one that noted it; about 60
    /// requests.
    public func promises(in scope: TransferScope) throws(ObjectError) -> StorePromises {
        let call = StoreCall("probe", client.place.bucket, scope)
        while true {
            try call.check()
            // Nobody wakes it when the scope is called off.
            let mine = client.state.wait(for: .milliseconds(100)) { state -> Bool? in
                if state.promises != nil { return false }
                guard !state.isProbed else { return nil }
                state.isProbed = true
                return true
            }
            if mine == true { break }
            if let promises = client.state.hold({ $0.promises }) { return promises }
        }
        let result: Result<StorePromises, ObjectError>
        do throws(ObjectError) { result = .success(try look(call)) } catch { result = .failure(error) }
        client.state.change { state in
            state.isProbed = false
            if case .success(let promises) = result { state.promises = promises }
        }
        return try result.get()
    }

    private func look(_ call: StoreCall) throws(ObjectError) -> StorePromises {
        guard isNoted else { return try probe(call) }
        if let promises = try noted(call) { return promises }
        let promises = try probe(call)
        try note(promises, call)
        return promises
    }

    private func probe(_ call: StoreCall) throws(ObjectError) -> StorePromises {
        let name = "\(Self.probes)/\(UInt64.random(in: 0...UInt64.max))"
        let keys = try (0...(Self.rounds + 1)).map { number throws(ObjectError) in
            try ObjectKey("\(name)-\(number)")
        }
        var promises = StorePromises()
        promises.hasAtomicCreate = try holdsCreate(keys[0], call)
        if promises.hasAtomicCreate { promises.hasAtomicCreate = try overlaps(keys[1], call) }
        for key in keys.dropFirst(2) where promises.hasAtomicCreate {
            promises.hasAtomicCreate = try race(key, call)
        }
        promises.listsByBytes = try order(call) == .bytes
        promises.checksBytes = try refusesWrongBytes(keys[0], call)
        promises.checksHash = try checksPayload(call)
        promises.checksSum = try checksSum(keys[0], call)
        client.state.hold { $0.checksSum = promises.checksSum }
        for key in keys { try delete(key, in: call.scope) }
        return promises
    }

    /// Whether an object is created once, and stays as it was the second time.
    private func holdsCreate(_ key: ObjectKey, _ call: StoreCall) throws(ObjectError) -> Bool {
        do throws(ObjectError) {
            guard try createUnproven([1], at: key, call), try !createUnproven([2], at: key, call) else {
                return false
            }
        } catch {
            guard case .refused = error.cause else { throw error }
            // An access key that may not write at all is no store without the condition.
            try put([1], at: key, in: call.scope)
            return false
        }
        return try get(key, limit: 1, in: call.scope).bytes == [1]
    }

    /// Whether of two who create an object one does, where one's upload is open all the time that the other's takes.
    ///
    /// A store that looks only where an upload begins, or forgets what it saw there, lets both.
    private func overlaps(_ key: ObjectKey, _ call: StoreCall) throws(ObjectError) -> Bool {
        let hold = TransferHold()
        let results = Monitor<[Result<Bool, ObjectError>]>([])
        attempt(results, call) { () throws(ObjectError) in
            try createUnproven([1, 1], at: key, hold: hold, call)
        }
        _ = hold.isReached(within: Self.overlap)
        attempt(results, call) { () throws(ObjectError) in try createUnproven([2, 2], at: key, call) }
        // A store may have the second one wait for the first.
        _ = results.wait(for: Self.overlap) { $0.isEmpty ? nil : true }
        hold.release()
        return try isOne(results.wait { $0.count == 2 ? $0 : nil }, call)
    }

    /// Whether of some who create an object at once exactly one does.
    private func race(_ key: ObjectKey, _ call: StoreCall) throws(ObjectError) -> Bool {
        let results = Monitor<[Result<Bool, ObjectError>]>([])
        for writer in 0..<Self.writers {
            attempt(results, call) { () throws(ObjectError) in
                try createUnproven([UInt8(writer)], at: key, call)
            }
        }
        return try isOne(results.wait { $0.count == Self.writers ? $0 : nil }, call)
    }

    /// Creates on a thread of its own, and adds what came of it.
    private func attempt(
        _ results: Monitor<[Result<Bool, ObjectError>]>,
        _ call: StoreCall,
        _ create: @escaping @Sendable () throws(ObjectError) -> Bool
    ) {
        do throws(LinuxError) {
            try Thread.detach {
                let result = Result { () throws(ObjectError) in try create() }
                results.change { $0.append(result) }
            }
        } catch {
            results.change { $0.append(.failure(call.error(.system(error)))) }
        }
    }

    private func isOne(_ all: [Result<Bool, ObjectError>], _ call: StoreCall) throws(ObjectError) -> Bool {
        var winners = 0
        for result in all {
            do throws(ObjectError) { if try result.get() { winners += 1 } } catch {
                // One that is told to come again did not make it, if the store keeps to itself; the count tells.
                guard case .unavailable = error.cause, call.scope.isCancelled == false else { throw error }
            }
        }
        guard winners <= 1 else { return false }
        guard winners == 1 else {
            throw call.error(.unavailable("of \(all.count) who create an object at once none was let"))
        }
        return true
    }

    /// Whether a `Content-MD5` that is not that of the bytes is noticed.
    private func refusesWrongBytes(_ key: ObjectKey, _ call: StoreCall) throws(ObjectError) -> Bool {
        var request = S3Request(method: "PUT", key: try full(key, call))
        request.fields.append(("Content-MD5", Base64.encode(HashFunction.md5.hash([2]))))
        request.send([1])
        return try isRefused(request, call)
    }

    /// Whether bytes are refused that are not those that the request was signed for.
    func checksPayload(_ call: StoreCall) throws(ObjectError) -> Bool {
        if let checks = client.state.hold({ $0.checksPayload }) { return checks }
        let key = try ObjectKey("\(Self.probes)/\(UInt64.random(in: 0...UInt64.max))")
        var request = S3Request(method: "PUT", key: try full(key, call))
        request.send([1])
        request.payload = HashFunction.sha256.hex([2])
        let checks: Bool
        do throws(ObjectError) { checks = try isRefused(request, call) } catch {
            // An access key that may not write there may write elsewhere.
            guard case .refused = error.cause else { throw error }
            return false
        }
        if !checks { try delete(key, in: call.scope) }
        client.state.hold { $0.checksPayload = checks }
        return checks
    }

    /// Whether a CRC-32C that is that of the bytes is taken, and another one is not.
    private func checksSum(_ key: ObjectKey, _ call: StoreCall) throws(ObjectError) -> Bool {
        for (bytes, isTaken) in [([1], true), ([2], false)] as [([UInt8], Bool)] {
            var request = S3Request(method: "PUT", key: try full(key, call))
            request.prove(byChecksum: bytes)
            request.body = .bytes([1])
            let transfer = try client.ask(request, for: [200, 201, 204, 400, 403, 501], call)
            guard (transfer.response.status < 300) == isTaken else { return false }
        }
        return true
    }

    private func isRefused(_ request: S3Request, _ call: StoreCall) throws(ObjectError) -> Bool {
        let transfer = try client.ask(request, for: [200, 201, 204, 400, 403], call)
        let fault = try client.fault(transfer, call)
        let codes = ["BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "SignatureDoesNotMatch"]
        let isRefused = fault.status >= 400 && codes.contains(fault.code)
        guard isRefused || fault.status < 403 else { throw call.error(fault.cause(client.place)) }
        return isRefused
    }
}
