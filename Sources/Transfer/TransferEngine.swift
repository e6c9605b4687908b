// SPDX-License-Identifier: Apache-2.0
internal import CTransfer
internal import Glibc
internal import Linux

/// The thread that drives libcurl's multi interface, and what others ask of it.
///
/// libcurl is asked about the sockets that are ready alone (libcurl-multi(3), "multi_socket"): asked about all of them it
/// polls each. The handle is used on that thread alone: hence `@unchecked`.
final class TransferEngine: @unchecked Sendable {
    private struct Inbox {
        var starts: [Flight] = []
        var resumes: [Flight] = []
        var cancels: [Flight] = []
        /// The thread was woken, and has not looked yet.
        var isRung = false
        var isClosing = false
        var isOver = false
    }

    private static let library = curl_global_init(Int(CURL_GLOBAL_DEFAULT))
    /// Whether libcurl could be started.
    static var isReady: Bool { library == CURLE_OK }

    private let multi: UnsafeMutableRawPointer
    private let inbox = Monitor(Inbox())
    private let wake: Descriptor
    /// What libcurl has, by its handles; of the thread.
    private var flights: [UnsafeMutableRawPointer: Flight] = [:]
    /// What libcurl waits for; of the thread.
    private var awaited: AwaitedSockets

    private init(_ multi: UnsafeMutableRawPointer, _ wake: Descriptor) {
        self.multi = multi
        self.wake = wake
        awaited = AwaitedSockets(beside: wake)
    }

    static func start() throws(TransferError) -> TransferEngine {
        func failed(_ why: String) -> TransferError { TransferError("start", "libcurl", .library(why)) }
        let wake: Descriptor
        do throws(LinuxError) { wake = try Descriptor.event() } catch { throw failed("\(error)") }
        guard isReady, let multi = martlet_curl_multi_init() else { throw failed("it cannot be started") }
        martlet_curl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, 32)
        martlet_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 64)
        let engine = TransferEngine(multi, wake)
        let this = Unmanaged.passUnretained(engine).toOpaque()
        let isWatched = martlet_curl_multi_watch(multi, this) { _, socket, events, engine, _ in
            engine.map { TransferEngine.from($0).awaited.change(socket, to: events) }
            return 0
        } _: { _, milliseconds, engine in
            engine.map {
                TransferEngine.from($0).awaited.due =
                    milliseconds < 0 ? nil : .now + .milliseconds(milliseconds)
            }
            return 0
        }
        do throws(LinuxError) {
            guard isWatched else { throw LinuxError("curl_multi_setopt", "", errno: EINVAL) }
            try Thread.detach { engine.run() }
        } catch {
            curl_multi_cleanup(multi)
            throw failed("\(error)")
        }
        return engine
    }

    private static func from(_ pointer: UnsafeMutableRawPointer) -> TransferEngine {
        Unmanaged<TransferEngine>.fromOpaque(pointer).takeUnretainedValue()
    }

    // MARK: From any thread

    func start(_ flight: Flight) { post { $0.starts.append(flight) } }
    func resume(_ flight: Flight) { post { $0.resumes.append(flight) } }

    /// Ends it; its reader hears of it at once.
    func cancel(_ flight: Flight) {
        let isOver = flight.state.change { state in
            defer { if state.end == nil { state.end = .failure(flight.error(.cancelled)) } }
            return state.end != nil
        }
        guard !isOver else { return }
        flight.request.hold?.end()
        post { $0.cancels.append(flight) }
    }

    /// Ends the thread once nothing is in flight.
    func close() { post { $0.isClosing = true } }

    private func post(_ change: (inout Inbox) -> Void) {
        let isNews = inbox.hold { inbox in
            guard !inbox.isOver else { return false }
            defer { inbox.isRung = true }
            change(&inbox)
            return !inbox.isRung
        }
        if isNews { wake.ring() }
    }

    // MARK: The thread

    private func run() {
        while true {
            let work = inbox.hold { inbox in
                defer { (inbox.starts, inbox.resumes, inbox.cancels, inbox.isRung) = ([], [], [], false) }
                return inbox
            }
            for flight in work.starts { add(flight) }
            for flight in work.cancels where flight.easy != nil { remove(flight) }
            for flight in work.resumes {
                if let easy = flight.easy { curl_easy_pause(easy, CURLPAUSE_CONT) }
            }
            // What has just begun is due at once.
            if awaited.isDue() { act(CURL_SOCKET_TIMEOUT, 0) }
            collect()
            for flight in flights.values { flight.announce() }
            if work.isClosing, flights.isEmpty, endIfIdle() { break }
            for (socket, events) in awaited.wait() { act(socket, events) }
        }
        curl_multi_cleanup(multi)
    }

    /// Has libcurl do what a socket is ready for, or what is due.
    private func act(_ socket: Int32, _ events: Int32) {
        var running: Int32 = 0
        curl_multi_socket_action(multi, socket, events, &running)
    }

    /// True if nothing came in meanwhile: nothing will.
    private func endIfIdle() -> Bool {
        inbox.hold { inbox in
            inbox.isOver = inbox.starts.isEmpty
            return inbox.isOver
        }
    }

    private func add(_ flight: Flight) {
        guard flight.state.change({ $0.end == nil }) else { return }
        guard let easy = curl_easy_init() else {
            return flight.finish(.failure(flight.error(.library("there is no memory"))))
        }
        flight.easy = easy
        flights[easy] = flight
        guard flight.configure(easy), curl_multi_add_handle(multi, easy) == CURLM_OK else {
            let cause = flight.failure ?? .library("libcurl does not take the request")
            flight.finish(.failure(flight.error(cause)))
            return remove(flight)
        }
    }

    private func remove(_ flight: Flight) {
        guard let easy = flight.easy else { return }
        curl_multi_remove_handle(multi, easy)
        curl_easy_cleanup(easy)
        curl_slist_free_all(flight.list)
        (flight.easy, flight.list) = (nil, nil)
        flights[easy] = nil
    }

    /// Tells the readers of what is over.
    private func collect() {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let flight = flights[easy]
            else { continue }
            flight.finish(flight.end(martlet_curl_result(message)))
            remove(flight)
        }
    }
}
