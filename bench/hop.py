"""hop: a 1 KB tools/call through /mcp to a static upstream, against nginx proxy_pass with keep-alive before the same upstream, and against
the upstream itself."""
import time

from measure import ask, bench, best_of, free_port, load, need, print_line, rss_mb


def hop(args):
    need("wrk", "nginx")
    with bench() as b:
        up = b.upstream()
        began = time.monotonic()
        gateway, gw = b.gateway({"static": f'{{ url: "http://127.0.0.1:{up}/mcp", concurrency: 1000 }}'})
        listening_ms = (time.monotonic() - began) * 1e3
        start_rss = rss_mb([gateway.pid])
        ng = free_port()
        nginx = b.nginx("nginx.conf", ng, UPSTREAM=up)
        upstream = [p.pid for p in b.procs[:1]]
        ask(gw, "tools/call", tool="static__echo")
        ours, theirs = (gw, "/mcp", "static__echo", [gateway.pid]), (ng, "/mcp", "echo", nginx)
        direct = (up, "/mcp", "echo", upstream)
        for port, path, name, pids in (ours, theirs, direct):
            load(port, path, name, 8, 1, pids)
        for connections in (1, 64, 512):
            peers = {"gatehouse": ours, "nginx": theirs, **({"direct": direct} if connections == 1 else {})}
            best = best_of(peers, connections, args)
            g, n = best["gatehouse"], best["nginx"]
            line = {
                "bench": "hop", "connections": connections, "rps_ratio": round(g["rps"] / n["rps"], 3),
                "cpu_ratio": round(g["cpu_us"] / n["cpu_us"], 3), "p50_ratio": round(g["p50_us"] / max(1, n["p50_us"]), 3),
                "p99_ratio": round(g["p99_us"] / max(1, n["p99_us"]), 3), "gatehouse_rps": round(g["rps"]), "nginx_rps": round(n["rps"]),
                "gatehouse_cpu_us": round(g["cpu_us"], 2), "nginx_cpu_us": round(n["cpu_us"], 2),
                "gatehouse_p99_us": g["p99_us"], "nginx_p99_us": n["p99_us"]}
            if connections == 1:
                plain = best["direct"]["p50_us"]
                line |= {"added_p50_ratio": round((g["p50_us"] - plain) / max(1, n["p50_us"] - plain), 3),
                         "gatehouse_added_p50_us": g["p50_us"] - plain, "nginx_added_p50_us": n["p50_us"] - plain}
            print_line(**line)
        best = best_of({"gatehouse": ours, "direct": direct}, 32, args)
        print_line(bench="hop_direct", connections=32, rps_ratio=round(best["gatehouse"]["rps"] / best["direct"]["rps"], 3),
                   gatehouse_rps=round(best["gatehouse"]["rps"]), direct_rps=round(best["direct"]["rps"]))
        print_line(bench="start", listening_ms=round(listening_ms, 1), rss_mb_at_start=round(start_rss, 1), rss_mb_after_load=round(rss_mb([gateway.pid]), 1))
