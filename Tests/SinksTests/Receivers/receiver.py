# SPDX-License-Identifier: Apache-2.0
"""What the receivers of the sink tests have in common: connections, lines in a file, and faults.

A line is in the file before it is acknowledged, as the file outlives a SIGKILL.
"""
import argparse
import ctypes
import os
import random
import signal
import socket
import ssl
import threading


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--unix", help="listen on a unix socket beside the port")
    parser.add_argument("--out", required=True, help="a line of it for each event")
    parser.add_argument("--full", action="store_true", help="events as JSON in place of their texts")
    parser.add_argument("--tls", help="FOLDER/NAME of a certificate and its key")
    parser.add_argument("--kills", type=int, default=0, help="die so often, between two lines")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fault", default="", help="what goes wrong on the first connection")
    parser.add_argument("--key", default="", help="a shared key")
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--hostname", default="receiver")
    parser.add_argument("--once", action="store_true", help="ask for a connection for each message")
    return parser.parse_args()


def cut(path):
    """Cuts off a line whose end a SIGKILL has prevented: it was not stored, and not acknowledged."""
    if os.path.exists(path):
        with open(path, "rb+") as file:
            file.truncate(file.read().rfind(b"\n") + 1)


class Output:
    """The file, written a line at a time if this life is to end between two of them."""

    def __init__(self, path, left):
        cut(path)
        self.file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        self.left = left

    def write(self, lines):
        dies = self.left is not None and len(lines) >= self.left
        if dies:
            lines = lines[: self.left]
        text = b"".join(line + b"\n" for line in lines)
        while text:
            text = text[os.write(self.file, text):]
        if dies:
            os.kill(os.getpid(), signal.SIGKILL)
        if self.left is not None:
            self.left -= len(lines)


class Connection:
    """A stream of bytes, read as far as is asked for; EOFError at its end."""

    def __init__(self, sock):
        self.socket = sock
        self.buffer = bytearray()

    def take(self, count):
        while len(self.buffer) < count:
            self.more()
        taken = bytes(self.buffer[:count])
        del self.buffer[:count]
        return taken

    def more(self):
        data = self.socket.recv(1 << 18)
        if not data:
            raise EOFError
        self.buffer += data

    def send(self, data):
        self.socket.sendall(data)


def listen(options):
    listeners = [socket.create_server(("127.0.0.1", options.port))]
    if options.unix:
        if os.path.exists(options.unix):
            os.unlink(options.unix)
        listeners.append(socket.socket(socket.AF_UNIX))
        listeners[1].bind(options.unix)
        listeners[1].listen()
    return listeners


def serve(options, talk, output):
    """talk(connection, output, fault): one connection; the fault is for the first that says anything."""
    context = None
    if options.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.tls + ".pem", options.tls + ".key")
    faults = [options.fault] if options.fault else []

    def one(sock):
        try:
            if context:
                sock = context.wrap_socket(sock, server_side=True)
            connection = Connection(sock)
            if not options.key:  # who has one speaks first
                connection.more()
            talk(connection, output, faults.pop() if faults else "")
        except (EOFError, OSError):
            pass
        finally:
            sock.close()

    def accept(listener):
        while True:
            sock, _ = listener.accept()
            if listener.family == socket.AF_INET:
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=one, args=(sock,), daemon=True).start()

    listeners = listen(options)
    for listener in listeners[1:]:
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
    accept(listeners[0])


def run(options, talk):
    chance = random.Random(options.seed)
    for _ in range(options.kills):
        left = chance.randrange(500, 14_000)
        child = os.fork()
        if child == 0:
            ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
            serve(options, talk, Output(options.out, left))
        os.waitpid(child, 0)
        with open(options.out + ".deaths", "a") as file:
            file.write("dead\n")
    serve(options, talk, Output(options.out, None))
