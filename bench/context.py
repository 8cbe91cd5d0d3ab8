"""What the tools of the npm servers cost a model's context: all of them, and searched."""
import json, os, subprocess, sys

from measure import BUILD, ROOT, bench

NODE = ROOT / "tests/npm/node_modules/.bin/node"
SERVERS = {
    "browser": "@playwright/mcp/cli.js",
    "docs": "@upstash/context7-mcp/dist/index.js",
    "everything": "@modelcontextprotocol/server-everything/dist/index.js",
    "files": "@modelcontextprotocol/server-filesystem/dist/index.js",
    "github": "@modelcontextprotocol/server-github/dist/index.js",
    "memory": "@modelcontextprotocol/server-memory/dist/index.js",
    "thinking": "@modelcontextprotocol/server-sequential-thinking/dist/index.js",
}


def context(args):
    if not NODE.exists():
        sys.exit("bench: the npm servers are missing; run script/setup node")
    with bench() as b:
        servers = {}
        for name, program in SERVERS.items():
            command = [str(NODE), str(ROOT / "tests/npm/node_modules" / program)] + ([str(b.work)] if name == "files" else [])
            servers[name] = {"command": command}
        file = b.work / "gatehouse.yaml"
        file.write_text(json.dumps({"servers": servers}))
        listed = subprocess.run([BUILD / "gatehouse", "tools", "--json", "--config", file], capture_output=True, text=True, check=True, env=os.environ)
        tools = b.work / "tools.jsonl"
        with open(tools, "w") as out:
            for tool in json.loads(listed.stdout):
                server, _, name = tool["name"].partition("__")
                out.write(json.dumps({**tool, "server": server, "tool": name}) + "\n")
        subprocess.run([BUILD / "bench_context", tools], check=True)
