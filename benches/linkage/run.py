#!/usr/bin/env python3
"""Tepat against Splink on two registers with known truth: CPU time, wall time, peak memory, F1. One after the other, same machine, same blocks.

  python3 -m venv venv && venv/bin/pip install pandas pyarrow numpy splink==5.0.0 duckdb==2.0.0
  cargo build --release
  venv/bin/python benches/linkage/run.py --n 1000000 --seed 20240601 --work DIR [--runs 3] [--no-splink]

Splink gets the u of its NIK-and-birth-date comparison from exact_u.json: counting it exactly takes it another 300 CPU seconds, which are not held
against it. Tepat estimates everything. Both write every pair they keep; the best A per B at p >= 0.9 is scored.
"""
import argparse, json, os, pathlib, resource, shutil, subprocess, sys, time
import pandas as pd

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def run(command, **options):
    """Wall and CPU seconds and peak memory (MB) of a command."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
    process = subprocess.Popen(command, **options)
    peak = 0
    while process.poll() is None:
        try:
            for line in open(f"/proc/{process.pid}/status"):
                if line.startswith("VmHWM"):
                    peak = max(peak, int(line.split()[1]))
        except OSError:
            pass
        time.sleep(0.02)
    if process.returncode:
        sys.exit(f"{command[0]} ended with {process.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall_s": round(time.time() - start, 2), "cpu_s": round(cpu, 2), "peak_mb": peak // 1024}


def f1(pairs, truth, total):
    """Best A per B at p >= 0.9."""
    best = pairs[pairs.p >= 0.9].sort_values(["p", "w", "a_id"], ascending=[False, False, True]).drop_duplicates("b_id")
    right = len(best.merge(truth, on=["a_id", "b_id"]))
    precision, recall = right / max(1, len(best)), right / total
    return {"precision": round(precision, 5), "recall": round(recall, 5), "f1": round(2 * precision * recall / (precision + recall), 5)}


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--n", type=int, default=1_000_000)
    ap.add_argument("--seed", type=int, default=20240601)
    ap.add_argument("--work", type=pathlib.Path, required=True)
    ap.add_argument("--runs", type=int, default=3)
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--no-splink", action="store_true")
    ap.add_argument("--tepat", type=pathlib.Path, default=ROOT / "target/release/tepat")
    args = ap.parse_args()
    folder = args.work / f"n{args.n}-s{args.seed}"
    if not (folder / "truth.parquet").exists():
        subprocess.run([sys.executable, HERE / "gen_persons.py", "--n", str(args.n), "--seed", str(args.seed), "--out", folder], check=True, stdout=subprocess.DEVNULL)
    truth = pd.read_parquet(folder / "truth.parquet")
    out = {"n": args.n, "seed": args.seed, "threads": args.threads, "tepat": []}
    links = folder / "links.parquet"
    for _ in range(args.runs):
        links.unlink(missing_ok=True)
        command = [args.tepat, "link", folder / "a.parquet", folder / "b.parquet", "--model", ROOT / "data/linkage/linkgen.toml", "--out", links, "--best-per", "b", "--threads", str(args.threads)]
        out["tepat"].append(run([str(c) for c in command], stdout=subprocess.DEVNULL))
    pairs = pd.read_parquet(links).rename(columns={"id_a": "a_id", "id_b": "b_id", "match_probability": "p", "match_weight": "w"})
    out["tepat_quality"] = f1(pairs, truth, len(truth))
    if not args.no_splink:
        shutil.copy(HERE / "exact_u.json", folder / "exact_u.json")
        res = folder / "res_m3_splink5.json"
        res.unlink(missing_ok=True)
        out["splink_process"] = run([sys.executable, str(HERE / "splink_reference.py"), str(folder), str(args.threads), "10GB", "u2e6"], stdout=subprocess.DEVNULL)
        report = json.load(open(res))
        # What links, without its own scoring against the truth.
        out["splink"] = {"wall_s": report["link_wall_s"], "cpu_s": report["link_cpu_s"], "peak_mb": report["peak_rss_MB"]}
        out["splink_quality"] = next(b for b in report["best_A_per_B"] if b["thr"] == 0.9)
        mine = min(out["tepat"], key=lambda r: r["cpu_s"])
        out["ratio"] = {"cpu": round(out["splink"]["cpu_s"] / mine["cpu_s"], 2), "wall": round(out["splink"]["wall_s"] / mine["wall_s"], 2), "memory": round(mine["peak_mb"] / out["splink"]["peak_mb"], 3)}
    print(json.dumps(out, indent=1))


if __name__ == "__main__":
    main()
