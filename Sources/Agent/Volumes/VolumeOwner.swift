// SPDX-License-Identifier: Apache-2.0
internal import Containers
internal import Glibc
internal import Linux
internal import Volumes

/// Who this agent is for the log of a volume: the same for as long as its state folder and its keeper are.
///
/// A copy of the folder on another machine is somebody else, for its keeper is; so is this node after a start of the
/// machine, which may have lost what was written last.
enum VolumeOwner {
    private static let size = 16
    private static let file = "volumes.id"
    /// What the keeper keeps for the next agent.
    static let parkedName = "volumes"

    /// The half that is in the state folder, made at the first call; blocks.
    static func stateHalf(_ state: String) throws -> [UInt8] {
        do throws(LinuxError) {
            let bytes = try Folders.read("\(state)/\(file)", limit: 64)
            if bytes.count == size { return bytes }
        } catch {
            guard error.errno == ENOENT else { throw error }
        }
        let bytes = random()
        try Folders.replace(file, in: state, with: bytes, durable: true)
        return bytes
    }

    /// The half that the keeper has.
    static func keeperHalf(_ keeper: Keeper) async throws -> [UInt8] {
        guard let parked = try await keeper.take(parkedName) else {
            let bytes = random()
            try await keeper.park(
                parkedName,
                try bytes.withUnsafeBytes { try Descriptor.sealed(parkedName, $0) }
            )
            return bytes
        }
        var bytes = [UInt8](repeating: 0, count: size)
        let count = try bytes.withUnsafeMutableBytes { try parked.read(into: $0, at: 0) }
        guard count == size else { throw LinuxError("read", "volumes of the keeper", errno: EIO) }
        return bytes
    }

    static func random() -> [UInt8] { (0..<size).map { _ in UInt8.random(in: 0...255) } }
}

extension CommitRecord.Owner {
    /// Both halves together, on a node of this name.
    init(_ state: [UInt8], _ keeper: [UInt8], node: String) {
        self.init(id: zip(state, keeper).map { $0 ^ $1 }, node: node)
    }
}
