// SPDX-License-Identifier: Apache-2.0
internal import Keys
public import Linux
internal import Synchronization
public import Transfer

extension ObjectStore {
    /// Reads an object into a file, a large one over several connections at once.
    ///
    /// The file has exactly its bytes then, of one version; what it has after an error is of no use.
    ///
    /// - Parameters:
    ///   - key: Where it is.
    ///   - file: An open plain file; nobody makes sure that its disk has it.
    ///   - sha256: The hash that it must have; nil where none is known.
    ///   - progress: Told how many bytes there are, and of how many.
    ///   - scope: Ends it early.
    /// - Returns: What the store says of it.
    /// - Throws: `absent` if there is none, `refused` if it was replaced meanwhile or has another hash.
    public func download(
        _ key: ObjectKey,
        to file: Descriptor,
        sha256: [UInt8]? = nil,
        progress: @escaping FileUpload.Progress = { _, _ in },
        in scope: TransferScope
    ) throws(ObjectError) -> ObjectStatus {
        let call = StoreCall("get", key.text, scope)
        let first = 0..<ObjectParts.smallest
        let status: ObjectStatus
        do throws(ObjectError) { status = try get(key, first, of: nil, into: file, in: scope) } catch {
            // An empty one has no first part.
            guard case .outside = error.cause, let empty = try? head(key, in: scope), empty.size == 0 else {
                throw error
            }
            status = empty
        }
        guard ObjectParts(size: status.size) != nil else {
            throw call.error(.refused("is larger than any object can be"))
        }
        do throws(LinuxError) { try file.resize(status.size) } catch { throw call.error(.system(error)) }
        let done = Mutex(min(first.upperBound, status.size))
        progress(done.withLock { $0 }, status.size)
        let ranges = ObjectParts.ranges(first.upperBound..<max(first.upperBound, status.size))
        try ObjectParts.each(Array(ranges.indices), call) { index throws(ObjectError) in
            _ = try get(key, ranges[index], of: status.tag, into: file, in: scope)
            done.withLock { done in
                done += Int64(ranges[index].count)
                progress(done, status.size)
            }
        }
        guard let sha256 else { return status }
        let hash = try file.hash(.sha256, 0..<status.size, call)
        guard hash == sha256 else {
            throw call.error(
                .refused("has the SHA-256 \(HashFunction.hex(of: hash)), and not the one wanted")
            )
        }
        return status
    }
}

extension StoreCall {
    /// Throws if an object is not the version that parts were read of.
    func check(_ status: ObjectStatus, is version: EntityTag?) throws(ObjectError) {
        guard version == nil || status.tag == version else {
            throw error(.refused("was replaced while it was read: read it again"))
        }
    }
}
