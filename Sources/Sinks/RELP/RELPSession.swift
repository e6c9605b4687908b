// SPDX-License-Identifier: Apache-2.0
internal import Transfer

/// A session with a receiver that says what it has: the protocol of rsyslog, version 0.
struct RELPSession {
    private static let patience = Duration.seconds(30)
    /// Messages on their way at most: so many may come twice when the receiver dies, and there is room for their
    /// answers.
    private static let mostOpen = 2_048
    /// Messages that are written together.
    private static let stride = 256
    /// `rsp` to `open` says what both can do; what we can is this.
    private static let offer = "relp_version=0\nrelp_software=martlet\ncommands=syslog"

    private let stream: ByteStream
    private var answers = RELPAnswers()
    private var window = RELPWindow()

    /// Opens a session over a new connection.
    init(over stream: ByteStream) throws(SinkError) {
        self.stream = stream
        let number = window.command()
        try write(Array("\(number) open \(Self.offer.utf8.count) \(Self.offer)\n".utf8))
        while true {
            guard let frame = try next(within: Self.patience) else { throw late() }
            guard frame.command == "rsp", frame.number == number, let code = frame.code else {
                throw nonsense("an answer to 'open' is missing")
            }
            guard code == 200 else {
                throw error("it does not open a session: \(code) \(frame.text)")
            }
            guard String(decoding: frame.data, as: UTF8.self).contains("syslog") else {
                throw error("it takes no command 'syslog': send to another port")
            }
            return
        }
    }

    /// Sends what is left of a batch, reading answers while too much is on its way.
    mutating func send(_ messages: borrowing Messages, _ known: RELPWindow.Batch) throws(SinkError) {
        window.begin(known)
        try read(within: .zero)
        var frames: [UInt8] = []
        for start in Swift.stride(from: 0, to: messages.count, by: Self.stride) {
            frames.removeAll(keepingCapacity: true)
            for index in start..<min(start + Self.stride, messages.count) {
                guard let number = window.message(index) else { continue }
                let range = messages[index]
                frames.append(decimal: number)
                frames.append(" syslog ")
                frames.append(decimal: UInt64(range.count))
                frames.append(" ")
                frames += messages.bytes[range]
                frames.append("\n")
            }
            try write(frames)
            while window.open > Self.mostOpen - Self.stride {
                guard try read(within: Self.patience) else { throw late() }
            }
        }
    }

    /// Whether the oldest batch was answered, after at most so long without any answer.
    mutating func isAnswered(within patience: Duration) throws(SinkError) -> Bool {
        while !window.isOldestAnswered {
            guard try read(within: patience) else { return false }
        }
        return true
    }

    /// Waits until the oldest batch was answered; how many of its messages were refused.
    mutating func confirm() throws(SinkError) -> Int {
        guard try isAnswered(within: Self.patience) else { throw late() }
        return window.confirm()
    }

    /// Says that nothing follows, if the connection takes it at once.
    private mutating func close() {
        guard window.open == 0 else { return }
        // The receiver has confirmed everything: nothing is lost if it does not hear this.
        try? stream.send(Array("\(window.command()) close 0\n".utf8), patience: .zero)
    }

    /// Reads the answers that came before the end; what is known then of the batches that are not confirmed.
    ///
    /// So what a receiver confirmed before it died is not sent to the next one.
    mutating func end() -> [RELPWindow.Batch] {
        close()
        // The connection is given up: whatever is wrong with it, what was read counts.
        do throws(SinkError) { while try read(within: .zero) {} } catch {}
        return window.batches
    }

    // MARK: Frames

    /// Reads answers that are there, or the next one that comes; false if none came for so long.
    @discardableResult
    private mutating func read(within patience: Duration) throws(SinkError) -> Bool {
        guard var frame = try next(within: patience) else { return false }
        while true {
            try take(frame)
            guard let more = try next(within: nil) else { return true }
            frame = more
        }
    }

    private mutating func take(_ frame: RELPAnswers.Frame) throws(SinkError) {
        if frame.command == "serverclose" { throw error("it closes the session") }
        guard frame.command == "rsp", let code = frame.code else {
            throw nonsense("\(frame.command) is no answer")
        }
        guard code == 200 || code == 500 else { throw nonsense("an answer with the code \(code)") }
        guard window.answer(frame.number, isRefusal: code == 500) else {
            throw nonsense("an answer to command \(frame.number), which waits for none")
        }
    }

    /// The next frame that was received, and with a patience the next that comes.
    private mutating func next(within patience: Duration?) throws(SinkError) -> RELPAnswers.Frame? {
        while true {
            do throws(RELPAnswers.Malformed) {
                if let frame = try answers.next() { return frame }
            } catch {
                throw nonsense("no frame of RELP")
            }
            guard let patience else { return nil }
            do throws(TransferError) {
                guard let bytes = try stream.receive(limit: 65_536, patience: patience) else { return nil }
                guard !bytes.isEmpty else {
                    throw TransferError("receive from", stream.peer, .connection("it closed the connection"))
                }
                answers.append(bytes)
            } catch {
                throw SinkError(error)
            }
        }
    }

    private func write(_ bytes: [UInt8]) throws(SinkError) {
        do throws(TransferError) { try stream.send(bytes, patience: Self.patience) } catch {
            throw SinkError(error)
        }
    }

    private func late() -> SinkError { error("no answer for \(Self.patience)") }

    private func nonsense(_ what: String) -> SinkError {
        error("\(what): is it a receiver of RELP, such as imrelp of rsyslog?")
    }

    private func error(_ reason: String) -> SinkError {
        SinkError("speak RELP with", stream.peer, .unavailable(reason))
    }
}
