// SPDX-License-Identifier: Apache-2.0
internal import CTransfer
internal import Linux

/// The thread that drives libcurl's multi interface, and what others ask of it.
///
/// The handle is used on that thread alone, but for `curl_multi_wakeup`, which is made for others and is called
/// under the lock of the inbox, while the handle is there: hence `@unchecked`.
final class TransferEngine: @unchecked Sendable {
    private struct Inbox {
        var starts: [Flight] = []
        var resumes: [Flight] = []
        var cancels: [Flight] = []
        var isClosing = false
        var isOver = false
    }

    private static let library = curl_global_init(Int(CURL_GLOBAL_DEFAULT))
    /// Whether libcurl could be started.
    static var isReady: Bool { library == CURLE_OK }

    private let multi: UnsafeMutableRawPointer
    private let inbox = Monitor(Inbox())
    /// What libcurl has, by its handles; of the thread.
    private var flights: [UnsafeMutableRawPointer: Flight] = [:]

    private init(_ multi: UnsafeMutableRawPointer) { self.multi = multi }

    static func start() throws(TransferError) -> TransferEngine {
        guard isReady, let multi = martlet_curl_multi_init() else {
            throw TransferError("start", "libcurl", .library("it cannot be started"))
        }
        martlet_curl_multi_set_long(multi, CURLMOPT_MAX_HOST_CONNECTIONS, 32)
        martlet_curl_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 64)
        let engine = TransferEngine(multi)
        do throws(LinuxError) {
            try Thread.detach { engine.run() }
        } catch {
            curl_multi_cleanup(multi)
            throw TransferError("start", "libcurl", .library("\(error)"))
        }
        return engine
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
        inbox.change { inbox in
            guard !inbox.isOver else { return }
            change(&inbox)
            curl_multi_wakeup(multi)
        }
    }

    // MARK: The thread

    private func run() {
        while true {
            let work = inbox.change { inbox in
                defer { (inbox.starts, inbox.resumes, inbox.cancels) = ([], [], []) }
                return inbox
            }
            for flight in work.starts { add(flight) }
            for flight in work.cancels where flight.easy != nil { remove(flight) }
            for flight in work.resumes {
                if let easy = flight.easy { curl_easy_pause(easy, CURLPAUSE_CONT) }
            }
            var running: Int32 = 0
            curl_multi_perform(multi, &running)
            for flight in flights.values { flight.announce() }
            collect()
            if work.isClosing, flights.isEmpty, endIfIdle() { break }
            curl_multi_poll(multi, nil, 0, flights.isEmpty ? 60_000 : 1000, nil)
        }
        curl_multi_cleanup(multi)
    }

    /// True if nothing came in meanwhile: nothing will.
    private func endIfIdle() -> Bool {
        inbox.change { inbox in
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
