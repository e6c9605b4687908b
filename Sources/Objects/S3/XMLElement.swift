// SPDX-License-Identifier: Apache-2.0

/// An element of an XML document as stores send them: names without their prefix, no attributes, no declarations.
struct XMLElement {
    let name: String
    var children: [XMLElement] = []
    var text = ""

    /// The text of its first child of a name.
    subscript(name: String) -> String? { children.first { $0.name == name }?.text }

    /// All children of a name.
    func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }
}

extension XMLElement {
    /// A thousand keys in a list, with all that a store may say of each, stay below these.
    static let maximumBytes = 8 << 20
    private static let maximumElements = 50_000
    private static let maximumDepth = 16

    /// Reads a document; nil for what is none, or more than a store has to say.
    ///
    /// A document type declaration is refused, and so are entities beyond the five of XML.
    static func parse(_ bytes: [UInt8]) -> XMLElement? {
        guard bytes.count <= maximumBytes else { return nil }
        var reader = XMLReader(bytes)
        var open: [XMLElement] = []
        var root: XMLElement?
        var count = 0
        while let token = reader.next() {
            switch token {
            case .text(let text):
                if open.isEmpty {
                    guard text.allSatisfy(\.isWhitespace) else { return nil }
                } else {
                    open[open.count - 1].text += text
                }
            case .start(let name, let isEmpty):
                count += 1
                guard count <= maximumElements, open.count < maximumDepth, root == nil else { return nil }
                open.append(XMLElement(name: name))
                guard isEmpty, close(&open, &root, name) else {
                    if isEmpty { return nil }
                    continue
                }
            case .end(let name): guard close(&open, &root, name) else { return nil }
            }
        }
        return reader.isAtEnd && open.isEmpty ? root : nil
    }

    /// Text as it stands in a document.
    static func escape(_ text: String) -> String {
        var escaped = ""
        for character in text.unicodeScalars {
            switch character {
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "&": escaped += "&amp;"
            default: escaped.unicodeScalars.append(character)
            }
        }
        return escaped
    }

    /// Ends the innermost element; false if that has another name.
    private static func close(_ open: inout [XMLElement], _ root: inout XMLElement?, _ name: String) -> Bool {
        guard let element = open.popLast(), element.name == name else { return false }
        if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
        return true
    }
}
