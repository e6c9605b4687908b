// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Control
internal import Desired
internal import Hummingbird
internal import Keys
internal import NIOCore

extension ControlServer {
    /// A larger desired state is refused; the same limit as for a file.
    private static let maximumBody = 4 << 20

    /// Makes the body an app's next generation.
    func apply(_ request: Request, _ context: ControlContext) async throws -> Response {
        let (desired, model, signer) = try await desired(request, context, isSigned: true)
        let app = desired.app
        if let signer { context.deed.note("signed by \(signer)") }
        try await node.refuseIfSourced(app.name, isChange: true)
        let caller = context.caller + (signer.map { ", signed by \($0)" } ?? "")
        let change = ApplyRequest(
            app,
            digest: desired.digest,
            model: model,
            source: NodeSource.push,
            caller: caller,
            plan: request.word("plan"),
            generation: try request.expectedGeneration(),
            now: request.flag("now")
        )
        let response = try await carryOut(change, request, context)
        decoded.keep(desired)
        return response
    }

    /// Answers a change with its beginning, or with all lines to its end.
    ///
    /// One whose client goes away before it is accepted ends.
    func carryOut(
        _ change: ApplyRequest,
        _ request: Request,
        _ context: ControlContext
    ) async throws -> Response {
        let pending = PendingApply(change)
        context.whenClosed { [weak pending] in pending?.abandon() }
        guard request.flag("wait") else {
            return try ControlReply.json(try await node.apply(pending).accepted)
        }
        return ControlReply.lines(try await node.applying(pending))
    }

    /// The desired state that is the body, for the app that the path names.
    ///
    /// One that `isSigned` is looked at no further than its bytes before it is known whose they are.
    func desired(
        _ request: Request,
        _ context: ControlContext,
        isSigned: Bool = false
    ) async throws -> (desired: DecodedApps.Decoded, model: String, signer: String?) {
        let name = try context.parameters.require("app")
        let body = try await request.body(upTo: Self.maximumBody)
        let bytes = Array(body.readableBytesView)
        context.deed.note(digest: "sha256:\(HashFunction.sha256.hex(bytes))")
        let signature = try request.signature()
        let signer = isSigned ? try await node.signer(of: bytes, by: signature, subject: name) : nil
        guard let text = String(validating: body.readableBytesView, as: UTF8.self) else {
            throw ControlError(.invalid, name, "the desired state is not UTF-8 text")
        }
        let desired = try decoded.app(name, in: text)
        guard desired.app.name == name else {
            throw ControlError(.invalid, name, "the desired state is that of app \(desired.app.name)")
        }
        return (desired, text, signer)
    }
}
