// SPDX-License-Identifier: Apache-2.0

extension App {
    /// What stands for the contents of a service's configs and secrets, by `configs.NAME` and `secrets.NAME`.
    ///
    /// - Parameters:
    ///   - service: A service of this app.
    ///   - secrets: What stands for the content of each secret, by its name; one that is not in it is left out.
    /// - Returns: Digests of configs, and what was given of secrets.
    public func contents(of service: Service, secrets: [String: String]) -> [String: String] {
        var contents: [String: String] = [:]
        for use in service.configs { contents["configs.\(use.source)"] = config(use.source)?.digest }
        for use in service.secrets { contents["secrets.\(use.source)"] = secrets[use.source] }
        return contents
    }
}
