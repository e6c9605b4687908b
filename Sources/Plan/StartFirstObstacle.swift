// SPDX-License-Identifier: Apache-2.0
internal import Desired

/// Why a service that asks for `start-first` is replaced stop-first all the same: two of its containers cannot be
/// at once.
public enum StartFirstObstacle: Sendable, Equatable, CustomStringConvertible {
    /// It is on the host's network, where a port has one owner.
    case hostNetwork
    /// It has an address of its own on this network.
    case fixedAddress(network: String)
    /// It has processors that no one else may use.
    case exclusiveProcessors
    /// Its one instance writes to this volume, which has one writer.
    case volume(String)

    /// What stands against two containers of a service in one place; nil if nothing does.
    init?(_ service: Service) {
        if service.networkMode == .host {
            self = .hostNetwork
        } else if let fixed = service.networks.first(where: { $0.ipv4Address != nil }) {
            self = .fixedAddress(network: fixed.network)
        } else if service.resources.isExclusive {
            self = .exclusiveProcessors
        } else if service.replicas == 1, let volume = service.writtenVolume {
            // Several replicas share their volume at any time.
            self = .volume(volume)
        } else {
            return nil
        }
    }

    /// For example `network_mode is host`.
    public var description: String {
        switch self {
        case .hostNetwork: "network_mode is host"
        case .fixedAddress(let network): "networks.\(network).ipv4_address is fixed"
        case .exclusiveProcessors: "x-martlet.cpu.exclusive"
        case .volume(let name): "volume \(name) has one writer"
        }
    }
}

extension Service {
    /// A named volume that it may write to.
    fileprivate var writtenVolume: String? {
        for mount in mounts where !mount.isReadOnly {
            if case .volume(let name) = mount.source { return name }
        }
        return nil
    }
}
