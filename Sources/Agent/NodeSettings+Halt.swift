// SPDX-License-Identifier: Apache-2.0
public import Desired
internal import Glibc
internal import Images
internal import Linux

extension NodeSettings {
    /// What ends containers: the settings without registries, sources and rules for images, and with those stores and
    /// sinks alone whose files can be read.
    ///
    /// - Parameter complain: Hears of each that is left out, and why.
    /// - Returns: Those settings.
    public func toHalt(_ complain: (String) -> Void) -> NodeSettings {
        var settings = self
        (settings.registries, settings.sources) = ([], [])
        (settings.imageTrust, settings.agentUpdate) = (nil, nil)
        settings.keepGenerations = 100  // the most: defaults in place of a file let go of no generation
        settings.stores = stores.filter { name, store in
            guard let fault = Self.fault(in: store.files) else { return true }
            complain("stores.\(name) is done without: \(fault): what it lacks stays on this node")
            return false
        }
        let present = settings.stores
        settings.sinks = sinks.filter { sink in
            var fault = Self.fault(in: sink.files)
            if case .archive(let archive) = sink.kind, present[archive.store] == nil {
                fault = "its store \(archive.store) is"
            }
            guard let fault else { return true }
            complain("sinks.\(sink.name) is done without: \(fault): the next agent sends the last lines")
            return false
        }
        return settings
    }

    /// Why one of these cannot be read; nil if all can.
    private static func fault(in files: [RegistrySettings.File]) -> String? {
        for file in files {
            do { _ = try Descriptor.open(file.place(), O_RDONLY | O_NONBLOCK) } catch {
                guard case .credential(let name) = file else { return "\(error)" }
                return "\(error): give cred:\(name) to martlet-keeper.service as to martlet.service"
            }
        }
        return nil
    }
}
