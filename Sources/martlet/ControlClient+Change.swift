// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control

extension ControlClient {
    /// Stops, starts, restarts, pauses or resumes containers, or changes their limits; what they are then.
    ///
    /// It takes as long as the grace periods of the file say.
    func change(_ action: String, _ target: Target, body: [UInt8]? = nil) async throws(ControlError)
        -> [InstanceStatus]
    {
        let request = ControlRequest(
            .post,
            "apps",
            target.app,
            action,
            query: ["service": target.service, "instance": target.instance.map(String.init)],
            body: body
        )
        return try await send(request, mayTakeLong: true)
    }
}
