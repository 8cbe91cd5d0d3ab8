"""eras: what translating between the eras costs over the path of one era. lists: tools/list of 1,000 tools from cache. idle: memory of 10,000
open listen streams. stdio: memory of a gateway with 200 stdio upstreams, 10 of them in use."""
import json, os, resource, socket, sys, time

from measure import BUILD, LEGACY, MODERN, ask, bench, best_of, family, free_port, legacy_session, load, modern_head, need, print_line, pss_mb, rss_mb


def eras(args):
    need("wrk")
    with bench() as b:
        servers = {}
        for id, revision in (("new", MODERN), ("old", LEGACY)):
            port = free_port()
            b.start("bench_sdk_server", [BUILD / "bench_sdk_server", "--http", f"127.0.0.1:{port}", "--revisions", revision], port, core=1)
            servers[id] = f'{{ url: "http://127.0.0.1:{port}/mcp" }}'
        gateway, gw = b.gateway(servers)
        pids = [gateway.pid]
        ask(gw, "tools/list")
        session = legacy_session(gw)
        peers = {}
        for id in servers:
            if ask(gw, "tools/call", tool=f"{id}__echo")["content"][0]["text"] != "y" * 700:
                sys.exit(f"bench: the upstream '{id}' does not answer as it should")
            peers[f"modern_to_{id}"] = (gw, "/mcp", f"{id}__echo", pids)
            peers[f"legacy_to_{id}"] = (gw, "/mcp", f"{id}__echo", pids, session)
        for port, path, name, of, *more in peers.values():
            load(port, path, name, 8, 1, of, "tools/call", *more)
        best = best_of(peers, 32, args)
        cost = lambda cross, same: round(best[cross]["cpu_us"] / best[same]["cpu_us"], 3)
        rate = lambda cross, same: round(best[cross]["rps"] / best[same]["rps"], 3)
        print_line(bench="eras", connections=32,
                   modern_client_cpu_ratio=cost("modern_to_old", "modern_to_new"), legacy_client_cpu_ratio=cost("legacy_to_new", "legacy_to_old"),
                   modern_client_rps_ratio=rate("modern_to_old", "modern_to_new"), legacy_client_rps_ratio=rate("legacy_to_new", "legacy_to_old"),
                   # The upstreams differ too: crossed paths against paths of one era, over both clients and both upstreams.
                   cpu_ratio=round((best["modern_to_old"]["cpu_us"] + best["legacy_to_new"]["cpu_us"]) / (best["modern_to_new"]["cpu_us"] + best["legacy_to_old"]["cpu_us"]), 3),
                   **{f"{who}_cpu_us": round(r["cpu_us"], 1) for who, r in best.items()}, **{f"{who}_rps": round(r["rps"]) for who, r in best.items()})


def lists(args):
    need("wrk", "nginx")
    with bench() as b:
        up = b.upstream(1000)
        gateway, gw = b.gateway({"static": f'{{ url: "http://127.0.0.1:{up}/mcp" }}'})
        result = ask(gw, "tools/list")
        if result.get("nextCursor"):
            sys.exit("bench: the list came in pages")
        if len(result["tools"]) != 1000:
            sys.exit(f"bench: the list has {len(result['tools'])} tools")
        static = json.dumps({"jsonrpc": "2.0", "id": 7, "result": result}, separators=(",", ":"))
        # A literal of nginx's config is at most 4 KB: the same bytes lie in a file.
        (b.work / "list.json").write_text(static)
        b.work.chmod(0o755)  # nginx reads it as another user
        ng = free_port()
        nginx = b.nginx("nginx_file.conf", ng, FILE="list.json")
        peers = {"gatehouse": (gw, "/mcp", "", [gateway.pid]), "nginx": (ng, "/mcp", "", nginx)}
        for port, path, name, pids in peers.values():
            load(port, path, name, 8, 1, pids, "tools/list")
        best = best_of(peers, 16, args, "tools/list")
        g, n = best["gatehouse"], best["nginx"]
        print_line(bench="lists", tools=1000, bytes=len(static), connections=16, rps_ratio=round(g["rps"] / n["rps"], 3),
                   cpu_ratio=round(g["cpu_us"] / n["cpu_us"], 3), gatehouse_rps=round(g["rps"]), nginx_file_rps=round(n["rps"]),
                   gatehouse_cpu_us=round(g["cpu_us"], 1), gatehouse_p99_us=g["p99_us"], gatehouse_mb_per_s=round(g["rps"] * len(static) / 1e6))


def listen_bytes(port):
    headers, meta = modern_head("subscriptions/listen")
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen", "params": {"notifications": {"toolsListChanged": True}, "_meta": meta}})
    lines = ["POST /mcp HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Content-Length: {len(body)}"] + [f"{k}: {v}" for k, v in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def idle(args):
    count = args.streams
    need_fds = count + 200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < need_fds:
        sys.exit(f"bench: {count} streams need {need_fds} open files, and this machine allows {hard}; see ulimit -Hn, or --streams")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, need_fds), hard))
    with bench() as b:
        up = b.upstream()
        gateway, gw = b.gateway({"static": f'{{ url: "http://127.0.0.1:{up}/mcp" }}'})
        ask(gw, "tools/call", tool="static__echo")
        request, streams = listen_bytes(gw), []

        def open_some(n):
            fresh = []
            for _ in range(n):
                s = socket.create_connection(("127.0.0.1", gw), 20)
                s.sendall(request)
                fresh.append(s)
            for s in fresh:
                got = b""
                while b"subscriptions/acknowledged" not in got:
                    part = s.recv(8192)
                    if not part:
                        sys.exit(f"bench: stream {len(streams)} was refused: {got[:300]!r}")
                    got += part
            streams.extend(fresh)

        open_some(64)  # what the first streams make once is no cost of a stream
        before, began = rss_mb([gateway.pid]), time.monotonic()
        while len(streams) < count + 64:
            open_some(min(64, count + 64 - len(streams)))
        took = time.monotonic() - began
        after = rss_mb([gateway.pid])
        ask(gw, "tools/call", tool="static__echo")
        for s in streams:
            s.close()
        print_line(bench="idle", streams=count, kb_per_stream=round((after - before) * 1e3 / count, 2), rss_mb_before=round(before, 1),
                   rss_mb=round(after, 1), opened_per_second=round(count / took))


def stdio(args):
    with bench() as b:
        gateway, gw = b.gateway({f"s{i:03}": f'{{ command: ["{BUILD / "bench_sdk_server"}"] }}' for i in range(200)})
        at_start = rss_mb([gateway.pid])
        for i in range(10):
            if ask(gw, "tools/call", tool=f"s{i:03}__echo")["content"][0]["text"] != "y" * 700:
                sys.exit("bench: an upstream does not answer as it should")
        # Keepers are forks of the gateway, one per child.
        own = [pid for pid in family(gateway.pid) if os.readlink(f"/proc/{pid}/exe") == os.readlink(f"/proc/{gateway.pid}/exe")]
        print_line(bench="stdio", configured=200, in_use=10, rss_mb_at_start=round(at_start, 1), rss_mb=round(rss_mb([gateway.pid]), 1),
                   with_keepers_mb=round(pss_mb(own), 1), processes=len(own))
