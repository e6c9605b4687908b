// SPDX-License-Identifier: Apache-2.0

/// Room that lines are written into, one batch after the other; grows as it must.
final class LineBuffer {
    private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 512 << 10, alignment: 64)
    private(set) var count = 0

    deinit { memory.deallocate() }

    /// What was put in, until the next change.
    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }

    func clear() { count = 0 }

    func put(_ bytes: UnsafeRawBufferPointer) {
        if memory.count - count < bytes.count {
            let larger = UnsafeMutableRawBufferPointer.allocate(
                byteCount: 2 * memory.count + bytes.count,
                alignment: 64
            )
            larger.copyMemory(from: self.bytes)
            memory.deallocate()
            memory = larger
        }
        UnsafeMutableRawBufferPointer(rebasing: memory[count..<(count + bytes.count)]).copyMemory(from: bytes)
        count += bytes.count
    }
}
