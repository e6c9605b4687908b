// SPDX-License-Identifier: Apache-2.0

/// The memory in which a thread makes its answers.
///
/// What an earlier, longer answer had reached stays resident: pages are touched as they are needed.
final class FuseBuffer {
    /// No answer is longer: 256 pages, which the kernel is told not to exceed.
    static let size = 1 << 20

    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 4_096)

    deinit { memory.deallocate() }

    /// The first so many bytes.
    func prefix(_ count: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: memory[..<min(count, Self.size)])
    }
}
