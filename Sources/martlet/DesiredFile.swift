// SPDX-License-Identifier: Apache-2.0
internal import Control
internal import Desired
internal import Glibc
internal import Linux

/// A desired state named on the command line.
struct DesiredFile {
    let app: App
    /// What is sent to the agent.
    let body: [UInt8]

    /// A larger file is refused.
    private static let limit = 4 << 20

    init(_ path: String) throws(ControlError) { try self.init([path]) }

    /// Reads and checks it; throws every problem at once.
    init(_ paths: [String]) throws(ControlError) {
        guard let path = paths.first, paths.count == 1 else {
            throw ControlError(
                .invalid,
                paths.last ?? "",
                "several files cannot be merged yet",
                "give one file"
            )
        }
        do throws(LinuxError) {
            body = try Descriptor.open(path, O_RDONLY).readAll(limit: Self.limit)
        } catch {
            let what = error.errno == EFBIG ? "larger than \(Self.limit >> 20) MiB" : Self.reason(error)
            throw ControlError(.invalid, path, what)
        }
        guard let text = String(validating: body, as: UTF8.self) else {
            throw Self.invalid(path, [.init(path, line: 1, "not UTF-8 text", "save it as UTF-8")])
        }
        guard let resolved = realpath(path, nil) else {
            throw ControlError(.invalid, path, Self.reason(LinuxError("realpath", path, errno: errno)))
        }
        defer { free(resolved) }
        let folder = String(cString: resolved).split(separator: "/").dropLast().joined(separator: "/")
        do throws(Report) {
            app = try App.decode(
                yaml: text,
                file: path,
                directory: "/" + folder,
                environment: Self.environment()
            )
        } catch {
            throw Self.invalid(path, error.problems.map { ControlError.Problem($0) })
        }
    }

    /// Where in the files a path of the resolved model is written.
    func position(of path: String) -> (file: String, line: Int, column: Int)? { nil }

    /// An agent's refusal with the places of its problems in the files.
    func placed(_ refusal: ControlError) -> ControlError {
        var refusal = refusal
        for index in refusal.problems.indices where refusal.problems[index].file.isEmpty {
            guard let place = position(of: refusal.problems[index].path) else { continue }
            refusal.problems[index].file = place.file
            refusal.problems[index].line = place.line
            refusal.problems[index].column = place.column
        }
        return refusal
    }

    private static func invalid(_ path: String, _ problems: [ControlError.Problem]) -> ControlError {
        let what = problems.count == 1 ? "1 problem" : "\(problems.count) problems"
        return ControlError(.invalid, path, what, problems: problems)
    }

    private static func reason(_ error: LinuxError) -> String {
        String(cString: strerror(error.errno)).lowercased()
    }

    private static func environment() -> [String: String] {
        var values: [String: String] = [:]
        var entry = environ
        while let pointer = entry.pointee {
            let text = String(cString: pointer)
            if let split = text.firstIndex(of: "=") {
                values[String(text[..<split])] = String(text[text.index(after: split)...])
            }
            entry += 1
        }
        return values
    }
}

extension ControlError.Problem {
    /// A problem of a whole file.
    fileprivate init(_ file: String, line: Int, _ what: String, _ remedy: String) {
        self.init(file: file, line: line, column: 1, path: "", what: what, remedy: remedy)
    }

    /// A problem that was found here.
    fileprivate init(_ found: Report.Problem) {
        self.init(
            file: found.file,
            line: found.line,
            column: found.column,
            path: found.path,
            what: found.what,
            remedy: found.remedy
        )
    }
}
