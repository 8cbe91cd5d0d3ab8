"""What the figures of script/bench share: processes pinned to a core, load by wrk, and what a process costs."""
import json, os, pathlib, re, shutil, signal, socket, subprocess, sys, tempfile, time, urllib.error, urllib.request
from contextlib import contextmanager

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("GATEHOUSE_BUILD", ROOT / "build"))
MODERN = "2026-07-28"
LEGACY = "2025-11-25"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def pin(core):
    return lambda: os.sched_setaffinity(0, {core % os.cpu_count()})


def cpu_seconds(pids):
    total = 0
    for pid in pids:
        fields = pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()
        total += int(fields[0]) / 1e9
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            if task.name != str(pid):
                total += int((task / "schedstat").read_text().split()[0]) / 1e9
    return total


def rss_mb(pids):
    pages = sum(int(pathlib.Path(f"/proc/{p}/statm").read_text().split()[1]) for p in pids)
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def pss_mb(pids):
    """Memory with what is shared counted in parts: right for the sum over a process and its forks."""
    return sum(int(re.search(r"^Pss:\s+(\d+)", pathlib.Path(f"/proc/{p}/smaps_rollup").read_text(), re.M).group(1)) for p in pids) * 1024 / 1e6


def children(pid):
    return [int(p) for p in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def family(pid):
    return [pid] + [member for child in children(pid) for member in family(child)]


def print_line(**fields):
    print(json.dumps(fields), flush=True)


def need(*tools):
    for tool in tools:
        if not shutil.which(tool) and not pathlib.Path(f"/usr/sbin/{tool}").exists():
            sys.exit(f"bench: {tool} is missing; run script/setup bench")


class Bench:
    """Processes and a folder that go when the figure is done."""

    def __init__(self, work):
        self.work, self.procs = work, []

    def start(self, what, argv, port=None, core=0, log=None, **kw):
        out = open(self.work / log, "w") if log else subprocess.DEVNULL
        proc = subprocess.Popen([str(a) for a in argv], preexec_fn=pin(core), stdout=subprocess.DEVNULL, stderr=out, **kw)
        self.procs.append(proc)
        if port:
            self.wait_port(what, proc, port)
        return proc

    @staticmethod
    def wait_port(what, proc, port):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if proc.poll() is not None:
                sys.exit(f"bench: {what} ended with {proc.returncode}")
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.002)
        sys.exit(f"bench: {what} does not listen on port {port}")

    def upstream(self, *args):
        """The static upstream, beside the load; its port."""
        port = free_port()
        self.start("bench_upstream", [BUILD / "bench_upstream", port, *args], port, core=1)
        return port

    def gateway(self, servers, under=()):
        """servers: lines of YAML by id; under: the command that runs it. Gives the process and its port."""
        port = free_port()
        name = f"gatehouse-{port}"
        lines = [f"listen: 127.0.0.1:{port}", f"store: sqlite:./{name}.db", "servers:"] + [f"  {id}: {config}" for id, config in servers.items()]
        (self.work / f"{name}.yaml").write_text("\n".join(lines) + "\n")
        proc = self.start("gatehouse", [*under, BUILD / "gatehouse", "serve", "--config", self.work / f"{name}.yaml"], port, log=f"{name}.log")
        return proc, port

    def nginx(self, conf, port, **values):
        text = (ROOT / "bench" / conf).read_text().replace("@PORT@", str(port)).replace("@DIR@", str(self.work))
        for key, value in values.items():
            text = text.replace(f"@{key}@", str(value))
        (self.work / conf).write_text(text)
        proc = self.start("nginx", [shutil.which("nginx") or "/usr/sbin/nginx", "-c", self.work / conf, "-p", self.work], port)
        time.sleep(0.2)
        return [proc.pid] + children(proc.pid)

    def stop(self, proc):
        self.procs.remove(proc)
        proc.send_signal(signal.SIGTERM)
        try:
            proc.wait(10)
        except subprocess.TimeoutExpired:
            proc.kill()
            proc.wait()


@contextmanager
def bench():
    work = pathlib.Path(tempfile.mkdtemp(prefix="gatehouse-bench-"))
    b = Bench(work)
    try:
        yield b
    finally:
        for p in reversed(b.procs):
            p.send_signal(signal.SIGTERM)
        for p in b.procs:
            try:
                p.wait(10)
            except subprocess.TimeoutExpired:
                p.kill()
        shutil.rmtree(work, ignore_errors=True)


def load(port, path, name, connections, seconds, pids, method="tools/call", session=None):
    before = cpu_seconds(pids)
    env = {**os.environ, "NAME": name, "METHOD": method, "SESSION": session or ""}
    out = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", ROOT / "bench/call.lua", f"http://127.0.0.1:{port}{path}"],
        env=env, preexec_fn=pin(1), capture_output=True, text=True, check=True).stdout
    found = re.search(r"RESULT (\{.*\})", out)
    if not found:
        sys.exit("bench: wrk printed no result:\n" + out)
    r = json.loads(found.group(1))
    if r["bad"]:
        sys.exit(f"bench: {r['bad']} of {r['requests']} answers were wrong")
    r["rps"] = r["requests"] / (r["micros"] / 1e6)
    r["cpu_us"] = (cpu_seconds(pids) - before) * 1e6 / r["requests"]
    return r


def best_of(peers, connections, args, method="tools/call"):
    """The best round of each peer, the rounds interleaved. peers: name → (port, path, tool, pids[, session])."""
    best = {}
    for _ in range(args.rounds):
        for who, (port, path, name, pids, *session) in peers.items():
            r = load(port, path, name, connections, args.seconds, pids, method, *session)
            b = best.setdefault(who, r)
            best[who] = {"rps": max(b["rps"], r["rps"]), **{k: min(b[k], r[k]) for k in ("p50_us", "p99_us", "cpu_us")}}
    return best


def modern_head(method, name=None):
    """The headers of a modern request, and its _meta."""
    meta = {"io.modelcontextprotocol/protocolVersion": MODERN, "io.modelcontextprotocol/clientCapabilities": {}}
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": MODERN, "Mcp-Method": method}
    if name:
        headers["Mcp-Name"] = name
    return headers, meta


def post(port, path, body, headers):
    """Gives the headers of the reply and its message."""
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            text, head = reply.read().decode(), reply.headers
    except urllib.error.HTTPError as refused:
        sys.exit(f"bench: {refused.code} on port {port}: {refused.read().decode()[:500]}")
    for line in text.splitlines():  # a server may answer with a stream of one event
        if line.startswith("data: "):
            text = line[6:]
    return head, json.loads(text) if text else None


def ask(port, method, path="/mcp", tool="echo", arguments=None):
    """One request outside of the load, so that what is measured is known to be an answer."""
    call = method == "tools/call"
    headers, meta = modern_head(method, tool if call else None)
    params = {"name": tool, "arguments": arguments or {"text": "y" * 700}, "_meta": meta} if call else {"_meta": meta}
    _, message = post(port, path, {"jsonrpc": "2.0", "id": 7, "method": method, "params": params}, headers)
    if "result" not in message or message["result"].get("isError"):
        sys.exit(f"bench: {method} failed on port {port}: {json.dumps(message)[:500]}")
    return message["result"]


def legacy_session(port, path="/mcp"):
    """The id of a new session of the last legacy revision."""
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    hello = {"protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}
    head, _ = post(port, path, {"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello}, headers)
    session = head.get("Mcp-Session-Id")
    post(port, path, {"jsonrpc": "2.0", "method": "notifications/initialized"}, {**headers, "Mcp-Session-Id": session, "MCP-Protocol-Version": LEGACY})
    return session
