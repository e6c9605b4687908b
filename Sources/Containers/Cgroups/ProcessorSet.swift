// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Linux

/// Processors by number, written as the kernel does: `0-3,6` (cpuset(7), "List format").
public struct ProcessorSet: Hashable, Sendable, CustomStringConvertible {
    /// The numbers.
    public var numbers: Set<Int>

    /// These processors.
    public init(_ numbers: Set<Int>) { self.numbers = numbers }

    /// Reads a list of numbers and ranges below 65,536; nil if it is none or empty.
    public init?(_ list: String) {
        guard list.utf8.count <= 65_536 else { return nil }
        numbers = []
        for part in list.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false)
            guard (1...2).contains(ends.count),
                ends.allSatisfy({
                    (1...5).contains($0.utf8.count) && $0.utf8.allSatisfy { (48...57).contains($0) }
                }),
                let low = Int(ends[0]), let high = Int(ends[ends.count - 1]), low <= high, high < 65_536
            else { return nil }
            numbers.formUnion(low...high)
        }
    }

    /// The processors that are switched on; nil where the kernel does not tell.
    public static var online: ProcessorSet? {
        guard let text = CgroupFolders.word("/sys/devices/system/cpu/online") else { return nil }
        return ProcessorSet(text)
    }

    /// Rising ranges.
    public var description: String {
        var ranges: [ClosedRange<Int>] = []
        for number in numbers.sorted() {
            if let last = ranges.last, last.upperBound + 1 == number {
                ranges[ranges.count - 1] = last.lowerBound...number
            } else {
                ranges.append(number...number)
            }
        }
        return ranges.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ",")
    }
}
