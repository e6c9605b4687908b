// SPDX-License-Identifier: Apache-2.0
internal import Glibc
public import Linux

/// Variables of our environment that are secrets.
public enum SecretEnvironment {
    /// Takes variables out of the environment: neither `/proc/PID/environ` nor a child of ours shows them any more.
    ///
    /// To be called before there is a second thread that looks at the environment.
    public static func take(_ names: Set<String>) -> [String: SecretContent] {
        var taken: [String: SecretContent] = [:]
        for name in names {
            // One that is there twice is there twice in the memory that others see.
            while let value = getenv(name) {
                let length = strlen(value)
                if taken[name] == nil {
                    taken[name] = SecretContent(UnsafeRawBufferPointer(start: value, count: length))
                }
                explicit_bzero(value, length)
                let start = value - name.utf8.count - 1
                guard unsetenv(name) == 0 else { break }
                explicit_bzero(start, name.utf8.count + 1)
            }
        }
        return taken
    }
}
