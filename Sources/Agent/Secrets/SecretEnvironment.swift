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
            var entries: [UnsafeMutablePointer<CChar>] = []
            var next = environ
            while let entry = next.pointee {
                if strncmp(entry, "\(name)=", name.utf8.count + 1) == 0 { entries.append(entry) }
                next += 1
            }
            guard let first = entries.first, unsetenv(name) == 0 else { continue }
            let value = first + name.utf8.count + 1
            taken[name] = SecretContent(UnsafeRawBufferPointer(start: value, count: strlen(value)))
            for entry in entries { explicit_bzero(entry, strlen(entry)) }
        }
        return taken
    }
}
