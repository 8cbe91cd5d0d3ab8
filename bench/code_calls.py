"""Code mode against direct calls of the same tools: wall time and tokens."""
import json, subprocess, sys, time

from measure import BUILD, ask, bench, print_line

FILES, LINES = 50, 120


def count(texts):
    """Tokens of all of them together, as o200k_base."""
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    counted = subprocess.run([BUILD / "bench_tokens"], input=lines, capture_output=True, text=True, check=True)
    return sum(int(line) for line in counted.stdout.split())


def said(result):
    return "".join(block.get("text", "") for block in result["content"])


def timed(work):
    from_ = time.perf_counter()
    work()
    return time.perf_counter() - from_


def code(args):
    subprocess.run([BUILD / "bench_code_mode"], check=True)
    with bench() as b:
        logs = b.work / "logs"
        logs.mkdir()
        for i in range(FILES):
            line = lambda n: f"12:{i:02}:{n % 60:02} {'ERROR disk full' if (i * n) % 97 == 1 else 'INFO request served'} in {(i * 31 + n * 17) % 400} ms by worker {n % 8}"
            (logs / f"{i:02}.log").write_text("\n".join(line(n) for n in range(LINES)) + "\n")
        _, port = b.gateway({"files": f'{{ builtin: filesystem, roots: ["{logs}"] }}'})
        path = "/mcp?disclosure=code"
        run = lambda text: said(ask(port, "tools/call", path, "run_code", {"code": text}))

        # Twenty calls, one after the other as a model makes them, and from within one run.
        read = lambda i: ask(port, "tools/call", tool="files__read_text_file", arguments={"path": str(logs / f"{i:02}.log")})
        twenty = f"const all = await Promise.all([...Array(20).keys()].map(i => files.read_text_file({{ path: `{logs}/${{String(i).padStart(2, '0')}}.log` }}))); return all.length"
        if run(twenty) != "20":
            sys.exit("bench: run_code does not answer as it should: " + run(twenty))
        direct = min(timed(lambda: [read(i) for i in range(20)]) for _ in range(5))
        within = min(timed(lambda: run(twenty)) for _ in range(5))
        print_line(bench="code_calls", calls=20, wall_ratio=round(within / direct, 3), direct_ms=round(direct * 1000, 2), code_ms=round(within * 1000, 2))

        # Which files have the most errors: a model that has only direct calls reads them all.
        task = f"""const count = {{}}
for (let i = 0; i < {FILES}; ++i) {{
  const name = String(i).padStart(2, '0') + '.log'
  const text = await files.read_text_file({{ path: '{logs}/' + name }})
  count[name] = (typeof text === 'string' ? text : text.content).split('\\n').filter(line => line.includes('ERROR')).length
}}
return Object.entries(count).sort((a, b) => b[1] - a[1]).slice(0, 5)"""
        answer = run(task)
        read_all = [said(read(i)) for i in range(FILES)]
        most = max(text.count("ERROR") for text in read_all)
        if json.loads(answer)[0][1] != most:
            sys.exit(f"bench: the code found {answer}, but the most is {most}")
        listed = lambda where: json.dumps(ask(port, "tools/list", where)["tools"])
        calls = [json.dumps({"name": "files__read_text_file", "arguments": {"path": str(logs / f"{i:02}.log")}}) for i in range(FILES)]
        whole = count(calls + read_all)
        short = count([json.dumps({"code": task}), answer])
        print_line(bench="code_tokens", files=FILES, direct_tokens=whole, code_tokens=short, surface_tokens=count([listed(path)]), direct_surface_tokens=count([listed("/mcp")]))
