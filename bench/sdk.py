"""sdk: tools/call of 1 KB and tools/list: a server by this SDK against the same server by the TypeScript SDK, and against nginx that answers
with static bytes."""
import json, sys

from measure import BUILD, ROOT, ask, bench, best_of, free_port, load, need, print_line, rss_mb


def sdk(args):
    need("wrk", "nginx")
    node = ROOT / "tests/npm/node_modules/.bin/node"
    if not node.exists():
        sys.exit("bench: the TypeScript SDK is missing; run script/setup test")
    with bench() as b:
        ours, ts, ng = free_port(), free_port(), free_port()
        # Node finds its packages from where the program is.
        (b.work / "sdk_server.mjs").write_text((ROOT / "bench/sdk_server.mjs").read_text())
        (b.work / "node_modules").symlink_to(ROOT / "tests/npm/node_modules")
        static = json.dumps({"jsonrpc": "2.0", "id": 7, "result": {"resultType": "complete", "content": [{"type": "text", "text": "y" * 700}]}})
        one = b.start("bench_sdk_server", [BUILD / "bench_sdk_server", "--http", f"127.0.0.1:{ours}"], ours)
        two = b.start("the TypeScript server", [node, b.work / "sdk_server.mjs", str(ts)], ts, cwd=ROOT / "tests/npm")
        ports = {"gatehouse": (ours, [one.pid]), "typescript": (ts, [two.pid]), "nginx": (ng, b.nginx("nginx_static.conf", ng, BODY=static))}
        for who in ("gatehouse", "typescript"):
            if ask(ports[who][0], "tools/call")["content"][0]["text"] != "y" * 700 or len(ask(ports[who][0], "tools/list")["tools"]) != 10:
                sys.exit(f"bench: {who} does not answer as it should")
        peers = {who: (port, "/mcp", "echo", pids) for who, (port, pids) in ports.items()}
        for port, path, name, pids in peers.values():
            load(port, path, name, 8, 1, pids)
        for method in ("tools/call", "tools/list"):
            for connections in (1, 16, 64):
                best = best_of(peers, connections, args, method)
                g, t, n = best["gatehouse"], best["typescript"], best["nginx"]
                line = {"bench": "sdk", "method": method, "connections": connections, "times_typescript": round(g["rps"] / t["rps"], 1),
                        "rps_to_nginx": round(g["rps"] / n["rps"], 3)}
                for who, r in best.items():
                    line |= {f"{who}_rps": round(r["rps"]), f"{who}_p99_us": r["p99_us"], f"{who}_cpu_us": round(r["cpu_us"], 1)}
                print_line(**line)
        memory = {who: rss_mb(pids) for who, (port, pids) in ports.items()}
        print_line(bench="sdk_memory", of_typescript=round(memory["gatehouse"] / memory["typescript"], 3),
                   **{f"{who}_rss_mb": round(mb, 1) for who, mb in memory.items()})
