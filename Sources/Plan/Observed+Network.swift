// SPDX-License-Identifier: Apache-2.0

extension Observed {
    /// A network that exists.
    public struct Network: Sendable, Equatable {
        /// The app it belongs to.
        public var app: String
        /// Its name in the app's file.
        public var name: String
        /// The `definition` it was made from.
        public var definition: String

        /// A network of this app.
        public init(app: String, name: String, definition: String) {
            self.app = app
            self.name = name
            self.definition = definition
        }
    }
}
