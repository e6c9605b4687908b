// SPDX-License-Identifier: Apache-2.0
public import Linux

/// One answer on its way: its head, then its body in order, as much at a time as is there.
///
/// Its calls block; make them on a thread of your own. What is not read stays with the server, but for one buffer.
/// Dropping the last reference ends the transfer.
public final class Transfer: Sendable {
    /// The head of the answer.
    public let response: TransferResponse
    private let flight: Flight
    private let engine: TransferEngine
    private let scope: TransferScope
    private let place: Int

    init(_ request: TransferRequest, on engine: TransferEngine, in scope: TransferScope)
        throws(TransferError)
    {
        let flight = Flight(request)
        guard let place = scope.enter({ engine.cancel(flight) }) else {
            request.hold?.end()
            throw flight.error(.cancelled)
        }
        request.hold?.state.hold { state in
            state.resume = { [weak flight] in if let flight { engine.resume(flight) } }
        }
        engine.start(flight)
        do throws(TransferError) {
            response = try flight.head()
        } catch {
            scope.leave(place)
            throw error
        }
        self.flight = flight
        self.engine = engine
        self.scope = scope
        self.place = place
    }

    deinit {
        scope.leave(place)
        engine.cancel(flight)
    }

    /// The next bytes of the body, at least one; nil after the last.
    public func read() throws(TransferError) -> [UInt8]? {
        let (bytes, mayGoOn) = try flight.read()
        if mayGoOn { engine.resume(flight) }
        return bytes
    }

    /// The rest of the body, which the request's limits bound.
    public func readAll() throws(TransferError) -> [UInt8] {
        var all: [UInt8] = []
        while let bytes = try read() { all += bytes }
        return all
    }

    /// Writes the body into a file from a position on, as it comes.
    ///
    /// Nothing of it may have been read before. After an error some of it may be there, and some may still come.
    ///
    /// - Parameters:
    ///   - file: An open plain file; ask with `isIntoFile`, so that nobody else waits for its disk.
    ///   - position: Where the first byte goes.
    ///   - count: How many bytes it must have.
    /// - Throws: `file` if the file does not take it, `answer` if it has not so many.
    public func write(to file: Descriptor, at position: Int64, count: Int64) throws(TransferError) {
        let place = FilePlace(file: file, position: position, count: count)
        let (bytes, mayGoOn) = flight.divert(to: place)
        if mayGoOn { engine.resume(flight) }
        do throws(TransferError.Cause) {
            try bytes.withUnsafeBufferPointer { bytes throws(TransferError.Cause) in
                try place.write(UnsafeRawBufferPointer(bytes), after: 0)
            }
        } catch { throw flight.error(error) }
        let written = try flight.count()
        guard written == count else { throw flight.error(.answer("\(written) of \(count) bytes came")) }
    }

    /// Reads what is left of the body if that is little, so that its connection can be used again.
    public func drain() {
        guard let length = response.length, length <= 16 << 10 else { return }
        while (try? read()) != nil {}
    }
}
