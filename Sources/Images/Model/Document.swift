// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials

/// A JSON document of an image: small, shallow, and with one meaning only.
enum Document {
    /// The largest manifest, index or configuration that is read.
    static let maximumBytes = 4 << 20

    /// Decodes a document that has passed the checks of `JSONShape`.
    static func decode<Value: Decodable>(
        _ type: Value.Type,
        from bytes: [UInt8],
        _ operation: String,
        _ subject: String
    ) throws(ImageError) -> Value {
        guard bytes.count <= maximumBytes else {
            throw ImageError(operation, subject, .limit("larger than \(maximumBytes) bytes"))
        }
        var shape = JSONShape(bytes)
        if let flaw = shape.flaw() { throw ImageError(operation, subject, .malformed(flaw)) }
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch let error as ImageError {
            throw error
        } catch let error as DecodingError {
            throw ImageError(operation, subject, .malformed(text(of: error)))
        } catch {
            throw ImageError(operation, subject, .malformed("not readable as JSON"))
        }
    }

    /// Encodes with sorted keys, so that equal values give equal bytes.
    static func encode(_ value: some Encodable, _ subject: String) throws(ImageError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(value))
        } catch {
            throw ImageError("encode", subject, .malformed("not writable as JSON"))
        }
    }

    private static func text(of error: DecodingError) -> String {
        func place(_ context: DecodingError.Context) -> String {
            context.codingPath.isEmpty
                ? "the document" : context.codingPath.map(\.stringValue).joined(separator: ".")
        }
        return switch error {
        case .keyNotFound(let key, let context): "\(place(context)) lacks \(key.stringValue)"
        case .typeMismatch(_, let context): "\(place(context)) has the wrong type"
        case .valueNotFound(_, let context): "\(place(context)) is null"
        case .dataCorrupted(let context): "\(place(context)) is not valid JSON"
        @unknown default: "not readable as JSON"
        }
    }
}
