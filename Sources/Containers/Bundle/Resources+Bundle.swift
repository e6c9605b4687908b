// SPDX-License-Identifier: Apache-2.0

extension Resources {
    /// The limits of a container that a configuration describes.
    ///
    /// After its rules for devices come those for the devices that every container has.
    public init(_ linux: RuntimeConfig.Linux) {
        self = linux.resources ?? Resources()
        devices = (devices ?? []) + DeviceRule.standard
    }
}
