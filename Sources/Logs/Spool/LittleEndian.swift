// SPDX-License-Identifier: Apache-2.0

extension UnsafeRawBufferPointer {
    /// The little-endian integer at an offset, which the caller has checked to be inside.
    func get<Value: FixedWidthInteger & BitwiseCopyable>(_ type: Value.Type, at offset: Int) -> Value {
        Value(littleEndian: loadUnaligned(fromByteOffset: offset, as: type))
    }
}

extension UnsafeMutableRawBufferPointer {
    /// Stores a little-endian integer at an offset, which the caller has checked to be inside.
    func put<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value, at offset: Int) {
        storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self)
    }
}
