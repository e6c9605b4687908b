# SPDX-License-Identifier: Apache-2.0
"""Reads OTLP's logs in protobuf, by the field numbers of opentelemetry-proto, as the objects that OTLP's JSON has.

Strict: an unknown field, a field of the wrong kind or one that is cut off is a ValueError.
"""
STRING, FIXED, INT, BOOL, BYTES = "string", "fixed64", "int64", "bool", "bytes"
VALUE = {1: ("stringValue", STRING), 2: ("boolValue", BOOL), 3: ("intValue", INT), 7: ("bytesValue", BYTES)}
PAIR = {1: ("key", STRING), 2: ("value", VALUE)}
RECORD = {
    1: ("timeUnixNano", FIXED), 5: ("body", VALUE), 6: ("attributes", [PAIR]), 11: ("observedTimeUnixNano", FIXED),
}
SCOPE = {1: ("scope", {1: ("name", STRING)}), 2: ("logRecords", [RECORD])}
REQUEST = {1: ("resourceLogs", [{1: ("resource", {1: ("attributes", [PAIR])}), 2: ("scopeLogs", [SCOPE])}])}


def varint(data, place):
    value = shift = 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
        shift += 7


def scalar(kind, wire, value):
    if (kind, wire) == (STRING, 2):
        return value.decode("utf-8")
    if (kind, wire) == (BYTES, 2):
        return value
    if (kind, wire) == (FIXED, 1):
        return str(int.from_bytes(value, "little"))
    if (kind, wire) == (INT, 0):
        return str(value - (1 << 64) if value >> 63 else value)
    if (kind, wire) == (BOOL, 0) and value < 2:
        return bool(value)
    raise ValueError(f"wire type {wire} is no {kind}")


def message(data, schema):
    found, place = {}, 0
    while place < len(data):
        tag, place = varint(data, place)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, place = varint(data, place)
        else:
            count, place = varint(data, place) if wire == 2 else (8, place)
            value = data[place:place + count]
            if len(value) < count or wire not in (1, 2):
                raise ValueError(f"field {number} is cut off, or of wire type {wire}")
            place += count
        if number not in schema:
            raise ValueError(f"there is no field {number}")
        name, kind = schema[number]
        if isinstance(kind, list):
            found.setdefault(name, []).append(message(value, kind[0]))
        elif name in found:
            raise ValueError(f"{name} is there twice")
        else:
            found[name] = message(value, kind) if isinstance(kind, dict) else scalar(kind, wire, value)
    return found


def logs(data):
    """`ExportLogsServiceRequest`."""
    return message(data, REQUEST)


def refusal(count, text):
    """`ExportLogsServiceResponse` that says that so many records were refused."""
    digits, inner = count, b"\x08"
    while digits > 127:
        inner, digits = inner + bytes([digits & 127 | 128]), digits >> 7
    inner += bytes([digits]) + b"\x12" + bytes([len(text)]) + text.encode()
    return b"\x0a" + bytes([len(inner)]) + inner
