// SPDX-License-Identifier: Apache-2.0

extension DeviceRule {
    init(_ at: JSONCursor) throws(ConfigError) {
        self.init(allow: try at.required("allow", "true or false").bool())
        if let at = try at["type"], try at.filled() != nil { kind = try at.choice() }
        major = try at["major"].map(Self.number) ?? nil
        minor = try at["minor"].map(Self.number) ?? nil
        if let at = try at["access"], let letters = try at.filled() {
            guard let access = Access(letters) else {
                throw at.refused("\(quoted(letters)) is no access: write letters of rwm")
            }
            self.access = access
        }
    }

    /// Some writers say -1 for every number.
    private static func number(_ at: JSONCursor) throws(ConfigError) -> UInt32? {
        UInt32(exactly: try at.integer(Int64.self, in: -1...Int64(UInt32.max)))
    }
}
