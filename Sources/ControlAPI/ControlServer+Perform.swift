// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Control
internal import Desired
internal import Hummingbird

extension ControlServer {
    /// Does what a route is for, if who asks may have it done, and puts on record what becomes of it.
    ///
    /// The head of the request is read to its end by then, by the one reader that there is.
    func perform(_ route: Route, _ request: Request, _ context: ControlContext) async throws -> Response {
        var context = context
        do {
            context.who = try await gate.caller(of: request, context)
            if let role = route.role { try check(context.who, may: route, role.rawValue) }
        } catch {
            await record(route, request, context, "refused", "\(error)")
            throw error
        }
        guard route.isAudited else { return try await act(route, request, context) }
        do {
            let response = try await act(route, request, context)
            await record(route, request, context, "accepted", "")
            return response
        } catch {
            let failure = ControlReply.control(error)
            await record(
                route,
                request,
                context,
                failure.code == .failed ? "failed" : "refused",
                "\(failure)"
            )
            throw error
        }
    }

    /// A stream has its place for as long as it is written.
    private func act(_ route: Route, _ request: Request, _ context: ControlContext) async throws -> Response {
        guard route.isStream else { return try await route.action(self, request, context) }
        let place = try places.take(context.who)
        var response = try await route.action(self, request, context)
        let body = response.body
        response.body = ResponseBody(contentLength: body.contentLength) { writer in
            defer { withExtendedLifetime(place) {} }
            try await body.write(writer)
        }
        return response
    }

    private func check(_ caller: Caller, may route: Route, _ role: String) throws(ControlError) {
        if caller == .unknown {
            throw ControlError(
                .unauthenticated,
                "request",
                "who asks is not known",
                "show a client certificate or a token"
            )
        }
        guard let least = route.role, let own = caller.role, own >= least else {
            throw ControlError(
                .forbidden,
                caller.name,
                "may not \(route.name), which takes the role \(role)",
                "see api.roles in node.yaml"
            )
        }
    }

    private func record(
        _ route: Route,
        _ request: Request,
        _ context: ControlContext,
        _ result: String,
        _ reason: String
    ) async {
        let subject = ["app", "name", "source", "plan"].lazy.compactMap { context.parameters.get($0) }.first
        await node.audit.append(
            AuditRecord(
                caller: context.caller,
                action: route.name,
                subject: subject ?? request.word("app") ?? "",
                result: result,
                reason: [context.deed.details ?? "", reason].filter { !$0.isEmpty }.joined(separator: ": "),
                digest: context.deed.digest
            ),
            isStranger: context.who == .unknown
        )
    }
}
