# SPDX-License-Identifier: Apache-2.0
"""Acknowledges what comes and looks at no line of it, so that who sends is what is measured.

    acknowledge.py FORWARD-PORT LUMBERJACK-PORT
"""
import socket
import struct
import sys
import threading

import msgpack


def forward(connection):
    """Fluentd's forward protocol: each message with a chunk has its acknowledgement."""
    messages = msgpack.Unpacker(max_buffer_size=1 << 30)
    while piece := connection.recv(1 << 20):
        messages.feed(piece)
        for message in messages:
            if chunk := message[-1].get("chunk"):
                connection.sendall(msgpack.packb({"ack": chunk}))


def lumberjack(connection):
    """Version 2 of Beats' protocol: the number of a window's events, once they are there."""
    stream = connection.makefile("rb", 1 << 20)
    wanted = 0
    while head := stream.read(2):
        number, = struct.unpack(">I", stream.read(4))
        if head[1:] == b"W":
            wanted = number
            continue
        size = number if head[1:] == b"C" else struct.unpack(">I", stream.read(4))[0]
        stream.read(size)
        if head[1:] == b"C" or number == wanted:
            connection.sendall(b"2A" + struct.pack(">I", wanted))


def serve(port, language):
    listener = socket.create_server(("127.0.0.1", port))
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=language, args=(connection,), daemon=True).start()


threading.Thread(target=serve, args=(int(sys.argv[1]), forward), daemon=True).start()
serve(int(sys.argv[2]), lumberjack)
