// SPDX-License-Identifier: Apache-2.0

/// The processors of a `cpuset` that has been checked: `0-3,6`.
struct ProcessorList {
    /// Their numbers.
    let numbers: Set<Int>

    /// Reads a list; what is no list has no processors.
    init(_ text: String) {
        numbers = text.split(separator: ",").reduce(into: []) { set, part in
            let ends = part.split(separator: "-").map { Int($0) }
            guard let low = ends.first ?? nil, let high = ends.last ?? nil, low <= high, high < 65_536 else {
                return
            }
            set.formUnion(low...high)
        }
    }
}
