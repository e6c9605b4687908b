// SPDX-License-Identifier: Apache-2.0

extension Node {
    /// The instances of an app, in no order: what that costs hardly grows with those of others.
    func instances(of app: String) -> [Instance] {
        // By their ids first, which begin so: to look at an instance is to copy it.
        let start = "\(app)-"
        return instances.keys.filter { $0.hasPrefix(start) }.compactMap { instances[$0] }.filter {
            $0.record.app == app
        }
    }
}
