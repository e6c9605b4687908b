#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A receiver of logs by HTTP, strict about what it is sent: Loki's push, OTLP/HTTP, Splunk's HEC, GELF, NDJSON, JSON.

    http_receiver.py PORT OUTPUT [OPTION=VALUE...]

What it takes is appended to OUTPUT before it answers, a JSON object a line: kind, stream, seq, time (ns as text), line,
extra; to OUTPUT.text goes the line alone. What is wrong with a request is answered with 400, and told in OUTPUT.wrong.

    die=N            is killed behind the N-th request, before it answers
    status=S,K       answers the first K requests with S, and takes nothing
    after=SECONDS    with these answers
    limit=BYTES      answers 413 to a body that is longer when unpacked
    refuse=TEXT      answers 400 to a request with such a line
    partial=K        OTLP: says that it refused K records of each request, as text; "x": something that makes no sense
    acks=K           Splunk: stores what it took when it is asked for it the K-th time, and says so then
    auth=VALUE       asks for this value of Authorization; header=NAME:VALUE for this field
    cert=FILE key=FILE   speaks TLS; client=FILE wants a certificate that this authority vouches for
"""
import gzip
import json
import os
import signal
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import protobuf
import receiver

port, output = int(sys.argv[1]), sys.argv[2]
options = dict(word.split("=", 1) for word in sys.argv[3:])
for name in (output, output + ".text"):
    receiver.cut(name)
out = open(output, "a", encoding="utf-8")
plain_out = open(output + ".text", "a", encoding="utf-8")
lock = threading.Lock()
count = 0
channels, asked = {}, [0]


class Wrong(Exception):
    pass


def check(fine, what):
    if not fine:
        raise Wrong(what)


def strict(text):
    """JSON in UTF-8 without a name twice in an object."""
    def pairs(items):
        check(len({name for name, _ in items}) == len(items), "a name is there twice")
        return dict(items)
    try:
        return json.loads(text.decode("utf-8"), object_pairs_hook=pairs)
    except ValueError as error:
        raise Wrong(f"no JSON: {error}") from error


def ns(text):
    check(isinstance(text, str) and text.isdigit(), f"{text!r} is no time in nanoseconds")
    return text


def loki(body, fields):
    check(fields["content-type"] == "application/json", "the content is no JSON")
    found = []
    for stream in strict(body)["streams"]:
        labels = stream["stream"]
        check(labels and all(isinstance(value, str) for value in labels.values()), "labels are text")
        last = 0
        check(stream["values"], "a stream has no values")
        for value in stream["values"]:
            check(len(value) == 3, "a value has a time, a line and metadata")
            time, line, meta = value
            check(all(isinstance(each, str) for each in meta.values()), "metadata is text")
            check(int(ns(time)) >= last, "the order of time is broken")
            check(len(line.encode()) <= 262144, "the line is too long")
            last = int(time)
            extra = {"labels": labels, "tenant": fields.get("x-scope-orgid"), **meta}
            found.append(("loki", labels.get("stream"), int(meta["seq"]), time, line, extra))
    return found, 204, b""


def any_value(value):
    (kind, inner), = value.items()
    check(kind in ("stringValue", "intValue", "boolValue", "bytesValue"), f"{kind} is no kind of value")
    if kind == "bytesValue":  # for what is no text
        try:
            inner.decode("utf-8")
        except UnicodeDecodeError:
            return "bytes " + inner.hex()
        raise Wrong("text is sent as bytes")
    check(kind != "intValue" or isinstance(inner, str), "a 64-bit number is text in JSON")
    return inner


def attributes(items):
    found = {item["key"]: any_value(item["value"]) for item in items}
    check(len(found) == len(items), "an attribute is there twice")
    return found


def otlp(body, fields):
    packed = fields["content-type"] == "application/x-protobuf"
    check(packed or fields["content-type"] == "application/json", "the content is neither JSON nor protobuf")
    found = []
    for resource in (protobuf.logs(body) if packed else strict(body))["resourceLogs"]:
        about = attributes(resource["resource"]["attributes"])
        for scope in resource["scopeLogs"]:
            for record in scope["logRecords"]:
                ns(record["observedTimeUnixNano"])
                own = attributes(record["attributes"])
                found.append(("otlp", own.get("log.iostream"), int(own["martlet.seq"]), ns(record["timeUnixNano"]),
                              any_value(record["body"]), {**about, **own}))
    answer = {}
    if "partial" in options:
        number = options["partial"]
        if number == "x":
            return found, 200, b"<html>"
        if packed:
            return found, 200, protobuf.refusal(int(number), "too old")
        answer = {"partialSuccess": {"rejectedLogRecords": number, "errorMessage": "too old"}}
    return found, 200, b"" if packed else json.dumps(answer).encode()


def rfc3339(text):
    check(len(text) == 30 and text[10] == "T" and text[29] == "Z", f"{text!r} is no time")
    from datetime import datetime, timezone
    whole = datetime.strptime(text[:19], "%Y-%m-%dT%H:%M:%S").replace(tzinfo=timezone.utc)
    return str(int(whole.timestamp()) * 10**9 + int(text[20:29]))


def plain(items):
    return [("http", item["stream"], item["seq"], rfc3339(item["time"]), item["line"],
             {name: value for name, value in item.items() if name not in ("stream", "seq", "time", "line")})
            for item in items]


def lines(body, fields):
    if fields["content-type"] == "application/json":
        items = strict(body)
        check(isinstance(items, list) and items, "no array")
        return plain(items), 200, b""
    check(fields["content-type"] == "application/x-ndjson", "the content is neither JSON nor NDJSON")
    check(body.endswith(b"\n"), "the last line has no end")
    return plain([strict(line) for line in body[:-1].split(b"\n")]), 200, b""


def splunk(body, fields):
    found, text, decoder = [], body.decode("utf-8"), json.JSONDecoder(parse_float=str)
    place = 0
    while place < len(text):
        item, place = decoder.raw_decode(text, place)
        check(item["event"] != "", "an event has no text")
        seconds, fraction = item["time"].split(".")
        check(len(fraction) == 9, "the time has no nanoseconds")
        extra = {name: item[name] for name in ("host", "source", "sourcetype")} | item["fields"]
        found.append(("splunk", extra["stream"], extra["seq"], seconds + fraction, item["event"], extra))
    if "acks" not in options:
        return found, 200, b'{"text":"Success","code":0}'
    channel = fields["x-splunk-request-channel"]
    check(len(channel) == 36 and channel.count("-") == 4, "the channel is no UUID")
    acks = channels.setdefault(channel, {})
    acks[len(acks)] = found
    return [], 200, json.dumps({"text": "Success", "code": 0, "ackId": len(acks) - 1}).encode()


def splunk_acks(body, fields):
    """What was taken is stored only with the word that it is, at the K-th time that is asked for; in a new channel."""
    check(fields["x-splunk-request-channel"] in channels, "such a channel is not known")
    acks, answer, found = channels[fields["x-splunk-request-channel"]], {}, []
    for number in strict(body)["acks"]:
        check(number in acks, "such a request is not known in the channel")
        asked[0] += 1
        with open(output + ".asked", "a", encoding="utf-8") as file:
            file.write(f"{number}\n")
        answer[str(number)] = asked[0] >= int(options["acks"])
        if answer[str(number)]:
            asked[0] = 0
            found += acks.pop(number)
            acks[number] = []
    return found, 200, json.dumps({"acks": answer}).encode()


def gelf(body, fields):
    item = json.loads(body.decode("utf-8"), parse_float=str)
    check(item["version"] == "1.1" and item["host"] and item["short_message"].strip(), "no GELF 1.1")
    check("_id" not in item, "_id is reserved")
    known = {"version", "host", "short_message", "full_message", "timestamp", "level"}
    check(all(name in known or name.startswith("_") for name in item), "a field has no underscore")
    seconds, fraction = item["timestamp"].split(".")
    return [("gelf", item["_stream"], item["_seq"], seconds + fraction,
             item.get("full_message", item["short_message"]), item)], 202, b""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body, fields=()):
        self.send_response(status)
        for name, value in fields:
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if status != 204:
            self.wfile.write(body)

    def do_POST(self):
        global count
        fields = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(fields["content-length"]))
        with lock:
            count += 1
            number = count
        if "status" in options:
            status, times = map(int, options["status"].split(","))
            if number <= times:
                after = [("Retry-After", options["after"])] if "after" in options else []
                after += [("Location", "http://127.0.0.1:1/")] if 300 <= status < 400 else []
                return self.answer(status, b"not\nnow", after)
        if "auth" in options and fields.get("authorization") != options["auth"]:
            return self.answer(401, b"who are you?")
        if "header" in options:
            name, value = options["header"].split(":")
            if fields.get(name.lower()) != value:
                return self.answer(403, b"a field is missing")
        if fields.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        if len(body) > int(options.get("limit", 1 << 30)):
            return self.answer(413, b"too large")
        path = self.path.split("?")[0]
        kinds = {"/loki/api/v1/push": loki, "/v1/logs": otlp, "/services/collector/event": splunk,
                 "/services/collector/ack": splunk_acks, "/gelf": gelf}
        try:
            found, status, text = kinds.get(path, lines)(body, fields)
            if "refuse" in options:
                check(not any(options["refuse"] in item[4] for item in found), "such a line is not taken")
        except (Wrong, KeyError, ValueError, TypeError) as error:
            if not str(error).startswith("such a"):
                with open(output + ".wrong", "a", encoding="utf-8") as wrong:
                    wrong.write(f"{type(error).__name__}: {error}\n")
            return self.answer(400, str(error).encode())
        names = ("kind", "stream", "seq", "time", "line", "extra")
        with lock:
            out.write("".join(json.dumps(dict(zip(names, item))) + "\n" for item in found))
            plain_out.write("".join(item[4] + "\n" for item in found))
            out.flush()
            plain_out.flush()
            if number == int(options.get("die", 0)):
                os.kill(os.getpid(), signal.SIGKILL)
        self.answer(status, text)

    do_PUT = do_POST


class Server(ThreadingHTTPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


server = Server(("127.0.0.1", port), Handler)
if "cert" in options:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options["cert"], options["key"])
    if "client" in options:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(options["client"])
    server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
