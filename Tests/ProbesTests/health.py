# A gRPC server that tells of its health: "good" serves, "bad" does not, others are unknown.
# Answers are written by hand, so that no generated code is needed.
import sys
from concurrent import futures

import grpc


def check(request, context):
    name = request[2:].decode() if request else ""
    if name not in ("", "good", "bad"):
        context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
    return b"\x08\x02" if name == "bad" else b"\x08\x01"


handler = grpc.method_handlers_generic_handler(
    "grpc.health.v1.Health", {"Check": grpc.unary_unary_rpc_method_handler(check)}
)
server = grpc.server(futures.ThreadPoolExecutor(2))
server.add_generic_rpc_handlers((handler,))
if server.add_insecure_port(f"127.0.0.1:{sys.argv[1]}") == 0:
    sys.exit("the port is taken")
server.start()
server.wait_for_termination()
