"""trust: what the launch policy, the scanner, the look-alike check and the pins say of sets of labelled rows: counts and shares. The sets are
files of a folder that is given (--data); a set that is not there is left out. The program that judges is build/gatehouse, as a user has it."""
import json, pathlib, subprocess, sys, tempfile, time

from measure import BUILD, print_line


def rows(folder, name):
    path = folder / name
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()] if path.exists() else None


def judge(words, lines):
    """One answer for each line; what it took, in seconds."""
    began = time.monotonic()
    asked = "".join(json.dumps(line, ensure_ascii=True) + "\n" for line in lines)
    done = subprocess.run([BUILD / "gatehouse", *words, "-"], input=asked, capture_output=True, text=True)
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if len(answers) != len(lines):
        sys.exit(f"bench: {' '.join(words)} answered {len(answers)} of {len(lines)} lines: {done.stderr[:500]}")
    return answers, time.monotonic() - began


def share(part, whole):
    return round(part / whole, 4) if whole else None


def launch(folder):
    for name in ("stdio_launch.jsonl", "stdio_real_configs.jsonl"):
        of_label = {}
        given = rows(folder, name)
        if given is None:
            continue
        answers, _ = judge(["check", "--launch"], [{k: row[k] for k in ("command", "args", "env", "cwd") if k in row} for row in given])
        for row, answer in zip(given, answers):
            of_label.setdefault(row["label"], []).append(answer["verdict"])
        for label, verdicts in of_label.items():
            print_line(bench="trust_launch", rows=len(verdicts), label=label, **{v: verdicts.count(v) for v in ("allow", "review", "deny")},
                       denied=share(verdicts.count("deny"), len(verdicts)))


def definitions(folder):
    given = rows(folder, "tool_descriptions.jsonl")
    if given is not None:
        answers, took = judge(["scan", "--definitions"],
                              [{"server": row["server"], "tool": row["tool"], "description": row["description"], "inputSchema": row.get("input_schema") or {}} for row in given])
        tiers = {"bad": [], "good": [], "hard": []}
        for row, answer in zip(given, answers):
            if row["label"] == "benign":
                tiers["good"].append(answer["tier"])
                if "hard_negative" in row["category"]:
                    tiers["hard"].append(answer["tier"])
            elif row["detectable_from_text"] and row["category"] != "cisco/overt_malware_tool":
                tiers["bad"].append(answer["tier"])
        flagged = {kind: len(of) - of.count("clean") for kind, of in tiers.items()}
        print_line(bench="trust_definitions", malicious=len(tiers["bad"]), benign=len(tiers["good"]), hard=len(tiers["hard"]),
                   block_recall=share(tiers["bad"].count("block"), len(tiers["bad"])), block_false=share(tiers["good"].count("block"), len(tiers["good"])),
                   review_recall=share(flagged["bad"], len(tiers["bad"])), review_false=share(flagged["good"], len(tiers["good"])),
                   hard_flagged=share(flagged["hard"], len(tiers["hard"])), whole_run_us_per_row=round(took * 1e6 / len(given), 1))
    given = rows(folder, "unicode_cases.jsonl")
    if given is not None:
        answers, _ = judge(["scan", "--definitions"], [{"tool": row["text"]} if row["where"] == "tool_name" else {"text": row["text"]} for row in given])
        bad = [a["tier"] for row, a in zip(given, answers) if row["label"] == "malicious"]
        good = [a["tier"] for row, a in zip(given, answers) if row["label"] != "malicious"]
        print_line(bench="trust_hidden", attacks=len(bad), found=share(len(bad) - bad.count("clean"), len(bad)), honest=len(good),
                   false_alarms=len(good) - good.count("clean"))


def packages(folder):
    pairs, known = rows(folder, "typosquat_pairs.jsonl"), rows(folder, "known_good_packages.jsonl")
    if pairs is not None:
        answers, _ = judge(["check", "--packages"], [{"ecosystem": row["ecosystem"], "name": row["candidate"]} for row in pairs])
        found = sum(answer["verdict"] == "review" for answer in answers)
        print_line(bench="trust_lookalikes", names=len(pairs), found=share(found, len(pairs)), on_the_list=sum(a["verdict"] == "known" for a in answers))
    if known is not None:
        packaged = [row for row in known if row["ecosystem"] in ("npm", "pypi", "oci")]
        answers, _ = judge(["check", "--leave-out", "--packages"], [{"ecosystem": row["ecosystem"], "name": row["name"]} for row in packaged])
        flagged = sum(answer["verdict"] == "review" for answer in answers)
        print_line(bench="trust_known_left_out", names=len(packaged), flagged=share(flagged, len(packaged)))


def pins(folder):
    given = rows(folder, "rugpull_pairs.jsonl")
    if given is None:
        return
    seen = {}
    with tempfile.TemporaryDirectory() as work:
        before, after = pathlib.Path(work, "before.json"), pathlib.Path(work, "after.json")
        for row in given:
            before.write_text(json.dumps(row["before"]))
            after.write_text(json.dumps(row["after"]))
            status = subprocess.run([BUILD / "gatehouse", "pins", "diff", before, after], capture_output=True).returncode
            seen.setdefault(row["label"], []).append(status)
    for label, of in seen.items():
        print_line(bench="trust_pins", label=label, pairs=len(of), broken=of.count(1), same=of.count(0), unreadable=len(of) - of.count(0) - of.count(1))


def program(room, name):
    """The times of a benchmark program, in microseconds by name; none where it was not built."""
    path = BUILD / "src" / room / name
    if not path.exists():
        print(f"bench: {path} is missing: build target {name}", file=sys.stderr)
        return {}
    done = subprocess.run([path, "--benchmark_format=json", "--benchmark_repetitions=5", "--benchmark_enable_random_interleaving=true"], capture_output=True, text=True)
    if done.returncode != 0 or not done.stdout:
        print(f"bench: {name}: {done.stderr[-500:]}", file=sys.stderr)
        return {}
    factor = {"ns": 1e-3, "us": 1, "ms": 1e3, "s": 1e6}
    return {run["run_name"]: run["real_time"] * factor[run["time_unit"]] for run in json.loads(done.stdout)["benchmarks"]
            if run.get("aggregate_name") == "median"}


def box():
    """A start in a box beside one without, and a line to and fro of each, in one run."""
    times = {name.split("/")[1]: value for name, value in program("sandbox", "box_bench").items() if name.startswith("start_of")}
    lines = {name.split("/")[1]: value for name, value in program("sandbox", "box_bench").items() if name.startswith("line_of")} if times else {}
    if times:
        print_line(bench="trust_box", start_plain_us=round(times["plain"]), start_box_us=round(times["box"]), start_more_us=round(times["box"] - times["plain"]),
                   line_plain_us=round(lines["plain"], 2), line_box_us=round(lines["box"], 2))


def trust(args):
    box()
    if not args.data:
        print("bench: trust needs --data FOLDER, with sets of labelled rows", file=sys.stderr)
        return
    folder = pathlib.Path(args.data)
    launch(folder)
    definitions(folder)
    packages(folder)
    pins(folder)
