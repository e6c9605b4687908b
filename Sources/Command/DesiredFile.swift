// SPDX-License-Identifier: Apache-2.0
package import Control
package import Desired

/// A desired state named on the command line.
package struct DesiredFile {
    /// What is sent to the agent: complete in itself.
    package private(set) var body: [UInt8]
    private let project: Project
    private let file: String

    /// Takes a project whose files could be read.
    package init(_ project: Project, file: String) throws(ControlError) {
        self.project = project
        self.file = file
        do throws(Report) { try project.checkContents() } catch { throw ControlError(error, of: file) }
        body = Array(project.json.utf8)
    }

    /// The app's name, as the files say it.
    package var name: String { project.name }

    /// What it says; throws every problem at once.
    ///
    /// The agent checks it for itself, and its answer is placed in the files: who sends it need not check it first.
    package func app() throws(ControlError) -> App {
        do throws(Report) { return try project.app() } catch { throw ControlError(error, of: file) }
    }

    /// The same with the very bytes of its file as what is sent: a signature is of those.
    ///
    /// - Throws: If they do not say by themselves what was read here: an agent has none of our variables and files.
    func verbatim(_ bytes: [UInt8], file: String) throws(ControlError) -> DesiredFile {
        let app = try app()
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
        throw ControlError(.invalid, file, why, ProjectFiles.portable)
    }

    /// Why it was refused: what is wrong with the files if that is it, or else the agent's words, with the places of its
    /// problems in the files.
    package func placed(_ refusal: ControlError) -> ControlError {
        do throws(ControlError) { _ = try app() } catch { return error }
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
