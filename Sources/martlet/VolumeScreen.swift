// SPDX-License-Identifier: Apache-2.0
internal import Command
internal import Control

/// Shows on a terminal how far the files of a volume are here, for as long as an answer is waited for.
struct VolumeScreen {
    let client: ControlClient
    let volume: VolumeCommand.Place

    /// What is answered.
    ///
    /// Throws what `ask` throws.
    func show<Answer: Sendable>(while ask: () async throws -> Answer) async throws -> Answer {
        guard Terminal.isInteractive else { return try await ask() }
        let drawing = Task {
            var live = LiveLines()
            defer { live.clear() }
            while (try? await Task.sleep(for: .milliseconds(200))) != nil {
                // One that cannot be asked just now is asked again.
                let request = ControlRequest(.get, "volumes", volume.app, volume.name)
                guard let restore = try? await client.send(request, as: VolumeStatus.self).restore else {
                    continue
                }
                let bar = ProgressBar(
                    "\(volume.app)/\(volume.name)",
                    done: restore.done,
                    of: restore.all,
                    "entries are here"
                )
                live.draw { [bar.line(columns: $0)] }
            }
        }
        let result: Result<Answer, any Error>
        do { result = .success(try await ask()) } catch { result = .failure(error) }
        drawing.cancel()
        await drawing.value
        return try result.get()
    }
}
