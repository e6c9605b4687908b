#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reads archived objects by docs/formats/archive.md alone, and prints the text of their lines.

    archive_reader.py FILE...
"""
import re
import struct
import sys
import zlib

TABLE = []
for index in range(256):
    for _ in range(8):
        index = index >> 1 ^ (0x82F63B78 if index & 1 else 0)
    TABLE.append(index)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 255]
    return crc ^ 0xFFFFFFFF


RECORD = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z) (\d+) (stdout|stderr|gap|origin) ([FP-]) (.*)", re.S)
for path in sys.argv[1:]:
    data = open(path, "rb").read()
    size, = struct.unpack("<I", data[-14:-10])
    index = data[-size:]
    extra, = struct.unpack("<H", index[10:12])
    assert index[:10] == bytes.fromhex("1f8b08040000000000ff") and index[12:14] == b"ML"
    assert index[12 + extra:] == bytes.fromhex("0300" + "00" * 8)
    body = index[16:12 + extra]
    magic, version, entry, count, zero = struct.unpack("<4sHHII", body[:16])
    assert (magic, version, entry, zero) == (b"MLIX", 1, 40, 0)
    assert struct.unpack("<II", body[-8:]) == (crc32c(body[:-8]), size)
    place, name = 0, path.rsplit("/", 1)[1].removesuffix(".mlog.gz").split("-")
    times, day = [], path.split("/")[-4:-1]
    for number in range(count):
        packed, plain, lines, zero, least, oldest, newest = struct.unpack_from("<IIIIQQQ", body, 16 + 40 * number)
        member = zlib.decompressobj(31)
        text = member.decompress(data[place:place + packed])
        assert member.eof and not member.unused_data and len(text) == plain and text.endswith(b"\n")
        place += packed
        records = [RECORD.fullmatch(each) for each in re.split(rb"\n(?! )", text[:-1])]
        assert number > 0 or records[0][3] == b"origin"
        found = [record for record in records if record[3] in (b"stdout", b"stderr")]
        assert len(found) == lines and min(int(record[2]) for record in records if record[3] != b"origin") == least
        times += [oldest, newest]
        for record in found:
            sys.stdout.buffer.write(record[5].replace(b"\n ", b"\\n") + b"\n")
    assert place == len(data) - size
    assert [int(name[1]), int(name[2])] == [min(times), max(times)] and len(name[0]) == 16
