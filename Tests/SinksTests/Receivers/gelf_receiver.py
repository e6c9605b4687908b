#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A receiver of GELF by UDP and TCP, strict about what it is sent.

    gelf_receiver.py PORT OUTPUT [CERT KEY]

It listens on PORT for both; with a certificate TCP is TLS. What it takes is appended to OUTPUT as http_receiver.py
does it. Chunks may come in any order; a message that is not whole is left.
"""
import gzip
import json
import socket
import ssl
import sys
import threading
import zlib

port, output = int(sys.argv[1]), sys.argv[2]
out = open(output, "a", buffering=1, encoding="utf-8")
plain_out = open(output + ".text", "a", buffering=1, encoding="utf-8")
lock = threading.Lock()


def write(item):
    with lock:
        out.write(json.dumps(item) + "\n")
        plain_out.write(item["line"] + "\n")


def complain(text):
    with lock, open(output + ".wrong", "a", encoding="utf-8") as wrong:
        wrong.write(text + "\n")


def take(message, way):
    try:
        if message[:2] == b"\x1f\x8b":
            assert way == "udp", "a packed message came by TCP"
            message = gzip.decompress(message)
        elif message[:1] == b"\x78":
            message = zlib.decompress(message)
        item = json.loads(message.decode("utf-8"), parse_float=str)
        assert item["version"] == "1.1" and item["host"] and item["short_message"].strip(), "no GELF 1.1"
        known = {"version", "host", "short_message", "full_message", "timestamp", "level"}
        assert all(name in known or name.startswith("_") for name in item), "a field has no underscore"
        assert "_id" not in item, "_id is reserved"
        seconds, fraction = item["timestamp"].split(".")
        write({"kind": "gelf", "stream": item["_stream"], "seq": item["_seq"], "time": seconds + fraction,
               "line": item.get("full_message", item["short_message"]), "extra": item})
    except (AssertionError, KeyError, ValueError) as error:
        complain(f"{type(error).__name__}: {error}: {message[:80]!r}")


def datagrams():
    near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    near.bind(("127.0.0.1", port))
    parts = {}
    while True:
        datagram = near.recv(65536)
        if datagram[:2] != b"\x1e\x0f":
            take(datagram, "udp")
            continue
        name, number, count = datagram[2:10], datagram[10], datagram[11]
        if not (0 < count <= 128 and number < count):
            complain(f"chunk {number} of {count}")
            continue
        parts.setdefault(name, {})[number] = datagram[12:]
        if len(parts[name]) == count:
            whole = parts.pop(name)
            take(b"".join(whole[each] for each in range(count)), "udp")


def stream(far):
    rest = b""
    try:
        while more := far.recv(1 << 16):
            *messages, rest = (rest + more).split(b"\0")
            for message in messages:
                take(message, "tcp")
    except OSError:
        pass


threading.Thread(target=datagrams, daemon=True).start()
listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", port))
listener.listen(16)
context = None
if len(sys.argv) > 3:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
while True:
    far, _ = listener.accept()
    try:
        far = context.wrap_socket(far, server_side=True) if context else far
    except OSError:
        continue
    threading.Thread(target=stream, args=(far,), daemon=True).start()
