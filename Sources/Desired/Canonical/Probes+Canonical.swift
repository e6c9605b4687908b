// SPDX-License-Identifier: Apache-2.0

extension Probes {
    var canonical: Canonical {
        let then: Canonical? =
            switch consequence {
            case .restart: nil
            case .none: .string("none")
            case .exec(let command): .array(command.map { .string($0) })
            }
        return .object([
            "liveness": liveness?.canonical, "readiness": readiness?.canonical,
            "startup": startup?.canonical, "then": then,
        ])
    }
}

extension Probe {
    fileprivate var canonical: Canonical {
        .object([
            "check": check.canonical, "every": .duration(every), "fail_after": .number(failAfter),
            "initial_delay": .duration(initialDelay), "success_after": .number(successAfter),
            "timeout": .duration(timeout),
        ])
    }
}

extension Probe.Check {
    fileprivate var canonical: Canonical {
        switch self {
        case .http(let request):
            .object([
                "headers": .map(request.headers), "host": .text(request.host),
                "http": .integer(Int64(request.port)), "path": .string(request.path),
                "status": .list(request.statuses) {
                    .array([.integer(Int64($0.lowerBound)), .integer(Int64($0.upperBound))])
                },
            ])
        case .tcp(let port): .object(["tcp": .integer(Int64(port))])
        case .unix(let path): .object(["unix": .string(path)])
        case .grpc(let port, let service):
            .object(["grpc": .integer(Int64(port)), "service": .string(service)])
        case .exec(let command): .object(["exec": .array(command.map { .string($0) })])
        }
    }
}

extension FlapLimit {
    var canonical: Canonical {
        .object(["restarts": .number(restarts), "within": .duration(within)])
    }
}
