// SPDX-License-Identifier: Apache-2.0
internal import Agent
internal import Control
internal import Hummingbird
internal import NIOCore

extension ControlServer {
    /// What there is to count on this node, for Prometheus.
    ///
    /// Labels are names of the node file, of apps, services and routes: as many as there are of those.
    func metrics() async throws -> Response {
        var metrics = Exposition()
        let status = try await node.nodeStatus()
        let instances = await node.instanceStatus(app: nil)
        Self.add(status, to: &metrics)
        Self.add(status.sinks, to: &metrics)
        metrics.add(status.volumes)
        metrics.add(await node.sweepStatus())
        if let state = status.state { metrics.add(state) }
        Self.add(instances, to: &metrics)
        metrics.add(await node.logCounts())
        metrics.add(node.storeCounts())
        metrics.add(
            "martlet_events_total",
            .counter,
            "What happened since the agent began, by kind.",
            node.events.counts.sorted { $0.key < $1.key }.map { (["kind": $0.key], Double($0.value)) }
        )
        metrics.add(
            "martlet_events_lost_total",
            .counter,
            "Events that could not be kept.",
            Double(node.events.lost)
        )
        metrics.add(
            "martlet_audit_writable",
            .gauge,
            "Whether the audit can be written.",
            await node.audit.fault == nil ? 1 : 0
        )
        metrics.add(
            "martlet_api_requests_total",
            .counter,
            "Answers of the API since the agent began, by route and status.",
            counts.all.map { (["path": $0.key.path, "status": "\($0.key.status)"], Double($0.count)) }
        )
        metrics.add("martlet_metrics_left_out", .gauge, "Series that were too many.", Double(metrics.left))
        return Response(
            status: .ok,
            headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: metrics.text))
        )
    }

    private static func add(_ status: NodeStatus, to metrics: inout Exposition) {
        metrics.add(
            "martlet_node_info",
            .gauge,
            "The node and its agent.",
            [(["node": status.node, "version": status.version], 1)]
        )
        metrics.add(
            "martlet_node_conditions",
            .gauge,
            "What is not as it should be.",
            Double(status.conditions.count)
        )
        metrics.add(
            "martlet_app_state",
            .gauge,
            "1 for the state that an app is in.",
            status.apps.map { (["app": $0.name, "state": $0.state], 1) }
        )
        metrics.add(
            "martlet_app_generation",
            .gauge,
            "The number of an app's generation.",
            status.apps.map { (["app": $0.name], Double($0.generation)) }
        )
        metrics.add(
            "martlet_app_expired",
            .gauge,
            "Whether an app's desired state is not valid any more.",
            status.apps.map { (["app": $0.name], $0.isExpired ? 1 : 0) }
        )
        metrics.add(
            "martlet_app_holds",
            .gauge,
            "Images that an app waits for.",
            status.apps.map { (["app": $0.name], Double($0.holds.count)) }
        )
        let services = status.apps.flatMap { app in app.services.map { (app: app.name, service: $0) } }
        for (name, help, value) in [
            (
                "martlet_service_instances_desired", "Instances that the file asks for.",
                \ServiceStatus.desired
            ),
            ("martlet_service_instances_running", "Instances that run.", \.running),
            ("martlet_service_instances_ready", "Instances that run and are healthy.", \.ready),
        ] {
            metrics.add(
                name,
                .gauge,
                help,
                services.map {
                    (["app": $0.app, "service": $0.service.name], Double($0.service[keyPath: value]))
                }
            )
        }
        metrics.add(
            "martlet_source_state",
            .gauge,
            "1 for the state that a source is in.",
            status.sources.map { (["source": $0.name, "kind": $0.kind, "state": $0.state], 1) }
        )
        metrics.add(
            "martlet_source_apps",
            .gauge,
            "Apps that a source says.",
            status.sources.map { (["source": $0.name], Double($0.apps.count)) }
        )
    }

    private static func add(_ sinks: [SinkStatus], to metrics: inout Exposition) {
        func each(_ value: (SinkStatus) -> Double) -> [(labels: KeyValuePairs<String, String>, value: Double)]
        {
            sinks.map { (["sink": $0.name, "kind": $0.kind], value($0)) }
        }
        metrics.add(
            "martlet_sink_up",
            .gauge,
            "Whether a sink takes lines.",
            each { $0.state == "ok" ? 1 : 0 }
        )
        metrics.add(
            "martlet_sink_lines_in_total",
            .counter,
            "Lines that were read for a sink.",
            each { Double($0.linesIn) }
        )
        metrics.add(
            "martlet_sink_lines_out_total",
            .counter,
            "Lines that a sink has delivered.",
            each { Double($0.linesOut) }
        )
        metrics.add(
            "martlet_sink_bytes_out_total",
            .counter,
            "Bytes of those lines, as the containers wrote them.",
            each { Double($0.bytesOut) }
        )
        metrics.add(
            "martlet_sink_retries_total",
            .counter,
            "Batches that were sent again.",
            each { Double($0.retries) }
        )
        metrics.add(
            "martlet_sink_dropped_lines_total",
            .counter,
            "Lines that are gone for a sink, by the reason.",
            sinks.flatMap { sink in
                sink.dropped.sorted { $0.key < $1.key }.map {
                    (["sink": sink.name, "reason": $0.key], Double($0.value))
                }
            }
        )
        metrics.add(
            "martlet_sink_lag_lines",
            .gauge,
            "Lines that wait for a sink.",
            each { Double($0.lagLines) }
        )
        metrics.add(
            "martlet_sink_lag_seconds",
            .gauge,
            "How long the oldest of them has waited.",
            each { $0.lagSeconds }
        )
    }

    private static func add(_ instances: [InstanceStatus], to metrics: inout Exposition) {
        var restarts: [(app: String, service: String, count: Int)] = []
        for instance in instances {
            let place = restarts.firstIndex { $0.app == instance.app && $0.service == instance.service }
            if let place {
                restarts[place].count += instance.restarts
            } else {
                restarts.append((instance.app, instance.service, instance.restarts))
            }
        }
        metrics.add(
            "martlet_service_restarts",
            .gauge,
            "How often the present instances of a service were started again.",
            restarts.map { (["app": $0.app, "service": $0.service], Double($0.count)) }
        )
    }
}
