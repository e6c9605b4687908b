internal import ArgumentParser
// SPDX-License-Identifier: Apache-2.0
internal import Command

/// What a verb is about: `APP`, `APP/SERVICE` or `APP/SERVICE/N`.
struct Target: ExpressibleByArgument, Equatable, CustomStringConvertible {
    let app: String
    let service: String?
    let instance: Int?

    /// Nil if it is written otherwise.
    init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (1...3).contains(parts.count), !parts.contains("") else { return nil }
        app = parts[0]
        service = parts.count > 1 ? parts[1] : nil
        instance = parts.count > 2 ? Int(parts[2]) : nil
        guard parts.count < 3 || instance.map({ $0 > 0 }) == true else { return nil }
    }

    var description: String {
        ([app, service, instance.map(String.init)] as [String?]).compactMap(\.self).joined(separator: "/")
    }
}
