// SPDX-License-Identifier: Apache-2.0

/// The code of an answer; above 15 it needs EDNS.
enum ResponseCode: UInt16 {
    case success = 0
    case formatError = 1
    case serverFailure = 2
    case noSuchName = 3
    case notImplemented = 4
    case refused = 5
    case badVersion = 16
}
