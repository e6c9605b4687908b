# SPDX-License-Identifier: Apache-2.0
"""A receiver of Fluentd's forward protocol, version 1, on Debian's python3-msgpack."""
import gzip
import hashlib
import json
import os
import time

import msgpack

import receiver

options = receiver.arguments()


def digest(*parts):
    return hashlib.sha512(b"".join(p if isinstance(p, bytes) else p.encode() for p in parts)).hexdigest()


def values(connection):
    unpacker = msgpack.Unpacker(raw=False, strict_map_key=False, max_buffer_size=1 << 28)
    unpacker.feed(bytes(connection.buffer))
    connection.buffer.clear()
    while True:
        for value in unpacker:
            yield value
        connection.more()
        unpacker.feed(bytes(connection.buffer))
        connection.buffer.clear()


def greet(connection, received):
    nonce, auth = os.urandom(16), os.urandom(16) if options.user else b""
    connection.send(msgpack.packb(["HELO", {"nonce": nonce, "auth": auth, "keepalive": not options.once}]))
    kind, host, salt, proof, user, password = next(received)
    reason = ""
    if kind != "PING" or proof != digest(salt, host, nonce, options.key):
        reason = "shared_key mismatch"
    elif options.user and (user, password) != (options.user, digest(auth, options.user, options.password)):
        reason = "username/password mismatch"
    answer = [not reason, reason, "" if reason else options.hostname]
    answer.append("" if reason else digest(salt, options.hostname, nonce, options.key))
    connection.send(msgpack.packb(["PONG"] + answer))
    return not reason


def unpack(packed):
    unpacker = msgpack.Unpacker(raw=False, strict_map_key=False, max_buffer_size=1 << 28)
    unpacker.feed(packed)
    return list(unpacker)


def entries(message):
    if isinstance(message[1], list):  # Forward
        return message[1], message[2] if len(message) > 2 else {}
    if isinstance(message[1], (bytes, str)):  # PackedForward
        option = message[2] if len(message) > 2 else {}
        packed = message[1]
        if option.get("compressed") == "gzip":
            packed = gzip.decompress(packed)
        found = unpack(packed)
        assert option.get("size", len(found)) == len(found)
        return found, option
    return [message[1:3]], message[3] if len(message) > 3 else {}  # Message


def line(tag, moment, record):
    if not options.full:
        text = record.get("log", record.get("message"))
        return text if isinstance(text, bytes) else text.encode()
    if isinstance(moment, msgpack.ExtType):
        assert moment.code == 0 and len(moment.data) == 8
        seconds, rest = int.from_bytes(moment.data[:4], "big"), int.from_bytes(moment.data[4:], "big")
        moment = seconds * 10**9 + rest
    record = {k: {"hex": v.hex()} if isinstance(v, bytes) else v for k, v in record.items()}
    return json.dumps({"tag": tag, "time": moment, "record": record}, sort_keys=True).encode()


def talk(connection, output, fault):
    received = values(connection)
    if options.key and not greet(connection, received):
        return
    for message in received:
        if message is None:  # a heartbeat
            continue
        found, option = entries(message)
        chunk = option.get("chunk")
        with open(options.out + ".chunks", "a") as file:
            file.write(f"{chunk} {fault}\n")
        ack = msgpack.packb({"ack": chunk})
        if fault == "silent":
            time.sleep(3600)
        if fault == "garbage":
            connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        if fault == "nested":
            connection.send(b"\x91" * 100_000)
        if fault == "flood":
            while True:
                connection.send(b"\xc0" * 65536)
        if fault == "huge":
            connection.send(b"\xdb\xff\xff\xff\xff" + b"x" * 100_000)
        if fault in ("garbage", "nested", "huge"):
            time.sleep(3600)
        if fault == "slow":
            time.sleep(1)
        output.write([line(message[0], moment, record) for moment, record in found])
        if fault == "wrong":
            ack = msgpack.packb({"ack": "AAAAAAAAAAAAAAAAAAAAAA=="})
        if fault == "half":
            connection.send(ack[: len(ack) // 2])
            return
        if fault == "stop":
            return
        if fault == "bytes":
            for byte in ack:
                connection.send(bytes([byte]))
                time.sleep(0.002)
        elif chunk:
            connection.send(ack)
        if options.once and options.key:
            return


receiver.run(options, talk)
