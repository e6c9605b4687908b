// SPDX-License-Identifier: Apache-2.0
internal import Desired
internal import Images
internal import Lazy
internal import Objects

extension LazySettings.Store {
    /// The store as `martlet-lazy` is told of it; nil if it does not know its kind.
    init?(_ settings: StoreSettings) throws {
        switch settings {
        case .directory(let path): self = .directory(path: path)
        case .s3(let s3):
            guard !s3.hasOldSignature else { return nil }
            let key = try s3.credentials.map { LazySettings.Key.file(try $0.place()) }
            var bucket = LazySettings.Bucket(endpoint: s3.endpoint, bucket: s3.bucket, key: key ?? .chain)
            bucket.region = s3.region
            bucket.isPathStyle = s3.isPathStyle
            bucket.owner = s3.owner
            bucket.prefix = s3.prefix
            bucket.authorities = try s3.authorities?.place()
            self = .s3(bucket)
        case .swift, .sealed: return nil
        }
    }
}
