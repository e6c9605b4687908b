// SPDX-License-Identifier: Apache-2.0
internal import Containers

/// A configuration that has every member that a runtime for Linux reads.
enum SampleConfig {
    static let text = #"""
        {
          "ociVersion": "1.2.0",
          "process": {
            "terminal": true,
            "consoleSize": {"height": 24, "width": 80},
            "user": {"uid": 1000, "gid": 1001, "umask": 63, "additionalGids": [5, 6]},
            "args": ["sh", "-c", "echo \"hi\""],
            "env": ["PATH=/bin", "TERM=xterm"],
            "cwd": "/work",
            "capabilities": {
              "bounding": ["CAP_KILL", "CAP_BPF"],
              "effective": ["CAP_KILL"],
              "inheritable": ["CAP_CHOWN"],
              "permitted": ["CAP_KILL", "CAP_MADE_UP"],
              "ambient": ["CAP_SETUID"]
            },
            "rlimits": [
              {"type": "RLIMIT_NOFILE", "hard": 2048, "soft": 1024},
              {"type": "RLIMIT_CORE", "hard": 18446744073709551615, "soft": 0}
            ],
            "noNewPrivileges": true,
            "apparmorProfile": "profile",
            "oomScoreAdj": -17,
            "selinuxLabel": "system_u:system_r:c_t:s0",
            "scheduler": {
              "policy": "SCHED_DEADLINE", "nice": -5, "priority": 3,
              "flags": ["SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM"],
              "runtime": 10, "deadline": 20, "period": 30
            },
            "ioPriority": {"class": "IOPRIO_CLASS_IDLE", "priority": 4},
            "execCPUAffinity": {"initial": "7", "final": "0-3,7"}
          },
          "root": {"path": "rootfs", "readonly": true},
          "hostname": "web",
          "domainname": "example.org",
          "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {
              "destination": "/data", "type": "none", "source": "/srv/data", "options": ["rbind", "idmap"],
              "uidMappings": [{"containerID": 0, "hostID": 1000, "size": 10}],
              "gidMappings": [{"containerID": 1, "hostID": 2000, "size": 20}]
            }
          ],
          "hooks": {
            "prestart": [{"path": "/hook/1", "args": ["one", "two"], "env": ["A=b"], "timeout": 5}],
            "createRuntime": [{"path": "/hook/2"}],
            "createContainer": [{"path": "/hook/3"}],
            "startContainer": [{"path": "/hook/4"}],
            "poststart": [{"path": "/hook/5"}],
            "poststop": [{"path": "/hook/6"}, {"path": "/hook/7"}]
          },
          "annotations": {"org.example.key": "value", "empty": ""},
          "linux": {
            "uidMappings": [{"containerID": 0, "hostID": 100000, "size": 65536}],
            "gidMappings": [{"containerID": 0, "hostID": 200000, "size": 65536}],
            "timeOffsets": {
              "monotonic": {"secs": -172800, "nanosecs": 5}, "boottime": {"secs": 604800, "nanosecs": 6}
            },
            "sysctl": {"net.ipv4.ip_forward": "1", "kernel.msgmax": "65536"},
            "resources": {
              "devices": [
                {"allow": false, "access": "rwm"},
                {"allow": true, "type": "c", "major": 10, "minor": 229, "access": "rw"}
              ],
              "memory": {
                "limit": 536870912, "reservation": 268435456, "swap": -1,
                "kernel": 1, "kernelTCP": 2, "swappiness": 60,
                "disableOOMKiller": false, "useHierarchy": true, "checkBeforeUpdate": true
              },
              "cpu": {
                "shares": 1024, "quota": 1000000, "burst": 7, "period": 500000, "realtimeRuntime": 950000,
                "realtimePeriod": 1000000, "cpus": "2-3", "mems": "0-7", "idle": 1
              },
              "pids": {"limit": 32771},
              "blockIO": {
                "weight": 10, "leafWeight": 11,
                "weightDevice": [{"major": 8, "minor": 0, "weight": 500, "leafWeight": 300}],
                "throttleReadBpsDevice": [{"major": 8, "minor": 1, "rate": 600}],
                "throttleWriteBpsDevice": [{"major": 8, "minor": 2, "rate": 601}],
                "throttleReadIOPSDevice": [{"major": 8, "minor": 3, "rate": 602}],
                "throttleWriteIOPSDevice": [{"major": 8, "minor": 4, "rate": 603}]
              },
              "hugepageLimits": [{"pageSize": "2MB", "limit": 9223372036854775808}],
              "network": {"classID": 1048577, "priorities": [{"name": "eth0", "priority": 500}]},
              "rdma": {"mlx5_1": {"hcaHandles": 3, "hcaObjects": 10000}},
              "unified": {"memory.high": "1073741824", "io.max": "259:0 rbps=2097152"}
            },
            "cgroupsPath": "/group/web",
            "namespaces": [
              {"type": "pid", "path": "/proc/1/ns/pid"}, {"type": "network"}, {"type": "mount"},
              {"type": "ipc"}, {"type": "uts"}, {"type": "user"}, {"type": "cgroup"}, {"type": "time"}
            ],
            "netDevices": {"eth1": {"name": "inner"}},
            "devices": [
              {
                "path": "/dev/fuse", "type": "c", "major": 10, "minor": 229,
                "fileMode": 438, "uid": 1, "gid": 2
              }
            ],
            "seccomp": {
              "defaultAction": "SCMP_ACT_ERRNO",
              "defaultErrnoRet": 38,
              "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
              "flags": ["SECCOMP_FILTER_FLAG_LOG"],
              "listenerPath": "/run/agent.sock",
              "listenerMetadata": "opaque",
              "syscalls": [
                {"names": ["getcwd", "chmod"], "action": "SCMP_ACT_TRACE", "errnoRet": 1},
                {
                  "names": ["clone"], "action": "SCMP_ACT_ALLOW",
                  "args": [
                    {"index": 5, "value": 18446744073709551615, "valueTwo": 9, "op": "SCMP_CMP_MASKED_EQ"}
                  ]
                }
              ]
            },
            "rootfsPropagation": "slave",
            "maskedPaths": ["/proc/kcore"],
            "readonlyPaths": ["/proc/sys", "/proc/bus"],
            "mountLabel": "system_u:object_r:c_file_t:s0",
            "intelRdt": {
              "closID": "gold", "schemata": ["L3:0=7f0"], "l3CacheSchema": "L3:0=ff",
              "memBwSchema": "MB:0=20",
              "enableCMT": true, "enableMBM": true, "enableMonitoring": true
            },
            "personality": {"domain": "LINUX32", "flags": []}
          }
        }
        """#

    static func json() throws -> JSON { try JSON(parsing: Array(text.utf8)) }

    static func decode(_ json: JSON) throws(ConfigError) -> RuntimeConfig {
        try RuntimeConfig(JSONCursor(json, document: "config.json"))
    }
}
