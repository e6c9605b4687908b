// SPDX-License-Identifier: Apache-2.0
internal import CLaunch
internal import CLinux
internal import Glibc
public import Linux

/// The compiled list of operations that turns a clone into a container; `CLaunch` executes it.
///
/// A program is a flat buffer: a header, fixed-size operations, then the data they point to. It is built
/// host side first, container side after it, and ends with `exec`.
public struct LaunchProgram: Sendable {
    /// A descriptor register of the program; the first ones are the caller's inputs.
    public struct Slot: Hashable, Sendable {
        let number: Int16
        static let none = Slot(number: Int16(MARTLET_NO_SLOT))
    }

    /// The descriptors that travel with the program, in slot order.
    public private(set) var inputs: [Descriptor] = []
    private var operations: [martlet_launch_op] = []
    private var data: [UInt8] = []
    /// What stands at places of the data that are zero here; it goes into the memory that is sealed alone.
    private var secrets: [(at: Int, content: SecretContent)] = []
    private var nextSlot: Int16 = 0
    private var side = MARTLET_HOST

    init() {}

    // MARK: Building

    mutating func input(_ descriptor: Descriptor) -> Slot {
        precondition(operations.isEmpty, "inputs come before operations")
        inputs.append(descriptor)
        return slot()
    }

    mutating func slot() -> Slot {
        defer { nextSlot += 1 }
        return Slot(number: nextSlot)
    }

    /// Operations from here on run in the container.
    mutating func enterContainer() { side = MARTLET_CONTAINER }

    mutating func add(
        _ code: martlet_opcode,
        a: Slot = .none,
        b: Slot = .none,
        c: Int16 = -1,
        text: Data = .none,
        more: Data = .none,
        x: UInt64 = 0,
        y: UInt64 = 0,
        time: UInt32 = 0
    ) {
        let (textAt, textLength) = store(text)
        let (moreAt, moreLength) = store(more)
        operations.append(
            martlet_launch_op(
                code: UInt16(code.rawValue),
                side: UInt16(side.rawValue),
                a: a.number,
                b: b.number,
                c: c,
                reserved: 0,
                text: textAt,
                text_length: textLength,
                more: moreAt,
                more_length: moreLength,
                time: time,
                x: x,
                y: y
            )
        )
    }

    /// An operation that fills a fresh slot.
    mutating func fill(
        _ code: martlet_opcode,
        from a: Slot = .none,
        text: Data = .none,
        x: UInt64 = 0,
        y: UInt64 = 0
    ) -> Slot {
        let filled = slot()
        add(code, a: a, b: filled, text: text, x: x, y: y)
        return filled
    }

    /// The data of an operation.
    enum Data {
        case none
        case string(String)
        case bytes([UInt8])
        case secret(SecretContent)
        case strings([String])
        case slots([Slot])
        case words([UInt32])
        case longs([UInt64])
    }

    private mutating func store(_ value: Data) -> (UInt32, UInt32) {
        if case .none = value { return (0, 0) }
        while data.count % 8 != 0 { data.append(0) }
        let start = data.count
        func put(_ number: some FixedWidthInteger) {
            withUnsafeBytes(of: number.littleEndian) { data.append(contentsOf: $0) }
        }
        func put(_ text: String) {
            data.append(contentsOf: text.utf8)
            data.append(0)
        }
        switch value {
        case .none: break
        case .string(let text): put(text)
        case .bytes(let raw): data += raw
        case .secret(let content):
            secrets.append((start, content))
            data.append(contentsOf: repeatElement(0, count: content.count))
        case .strings(let list): for text in list { put(text) }
        case .slots(let slots): for slot in slots { put(UInt16(slot.number)) }
        case .words(let words): for word in words { put(word) }
        case .longs(let longs): for long in longs { put(long) }
        }
        return (UInt32(start), UInt32(data.count - start))
    }

    // MARK: Finished

    private var table: Int {
        MemoryLayout<martlet_launch_header>.size + operations.count * MemoryLayout<martlet_launch_op>.size
    }

    /// Where the data begins.
    private var start: Int { (table + 7) & ~7 }

    /// The program as the interpreter takes it, but for its secrets, which are zero.
    ///
    /// Throws if it breaks its own bounds: too many layers, mounts or arguments for one launch.
    public func encoded() throws(ContainerError) -> [UInt8] {
        let start = start
        let size = start + data.count
        var bytes: [UInt8] = []
        bytes.reserveCapacity(size)
        // Appended piece by piece: stored into one mutable buffer, release builds of Swift 6.3 throw a garbage
        // error from here.
        append(
            martlet_launch_header(
                magic: UInt32(MARTLET_LAUNCH_MAGIC),
                version: UInt16(MARTLET_LAUNCH_VERSION),
                inputs: UInt16(truncatingIfNeeded: inputs.count),
                size: UInt32(size),
                op_count: UInt32(operations.count)
            ),
            to: &bytes
        )
        for var operation in operations {
            if operation.text_length > 0 { operation.text += UInt32(start) }
            if operation.more_length > 0 { operation.more += UInt32(start) }
            append(operation, to: &bytes)
        }
        bytes += [UInt8](repeating: 0, count: start - table)
        bytes += data
        let bad = bytes.withUnsafeBytes { martlet_launch_validate($0.baseAddress, $0.count) }
        guard bad == -1 else {
            throw ContainerError(step: "compile", operation(Int(bad)), cause: .invalidProgram)
        }
        return bytes
    }

    private func append<Record: BitwiseCopyable>(_ record: Record, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: record) { bytes.append(contentsOf: $0) }
    }

    /// The program in a sealed memfd, as the keeper accepts it.
    func sealed() throws -> Descriptor {
        let bytes = try encoded()
        let flags = UInt32(MARTLET_MFD_CLOEXEC | MARTLET_MFD_ALLOW_SEALING)
        let memory = Descriptor(
            owning: try check("memfd_create", "launch program", martlet_memfd_create("launch", flags))
        )
        try memory.write(bytes)
        for (at, content) in secrets {
            try content.withBytes { bytes in
                var done = 0
                while done < bytes.count {
                    done += try retrying("pwrite", "launch program") {
                        pwrite(
                            memory.number,
                            bytes.baseAddress.map { $0 + done },
                            bytes.count - done,
                            off_t(start + at + done)
                        )
                    }
                }
            }
        }
        try check("fcntl", "F_ADD_SEALS", martlet_add_seals(memory.number, MARTLET_F_SEAL_ALL))
        return memory
    }

    /// What operation `index` does, for messages: `openat2 proc`.
    func operation(_ index: Int) -> String {
        guard operations.indices.contains(index) else { return "header" }
        var operation = operations[index]
        // The search is a part of what it is for.
        if operation.code == UInt16(MARTLET_OP_LOOKUP.rawValue), let last = operations.last {
            operation = last
        }
        let name = String(cString: martlet_launch_op_name(operation.code))
        guard operation.text_length > 1, Self.hasWords(operation.code),
            let subject = String(
                validating: data[Int(operation.text)..<Int(operation.text + operation.text_length)].prefix {
                    $0 != 0
                },
                as: UTF8.self
            )
        else { return name }
        return "\(name) \(subject)"
    }

    /// Whether the stage does operation `index`.
    func isHostSide(_ index: Int) -> Bool { operations[index].side == UInt16(MARTLET_HOST.rawValue) }

    /// The slots that operation `index`, a sync, fills.
    func slots(ofOperation index: Int) -> [UInt16] {
        guard operations.indices.contains(index) else { return [] }
        let operation = operations[index]
        return (0..<Int(operation.text_length) / 2).map { at in
            let place = Int(operation.text) + 2 * at
            return UInt16(data[place]) | UInt16(data[place + 1]) << 8
        }
    }

    /// What went wrong, from what a stage or a child tells.
    func failure(at index: Int, _ number: Int32, of id: String) -> ContainerError {
        guard operations.indices.contains(index) else {
            return ContainerError(step: "create", id, cause: .errno(number))
        }
        let code = operations[index].code
        if code == UInt16(MARTLET_OP_LOOKUP.rawValue) || code == UInt16(MARTLET_OP_EXEC.rawValue) {
            return Runtime.execFailure(executable, number)
                ?? ContainerError(step: "exec", executable, cause: .errno(number))
        }
        return Self.failure("create", id, operation(index), number)
    }

    /// What went wrong in an operation that is known by its name.
    static func failure(_ step: String, _ id: String, _ operation: String, _ number: Int32) -> ContainerError
    {
        let subject = "\(id): \(operation)"
        guard number >= MARTLET_HOOK_ENDED else {
            return ContainerError(step: step, subject, cause: .errno(number))
        }
        let status = number - MARTLET_HOOK_ENDED
        let how = status & 0x7f == 0 ? "status \(status >> 8 & 0xff)" : "signal \(status & 0x7f)"
        return ContainerError(step: step, subject, cause: .unsupported("it ended with \(how)"))
    }

    /// The names of the operations after the one that waits for the start, by their numbers.
    var operationsOfStart: [Int32: String] {
        let wait = UInt16(MARTLET_OP_WAIT.rawValue)
        guard let first = operations.firstIndex(where: { $0.code == wait }) else { return [:] }
        return Dictionary(
            uniqueKeysWithValues: operations.indices[first...].map { (Int32($0), operation($0)) }
        )
    }

    /// The program that the last operation executes.
    var executable: String {
        guard let last = operations.last else { return "" }
        let text = data[Int(last.text)..<Int(last.text + last.text_length)]
        return String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
    }

    private static func hasWords(_ code: UInt16) -> Bool {
        let others = [
            MARTLET_OP_SECCOMP, MARTLET_OP_SCHEDULER, MARTLET_OP_AFFINITY, MARTLET_OP_CAPS, MARTLET_OP_RLIMIT,
            MARTLET_OP_BECOME, MARTLET_OP_HANDOVER, MARTLET_OP_EXPORT, MARTLET_OP_SYNC, MARTLET_OP_KEEP,
        ]
        return !others.contains { UInt16($0.rawValue) == code }
    }

    /// One line an operation: side, name, slots, data and numbers.
    public func explained() -> [String] {
        operations.indices.map { index in
            let operation = operations[index]
            let slots = [operation.a, operation.b, operation.c].map { $0 < 0 ? "-" : String($0) }.joined(
                separator: " "
            )
            let where_ = operation.side == 0 ? "host     " : "container"
            let numbers = "0x" + String(operation.x, radix: 16) + " 0x" + String(operation.y, radix: 16)
            return "\(where_) [\(slots)] \(self.operation(index)) \(numbers)"
        }
    }
}
