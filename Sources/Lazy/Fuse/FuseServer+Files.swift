// SPDX-License-Identifier: Apache-2.0
internal import CFuse
internal import Glibc
internal import Linux

extension FuseServer {
    /// Answers with a part of a file; false if some of it has to be fetched first.
    func read(_ request: FuseRequest, _ buffer: FuseBuffer) throws(LinuxError) -> Bool {
        let file = try plainFile(request), range = try range(of: request, file)
        let room = buffer.prefix(range.count)
        guard try source.read(file, at: range.lowerBound, into: room) else { return false }
        try device.answer(request.unique, UnsafeRawBufferPointer(room))
        return true
    }

    /// Answers with where data or a hole begins, lseek(2).
    func seek(_ request: FuseRequest) throws(LinuxError) -> Bool {
        let file = try plainFile(request), message = try request.take(fuse_lseek_in.self)
        let size = tree.nodes[file].size
        guard let offset = Int64(exactly: message.offset), offset < size else { throw error(request, ENXIO) }
        let stretch: FileStretch
        switch Int(message.whence) {
        case Self.seekData: stretch = .data
        case Self.seekHole: stretch = .hole
        default: throw error(request, EINVAL)
        }
        guard let found = try source.next(stretch, of: file, from: offset) else { return false }
        guard stretch == .hole || found < size else { throw error(request, ENXIO) }
        try device.answer(request.unique, fuse_lseek_out(offset: UInt64(found)))
        return true
    }

    /// Has what a request is about, which needs the store.
    func fetch(_ request: FuseRequest, while isWanted: () -> Bool) throws(LinuxError) {
        let file = try plainFile(request)
        if request.opcode == FUSE_READ.rawValue {
            try source.fetch(file, range(of: request, file), while: isWanted)
        } else {
            let offset = try request.take(fuse_lseek_in.self).offset
            try source.fetchLayout(of: file, at: Int64(clamping: offset), while: isWanted)
        }
    }

    private func plainFile(_ request: FuseRequest) throws(LinuxError) -> Int {
        let file = try file(request)
        guard tree.nodes[file].kind == .file else { throw error(request, EINVAL) }
        return file
    }

    private func range(of request: FuseRequest, _ file: Int) throws(LinuxError) -> Range<Int64> {
        let message = try request.take(fuse_read_in.self), size = tree.nodes[file].size
        let start = min(Int64(clamping: message.offset), size)
        return start..<start + min(Int64(min(Int(message.size), FuseBuffer.size)), size - start)
    }

    /// SEEK_DATA and SEEK_HOLE.
    private static var seekData: Int { 3 }
    private static var seekHole: Int { 4 }
}
