// SPDX-License-Identifier: Apache-2.0
package import Control
package import Desired

/// A desired state named on the command line.
package struct DesiredFile {
    package let app: App
    /// What is sent to the agent: complete in itself.
    package let body: [UInt8]
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
