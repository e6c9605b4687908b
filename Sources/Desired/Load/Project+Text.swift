// SPDX-License-Identifier: Apache-2.0
extension Project {
    public var json: String { "" }
}
