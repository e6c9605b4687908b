// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import TestKit

/// Ceph's radosgw with one monitor and one OSD that keeps everything in memory; it speaks S3, and Swift with TempAuth.
enum RadosGateway {
    static let isThere = access("/usr/bin/radosgw", X_OK) == 0

    /// A user of Swift, at `/auth/v1.0` of the server.
    static let swift = (user: "test:swift", key: "SW")

    /// A script that runs it in the folder that it begins in; after about 15 seconds it answers.
    ///
    /// Names and keys are the cluster's own: without `cephx` radosgw does not connect. The OSD has to have the name that
    /// the monitor was told, or it waits for ever.
    static func script(port: UInt16) throws -> String {
        """
        set -e
        cat >ceph.conf <<E
        [global]
        fsid = $(cat /proc/sys/kernel/random/uuid)
        mon_host = v2:127.0.0.1:\(try LoopbackServer.freePort())/0
        mon_initial_members = a
        auth_cluster_required = cephx
        auth_service_required = cephx
        auth_client_required = cephx
        osd_pool_default_size = 1
        osd_pool_default_min_size = 1
        osd_pool_default_pg_num = 1
        osd_pool_default_pgp_num = 1
        osd_pool_default_pg_autoscale_mode = off
        osd_crush_chooseleaf_type = 0
        osd_objectstore = memstore
        memstore_device_bytes = 2147483648
        mon_allow_pool_size_one = true
        mon_max_pg_per_osd = 2000
        mon_data_avail_crit = 1
        run_dir = $PWD
        admin_socket = $PWD/\\$name.asok
        log_file = $PWD/\\$name.log
        pid_file = $PWD/\\$name.pid
        keyring = $PWD/keyring
        mon_data = $PWD/mon
        osd_data = $PWD/osd
        rgw_data = $PWD/rgw
        ms_bind_ipv6 = false
        public_addr = 127.0.0.1
        cluster_addr = 127.0.0.1
        [client.rgw.a]
        rgw_frontends = beast endpoint=127.0.0.1:\(port)
        rgw_thread_pool_size = 32
        E
        mkdir mon osd rgw
        conf="-c $PWD/ceph.conf" osd=$(cat /proc/sys/kernel/random/uuid)
        ceph-authtool --create-keyring keyring --gen-key -n mon. --cap mon 'allow *'
        for name in client.admin client.rgw.a; do
          ceph-authtool keyring --gen-key -n $name --cap mon 'allow *' --cap osd 'allow *'
        done
        ceph-authtool keyring --gen-key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *'
        fsid=$(sed -n 's/fsid = //p' ceph.conf) mon=$(sed -n 's/mon_host = //p' ceph.conf)
        monmaptool --create --clobber --fsid $fsid --addv a "[${mon%/0}]" monmap
        ceph-mon $conf -i a --mkfs --monmap monmap --keyring keyring
        ceph-mon $conf -i a -f &
        timeout 60 ceph $conf osd new $osd
        ceph-osd $conf -i 0 --mkfs --osd-uuid $osd
        ceph-osd $conf -i 0 -f &
        admin="timeout 60 radosgw-admin $conf"
        $admin user create --uid=test --display-name=test --access-key=AK --secret-key=SK
        $admin subuser create --uid=test --subuser=test:swift --access=full --secret-key=\(swift.key)
        exec radosgw $conf -n client.rgw.a -f
        """
    }
}
