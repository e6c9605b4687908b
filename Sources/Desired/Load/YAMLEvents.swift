// SPDX-License-Identifier: Apache-2.0
internal import CYaml

/// The events of a YAML text, one after the other.
///
/// An alias is an event like any other, so nothing in the text can make more work than its length.
struct YAMLEvents: ~Copyable {
    enum Kind {
        case documentStart
        case alias
        case scalar
        case sequence
        case mapping
        /// The end of a list or of a mapping.
        case end
        case streamEnd
    }

    /// What is wrong with the text.
    struct Failure: Error {
        let problem: String
        let position: Position
    }

    /// Which file it is in the table of the findings.
    let file: Int
    private let bytes: UnsafeBufferPointer<UInt8>
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private var event = yaml_event_t()

    /// Events of bytes that stay where they are for the life of this value.
    init(_ bytes: UnsafeBufferPointer<UInt8>, file: Int) {
        self.bytes = bytes
        self.file = file
        parser = .allocate(capacity: 1)
        yaml_parser_initialize(parser)
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    }

    deinit {
        var last = event
        yaml_event_delete(&last)
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    /// Goes to the next event that says something about the content.
    mutating func next() throws(Failure) -> Kind {
        while true {
            yaml_event_delete(&event)
            guard yaml_parser_parse(parser, &event) == 1 else { throw failure() }
            switch event.type {
            case YAML_DOCUMENT_START_EVENT: return .documentStart
            case YAML_ALIAS_EVENT: return .alias
            case YAML_SCALAR_EVENT: return .scalar
            case YAML_SEQUENCE_START_EVENT: return .sequence
            case YAML_MAPPING_START_EVENT: return .mapping
            case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return .end
            case YAML_STREAM_START_EVENT, YAML_DOCUMENT_END_EVENT: continue
            default: return .streamEnd
            }
        }
    }

    var position: Position {
        Position(event.start_mark, file)
    }

    /// The name of the anchor of this node, or that an alias refers to.
    var anchor: String? {
        switch event.type {
        case YAML_ALIAS_EVENT: Self.text(event.data.alias.anchor)
        case YAML_SCALAR_EVENT: Self.text(event.data.scalar.anchor)
        case YAML_SEQUENCE_START_EVENT: Self.text(event.data.sequence_start.anchor)
        case YAML_MAPPING_START_EVENT: Self.text(event.data.mapping_start.anchor)
        default: nil
        }
    }

    /// The tag in its full form.
    var tag: String? {
        switch event.type {
        case YAML_SCALAR_EVENT: Self.text(event.data.scalar.tag)
        case YAML_SEQUENCE_START_EVENT: Self.text(event.data.sequence_start.tag)
        case YAML_MAPPING_START_EVENT: Self.text(event.data.mapping_start.tag)
        default: nil
        }
    }

    /// The text of a scalar.
    var text: String {
        let scalar = event.data.scalar
        return String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
    }

    /// Whether a scalar is written without quotes.
    var isPlain: Bool {
        event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE
    }

    private static func text(_ pointer: UnsafeMutablePointer<UInt8>?) -> String? {
        pointer.map { String(cString: $0) }
    }

    private func failure() -> Failure {
        let problem = parser.pointee.problem.map { String(cString: $0) } ?? "the parser has no memory"
        guard parser.pointee.error == YAML_READER_ERROR else {
            return Failure(problem: problem, position: Position(parser.pointee.problem_mark, file))
        }
        // The reader knows the byte alone.
        let before = bytes.prefix(parser.pointee.problem_offset)
        let line = before.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).last ?? []
        return Failure(
            problem: problem,
            position: Position(
                line: before.count { $0 == UInt8(ascii: "\n") } + 1,
                column: String(decoding: line, as: UTF8.self).unicodeScalars.count + 1,
                file: file
            )
        )
    }
}

extension Position {
    fileprivate init(_ mark: yaml_mark_t, _ file: Int) {
        self.init(line: Int(mark.line) + 1, column: Int(mark.column) + 1, file: file)
    }
}
