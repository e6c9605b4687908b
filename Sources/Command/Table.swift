// SPDX-License-Identifier: Apache-2.0

/// Rows for people, aligned by what a terminal shows of them.
package struct Table {
    /// A text, harmless for a terminal, and the colour that it has on one.
    package struct Cell: ExpressibleByStringInterpolation {
        package let text: String
        package let colour: Int?

        package init(_ text: String, colour: Int? = nil) {
            let visible = Terminal.visible(text).split(separator: "\t").joined(separator: " ")
            self.text = visible.isEmpty ? "-" : visible
            self.colour = colour
        }

        package init(stringLiteral value: String) { self.init(value) }
    }

    private let titles: [String]
    private var rows: [[Cell]] = []

    /// A table with these columns; a title that begins with a space has its column aligned to the right.
    package init(_ titles: String...) { self.init(titles) }

    /// The same.
    package init(_ titles: [String]) { self.titles = titles }

    package mutating func add(_ cells: Cell...) { add(cells) }

    package mutating func add(_ cells: [Cell]) { rows.append(cells) }

    /// The title and the rows.
    package var lines: [String] {
        let names = titles.map { $0.first == " " ? String($0.dropFirst()) : $0 }
        let widths = names.indices.map { column in
            max(names[column].displayWidth, rows.map { $0[column].text.displayWidth }.max() ?? 0)
        }
        return ([names.map { Cell($0) }] + rows).map { row in
            let cells = row.enumerated().map { column, cell in
                let text = cell.colour.map { Terminal.paint(cell.text, code: $0) } ?? cell.text
                let gap = String(repeating: " ", count: widths[column] - cell.text.displayWidth)
                if titles[column].first == " " { return gap + text }
                return column == row.count - 1 ? text : text + gap
            }
            return cells.joined(separator: "  ")
        }
    }

    package func print() { for line in lines { Terminal.print(line) } }
}
