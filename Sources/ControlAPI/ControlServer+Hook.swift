// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Control
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

extension ControlServer {
    private static let maximumHook = 1 << 20

    /// Has a source read at once, for one who knows its secret.
    func hook(_ request: Request, _ context: ControlContext) async throws -> Response {
        let source = try context.parameters.require("source")
        func field(_ names: String...) -> String? {
            names.lazy.compactMap { HTTPField.Name($0).flatMap { request.headers[$0] } }.first
        }
        let signature = field("X-Hub-Signature-256"), token = field("X-Gitlab-Token")
        // Nothing is read for strangers who show nothing, or know no source.
        let isWorthReading = hooks.knows(source) && (signature != nil || token != nil)
        let verdict =
            try await !isWorthReading
            ? .unknown
            : hooks.reading {
                await hooks.judge(
                    source,
                    body: Array(try await request.body(upTo: Self.maximumHook).readableBytesView),
                    signature: signature,
                    token: token,
                    delivery: field("X-Gitlab-Event-UUID", "Idempotency-Key")
                )
            }
        switch verdict {
        case .right:
            await node.wake(source)
            await recordHook(source, "accepted")
        case .repeated: break
        // One that has no hook, or is not there, answers as one whose secret they do not know.
        case .wrong, .unknown:
            await recordHook(source, "refused")
            throw ControlError(
                .unauthenticated,
                "hook",
                "the signature is not that of this source",
                "sign the body with the secret in the file that its 'hook' names"
            )
        }
        return try ControlReply.json(HookReply(woken: verdict == .right))
    }

    private func recordHook(_ source: String, _ result: String) async {
        await node.audit.append(
            AuditRecord(
                caller: "hook",
                action: "POST /v1/hooks/{source}",
                subject: source,
                result: result
            ),
            isStranger: result == "refused"
        )
    }
}
