# SPDX-License-Identifier: Apache-2.0
"""A receiver of lines of JSON, which says nothing."""
import json

import receiver

options = receiver.arguments()


def talk(connection, output, fault):
    while True:
        end = connection.buffer.rfind(b"\n")
        if end >= 0:
            lines = bytes(connection.buffer[:end]).split(b"\n")
            del connection.buffer[: end + 1]
            events = [json.loads(line) for line in lines]
            output.write(lines if options.full else [event["message"].encode() for event in events])
        connection.more()


receiver.run(options, talk)
