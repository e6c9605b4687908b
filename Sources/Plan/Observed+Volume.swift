// SPDX-License-Identifier: Apache-2.0

extension Observed {
    /// A volume that exists.
    public struct Volume: Sendable, Equatable {
        /// The app it belongs to.
        public var app: String
        /// Its name in the app's file.
        public var name: String

        /// A volume of this app.
        public init(app: String, name: String) {
            self.app = app
            self.name = name
        }
    }
}
