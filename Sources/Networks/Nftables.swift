// SPDX-License-Identifier: Apache-2.0
internal import CNftables
internal import Synchronization

/// The packet filter of the network namespace of the thread that opened it, through libnftables.
///
/// Opened once and early: the library waits with select(2), which ends the process when its socket has a number
/// above 1023.
///
/// `@unchecked`: the library's context is used by one thread at a time.
final class Nftables: @unchecked Sendable {
    /// The library's contexts share parser state in some versions, so runs take turns.
    private static let turn = Mutex<Void>(())

    private let context: OpaquePointer

    init() throws(NetworkError) {
        guard let context = nft_ctx_new(UInt32(NFT_CTX_DEFAULT)) else {
            throw NetworkError("nftables", "packet filter", "no memory for a context")
        }
        self.context = context
        nft_ctx_output_set_flags(context, UInt32(NFT_CTX_OUTPUT_NUMERIC_PROTO))
        guard nft_ctx_buffer_output(context) == 0, nft_ctx_buffer_error(context) == 0 else {
            throw NetworkError("nftables", "packet filter", "no memory for the output")
        }
    }

    deinit { nft_ctx_free(context) }

    /// Runs commands as one transaction: all or none; returns what they print.
    @discardableResult
    func run(_ commands: String, _ subject: String) throws(NetworkError) -> String {
        try Self.turn.withLock { (_: inout Void) throws(NetworkError) -> String in
            let isDone = nft_run_cmd_from_buffer(context, commands) == 0
            // Reading empties both.
            let output = nft_ctx_get_output_buffer(context).map { String(cString: $0) } ?? ""
            let error = nft_ctx_get_error_buffer(context).map { String(cString: $0) } ?? ""
            guard isDone else { throw NetworkError("nftables", subject, Self.line(error)) }
            return output
        }
    }

    /// The library marks errors under the offending command over several lines; ours have one.
    private static func line(_ text: String) -> String {
        text.split(separator: "\n").prefix(2).map { line in
            line.split(separator: " ").joined(separator: " ")
        }.joined(separator: ": ")
    }
}
