// SPDX-License-Identifier: Apache-2.0
package import Control
package import Desired

/// A desired state named on the command line.
package struct DesiredFile {
    package let app: App
    /// What is sent to the agent: complete in itself.
    package private(set) var body: [UInt8]
    private let project: Project

    /// Checks a project; throws every problem at once.
    package init(_ project: Project, file: String) throws(ControlError) {
        self.project = project
        do throws(Report) {
            app = try project.app()
        } catch {
            throw ControlError(error, of: file)
        }
        body = Array(project.json.utf8)
    }

    /// The same with the very bytes of its file as what is sent: a signature is of those.
    ///
    /// - Throws: If they do not say by themselves what was read here: an agent has none of our variables and files.
    func verbatim(_ bytes: [UInt8], file: String) throws(ControlError) -> DesiredFile {
        var why = "by itself it does not say what was read here, with our variables, files and options"
        do throws(Report) {
            let text = String(validating: bytes, as: UTF8.self) ?? ""
            if try App.decode(yaml: text, file: file, directory: "/", environment: [:]) == app {
                var copy = self
                copy.body = bytes
                return copy
            }
        } catch {
            why = "it cannot be read by itself: \(error.problems[0])"
        }
        throw ControlError(.invalid, file, why, ProjectOptions.portable)
    }

    /// An agent's refusal with the places of its problems in the files.
    package func placed(_ refusal: ControlError) -> ControlError {
        var refusal = refusal
        for index in refusal.problems.indices where refusal.problems[index].line == 0 {
            guard let place = project.position(of: refusal.problems[index].path) else { continue }
            refusal.problems[index].file = place.file
            refusal.problems[index].line = place.line
            refusal.problems[index].column = place.column
        }
        return refusal
    }
}
