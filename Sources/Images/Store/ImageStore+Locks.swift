// SPDX-License-Identifier: Apache-2.0
internal import Glibc
public import Linux

/// Who may do what at the same time, among all processes that share the folder.
///
/// Whoever adds content that no name leads to yet holds `lock` shared; whoever removes content holds it alone. The
/// record of names changes under `record.lock`, for an instant.
extension ImageStore {
    /// Runs alone: nobody adds or removes content.
    func locked<Result>(_ body: () throws(ImageError) -> Result) throws(ImageError) -> Result {
        let lock = try attempt("lock", "image store") { () throws(LinuxError) in
            let lock = try lockFile("lock")
            try lock.lock(wait: true)
            return lock
        }
        defer { withExtendedLifetime(lock) {} }
        return try body()
    }

    /// Runs beside others who add content; what is added stays until they have ended.
    func shared<Result>(_ body: () throws(ImageError) -> Result) throws(ImageError) -> Result {
        let lock = try holdShared()
        defer { withExtendedLifetime(lock) {} }
        return try body()
    }

    /// Keeps collections away for as long as the descriptor lives.
    public func holdShared() throws(ImageError) -> Descriptor {
        try attempt("lock", "image store") { () throws(LinuxError) in
            let lock = try lockFile("lock")
            try lock.lockShared()
            return lock
        }
    }

    /// Runs alone, or not at all if someone else is at work.
    @discardableResult
    func ifQuiet<Result>(_ body: () throws(ImageError) -> Result) throws(ImageError) -> Result? {
        let lock = try attempt("lock", "image store") { () throws(LinuxError) in
            let lock = try lockFile("lock")
            return try lock.lock(wait: false) ? lock : nil
        }
        guard let lock else { return nil }
        defer { withExtendedLifetime(lock) {} }
        return try body()
    }

    /// Changes the record of names; nothing is written if `body` throws or leaves it as it was.
    func changeRecord<Result>(
        _ body: (inout StoreRecord) throws(ImageError) -> Result
    ) throws(ImageError) -> Result {
        let lock = try attempt("lock", "image store") { () throws(LinuxError) in
            let lock = try lockFile("record.lock")
            try lock.lock(wait: true)
            return lock
        }
        defer { withExtendedLifetime(lock) {} }
        let before = try StoreRecord.read(from: root)
        var record = before
        let result = try body(&record)
        if record != before { try record.write(to: root) }
        return result
    }

    private func lockFile(_ name: RawPath) throws(LinuxError) -> Descriptor {
        try root.open(name, O_CREAT | O_RDWR | O_NOFOLLOW, mode: 0o600, resolve: [.beneath, .noSymlinks])
    }
}
