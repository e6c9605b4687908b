// SPDX-License-Identifier: Apache-2.0
internal import CNftables
internal import Synchronization

/// The packet filter of the calling thread's network namespace, through libnftables.
enum Nftables {
    /// The library's contexts share parser state in some versions, so runs take turns.
    private static let turn = Mutex<Void>(())

    /// Runs commands as one transaction: all or none; returns what they print.
    @discardableResult
    static func run(_ commands: String, _ subject: String) throws(NetworkError) -> String {
        try turn.withLock { (_: inout Void) throws(NetworkError) -> String in
            guard let context = nft_ctx_new(UInt32(NFT_CTX_DEFAULT)) else {
                throw NetworkError("nftables", subject, "no memory for a context")
            }
            defer { nft_ctx_free(context) }
            nft_ctx_output_set_flags(context, UInt32(NFT_CTX_OUTPUT_NUMERIC_PROTO))
            guard nft_ctx_buffer_output(context) == 0, nft_ctx_buffer_error(context) == 0 else {
                throw NetworkError("nftables", subject, "no memory for the output")
            }
            guard nft_run_cmd_from_buffer(context, commands) == 0 else {
                let text = nft_ctx_get_error_buffer(context).map { String(cString: $0) } ?? ""
                throw NetworkError("nftables", subject, Nftables.line(text))
            }
            return nft_ctx_get_output_buffer(context).map { String(cString: $0) } ?? ""
        }
    }

    /// The library marks errors under the offending command over several lines; ours have one.
    private static func line(_ text: String) -> String {
        text.split(separator: "\n").prefix(2).map { line in
            line.split(separator: " ").joined(separator: " ")
        }.joined(separator: ": ")
    }
}
