# SPDX-License-Identifier: Apache-2.0
"""A receiver of lumberjack, version 2."""
import json
import struct
import time
import zlib

import receiver

options = receiver.arguments()


def frames(connection):
    """Each event with its number, from plain and from packed frames."""
    kind = connection.take(2)
    if kind == b"2C":
        packed = connection.take(struct.unpack(">I", connection.take(4))[0])
        inner = receiver.Connection(None)
        inner.buffer += zlib.decompress(packed)
        while inner.buffer:
            yield from frames(inner)
    elif kind == b"2J":
        number, size = struct.unpack(">II", connection.take(8))
        yield number, connection.take(size)
    else:
        raise ValueError(f"no frame of events: {kind}")


def line(text):
    event = json.loads(text)
    return text if options.full else event["message"].encode()


def ack(connection, count):
    connection.send(b"2A" + struct.pack(">I", count))


def talk(connection, output, fault):
    while True:
        if connection.take(2) != b"2W":
            raise ValueError("no window")
        count, events = struct.unpack(">I", connection.take(4))[0], []
        while len(events) < count:
            for number, text in frames(connection):
                assert number == len(events) + 1, (number, len(events))
                events.append(text)
        assert len(events) == count
        with open(options.out + ".chunks", "a") as file:
            file.write(f"{count} {fault}\n")
        if fault == "silent":
            time.sleep(3600)
        while fault == "alive":
            ack(connection, 0)
            time.sleep(0.05)
        if fault == "garbage":
            connection.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            time.sleep(3600)
        if fault == "more":
            ack(connection, count + 1)
            time.sleep(3600)
        if fault == "slow":
            time.sleep(1)
        if fault == "lives":  # says so for longer than the client would wait
            for _ in range(20):
                ack(connection, 0)
                time.sleep(0.05)
        done = 0
        while fault == "partial" and count - done > 100:
            output.write([line(text) for text in events[done:done + 100]])
            done += 100
            ack(connection, done)
            ack(connection, done)  # a repeat says that it lives
            time.sleep(0.01)
        if fault == "middle":  # half of a window, and then dead
            output.write([line(text) for text in events[: count // 2]])
            ack(connection, count // 2)
            return
        output.write([line(text) for text in events[done:]])
        if fault == "half":
            connection.send(b"2A\0")
            return
        ack(connection, count)


receiver.run(options, talk)
