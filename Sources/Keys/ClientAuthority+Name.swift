// SPDX-License-Identifier: Apache-2.0

extension ClientAuthority.Subject: CustomStringConvertible {
    /// `CN=ci,OU=ops`, as RFC 4514 writes names: no value can pass for another attribute, or for what stands around it.
    public var description: String {
        let names = commonNames.map { "CN=\(Self.escaped($0))" } + units.map { "OU=\(Self.escaped($0))" }
        return names.joined(separator: ",")
    }

    /// A value with a backslash before what means something, and what cannot be seen in hexadecimal (section 2.4).
    private static func escaped(_ value: String) -> String {
        let scalars = Array(value.unicodeScalars)
        var text = ""
        for (index, scalar) in scalars.enumerated() {
            switch scalar {
            case "\"", "+", ",", ";", "<", ">", "\\", "=", "#": text += "\\\(scalar)"
            // Columns are two spaces apart.
            case " " where index == 0 || index == scalars.count - 1 || scalars[index - 1] == " ":
                text += "\\ "
            case _ where scalar != " " && isUnseen(scalar):
                for byte in String(scalar).utf8 {
                    text += (byte < 0x10 ? "\\0" : "\\") + String(byte, radix: 16, uppercase: true)
                }
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    private static func isUnseen(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .privateUse,
            .unassigned:
            true
        default: false
        }
    }
}
