"""instructions: what one call costs the gateway in instructions of its own, counted by valgrind: a figure that other load on the machine does
not change, and that is nearly the same in each run of one binary."""
import json, re, socket, subprocess, sys

from measure import ask, bench, modern_head, need, print_line

CONNECTIONS = 16


def one_call(port):
    headers, meta = modern_head("tools/call", "static__echo")
    body = json.dumps({"jsonrpc": "2.0", "id": 7, "method": "tools/call",
                       "params": {"name": "static__echo", "arguments": {"text": ("A line of text as tools are given it, with words of usual length. " * 12)[:700]}, "_meta": meta}}, separators=(",", ":")).encode()
    lines = [f"Host: 127.0.0.1:{port}", *(f"{name}: {value}" for name, value in headers.items()), f"Content-Length: {len(body)}"]
    return ("POST /mcp HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode() + body


def read_answer(connection):
    got = b""
    while True:
        part = connection.recv(65536)
        if not part:
            sys.exit("bench: the gateway closed the connection")
        got += part
        head = got.find(b"\r\n\r\n")
        if head < 0:
            continue
        length = int(re.search(rb"(?i)content-length: (\d+)", got[:head]).group(1))
        if len(got) >= head + 4 + length:
            if b" 200 " not in got[:head].split(b"\r\n")[0]:
                sys.exit(f"bench: wrong answer: {got[:300]!r}")
            return


def instructions(args):
    need("valgrind", "callgrind_control")
    with bench() as b:
        up = b.upstream()
        counts = b.work / "counts"
        valgrind = ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={counts}"]
        gateway, gw = b.gateway({"static": f'{{ url: "http://127.0.0.1:{up}/mcp" }}'}, under=valgrind)
        ask(gw, "tools/call", tool="static__echo")
        call = one_call(gw)
        connections = [socket.create_connection(("127.0.0.1", gw), 60) for _ in range(CONNECTIONS)]

        def rounds(n):
            for _ in range(n):
                for c in connections:
                    c.sendall(call)
                for c in connections:
                    read_answer(c)

        def count(what):
            subprocess.run(["callgrind_control", "-i", what, str(gateway.pid)], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        rounds(10)
        count("on")
        rounds(100)
        count("off")
        b.stop(gateway)
        total = int(re.search(r"^totals: (\d+)", counts.read_text(), re.M).group(1))
        print_line(bench="instructions", connections=CONNECTIONS, per_call=round(total / (100 * CONNECTIONS)))
