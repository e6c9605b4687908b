// SPDX-License-Identifier: Apache-2.0

extension StoreSettings {
    /// The files that whoever opens the store reads.
    public var files: [RegistrySettings.File] {
        switch self {
        case .directory: []
        case .s3(let bucket): [bucket.credentials, bucket.authorities].compactMap(\.self)
        case .swift(let container): [container.credentials, container.authorities].compactMap(\.self)
        case .sealed(let store, let keys): store.files + keys
        }
    }
}
