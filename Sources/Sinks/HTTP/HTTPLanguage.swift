// SPDX-License-Identifier: Apache-2.0
internal import Desired

/// What differs between receivers that are asked by HTTP: how a batch reads, and what an answer means.
protocol HTTPLanguage {
    /// `POST` or `PUT`.
    var method: String { get }
    /// The value of `Content-Type`.
    var contentType: String { get }
    /// Further fields of the head.
    var fields: [(name: String, value: String)] { get }
    /// What holds the value of `Authorization` behind a scheme of the language's own; nil if it has none.
    var token: (scheme: String, file: RegistrySettings.File)? { get }

    /// A batch as a body.
    mutating func encode(_ batch: LogBatch) -> [UInt8]

    /// How many lines of a request that succeeded were refused all the same, by the answer's body.
    ///
    /// Throws what is wrong with an answer that makes no sense. A language that does not look at answers says nil.
    func refused(_ answer: [UInt8]) throws(HTTPNonsense) -> Int?

    /// What is to be asked before a request that succeeded counts, by the answer's body; nil if nothing is.
    func inquiry(_ answer: [UInt8]) throws(HTTPNonsense) -> HTTPInquiry?

    /// Everything that is not confirmed is sent anew.
    mutating func disconnect()
}

/// What a receiver is asked until it says that it has what it took.
struct HTTPInquiry {
    /// Where.
    let url: String
    /// What it is asked, by POST.
    let body: [UInt8]
    /// How long it may take.
    let patience: Duration
    /// Whether an answer says so.
    let isDone: ([UInt8]) throws(HTTPNonsense) -> Bool
}

/// An answer that makes no sense: why.
struct HTTPNonsense: Error { let text: String }

extension HTTPLanguage {
    var method: String { "POST" }
    var contentType: String { "application/json" }
    var fields: [(name: String, value: String)] { [] }
    var token: (scheme: String, file: RegistrySettings.File)? { nil }
    func refused(_ answer: [UInt8]) throws(HTTPNonsense) -> Int? { nil }
    func inquiry(_ answer: [UInt8]) throws(HTTPNonsense) -> HTTPInquiry? { nil }
    func disconnect() {}
}
