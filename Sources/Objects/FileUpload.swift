// SPDX-License-Identifier: Apache-2.0
internal import Keys
public import Linux
internal import Synchronization

/// A file on its way into a store, and how far it is: another attempt with the same one goes on where the last ended.
public final class FileUpload: Sendable {
    /// How many bytes there are, and of how many; several threads call it, one after the other.
    public typealias Progress = @Sendable (_ done: Int64, _ size: Int64) -> Void

    /// What the store has of it.
    struct State {
        /// What the store calls the upload.
        var id: String?
        /// The tags of the parts that are there, by their numbers.
        var tags: [Int: EntityTag] = [:]
        /// The store was asked to make the object of its parts.
        var isCompleting = false
        /// Bytes that are there.
        var done: Int64 = 0
    }

    /// The file, from its beginning to its end.
    public let file: Descriptor
    /// Its bytes.
    public let size: Int64
    let state = Mutex(State())
    private let status: FileStatus
    private let progress: Progress

    /// Takes a plain file that is open; it must not change until it is there.
    public init(_ file: Descriptor, progress: @escaping Progress = { _, _ in }) throws(ObjectError) {
        do throws(LinuxError) { status = try file.status() } catch {
            throw ObjectError("read", "the file", .system(error))
        }
        guard status.kind == .file else {
            throw ObjectError("read", "the file", .refused("is not a plain file: name one"))
        }
        self.file = file
        self.progress = progress
        size = status.size
    }

    /// Bytes that the store has.
    public var done: Int64 { state.withLock { $0.done } }

    /// A part is there.
    func add(_ number: Int, _ tag: EntityTag, _ count: Int) {
        state.withLock { state in
            state.tags[number] = tag
            state.done += Int64(count)
            progress(state.done, size)
        }
    }

    /// All of it is there, at once.
    func finish() {
        state.withLock { state in
            state.done = size
            progress(size, size)
        }
    }

    /// Forgets what was there: the store has.
    func restart() { state.withLock { $0 = State() } }

    /// Throws if the file is not what it was.
    func check(_ call: StoreCall) throws(ObjectError) {
        let now: FileStatus
        do throws(LinuxError) { now = try file.status() } catch { throw call.error(.system(error)) }
        guard now.size == status.size, now.modified == status.modified,
            now.modifiedNanoseconds == status.modifiedNanoseconds
        else { throw call.error(.refused("the file was changed while it was read: try again")) }
    }
}

extension Descriptor {
    /// Reads a part of a file, which must have so many bytes, little by little.
    func each(
        of range: Range<Int64>,
        _ call: StoreCall,
        _ take: (UnsafeRawBufferPointer) throws(ObjectError) -> Void
    ) throws(ObjectError) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 128 << 10, alignment: 64)
        defer { buffer.deallocate() }
        var position = range.lowerBound
        while position < range.upperBound {
            try call.check()
            let space = buffer.prefix(Int(min(Int64(buffer.count), range.upperBound - position)))
            let count: Int
            do throws(LinuxError) {
                count = try read(into: UnsafeMutableRawBufferPointer(rebasing: space), at: position)
            } catch { throw call.error(.system(error)) }
            guard count > 0 else {
                throw call.error(.refused("the file became shorter while it was read: try again"))
            }
            try take(UnsafeRawBufferPointer(rebasing: buffer.prefix(count)))
            position += Int64(count)
        }
    }

    /// Writes bytes into their place of a file.
    func write(_ bytes: ArraySlice<UInt8>, at position: Int64, _ call: StoreCall) throws(ObjectError) {
        do throws(LinuxError) {
            try bytes.withUnsafeBufferPointer { bytes throws(LinuxError) in
                try write(all: UnsafeRawBufferPointer(bytes), at: position)
            }
        } catch { throw call.error(.system(error)) }
    }

    /// The hash of a part of a file.
    func hash(_ function: HashFunction, _ range: Range<Int64>, _ call: StoreCall) throws(ObjectError)
        -> [UInt8]
    {
        var hash = RunningHash(function)
        try each(of: range, call) { hash.add($0) }
        return hash.finish()
    }
}
