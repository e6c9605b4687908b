// SPDX-License-Identifier: Apache-2.0
internal import CLinux

/// System calls that nothing goes without; the newest came with Linux 5.12.
public enum KernelCalls {
    /// The names of those that this kernel, or a filter around this process, does not have.
    public static var missing: [String] {
        var missing: [String] = [], index: Int32 = 0
        while true {
            if let name = martlet_missing_call(&index) { missing.append(String(cString: name)) }
            if index < 0 { return missing }
            index += 1
        }
    }
}
