#!/usr/bin/env python3
"""Twenty million records against twenty million: NIK and one fuzzy block (birth date and village). Time and peak memory.

  venv/bin/python benches/linkage/large.py --work DIR [--copies 20]

The registers are COPIES of the generator's two registers of a million, each copy in villages of its own and with other NIK: as many records, blocks as
large as in life, and the truth known. Needs the venv of run.py and some 4 GB of disk.
"""
import argparse, json, pathlib, re, subprocess, sys
import pandas as pd, pyarrow as pa, pyarrow.parquet as pq
from run import HERE, ROOT, f1, run


def copy(frame, k):
    """The k-th copy: digits of NIK and village are shifted in their first six places, missing ones stay missing."""
    out = frame.copy()
    for column in ("nik", "village"):
        text = out[column].astype("string")
        head = pd.to_numeric(text.str.slice(0, 6), errors="coerce")
        moved = ((head + 50021 * k) % 1_000_000).astype("Int64").astype("string").str.zfill(6) + text.str.slice(6)
        out[column] = text.mask(head.notna(), moved)
    return out


def write(source, target, copies, ids):
    frame, writer = pd.read_parquet(source), None
    for k in range(copies):
        part = copy(frame, k) if "nik" in frame else frame.copy()
        for column in ids:
            part[column] = f"{k:02d}" + part[column].astype("string")
        table = pa.Table.from_pandas(part, preserve_index=False)
        writer = writer or pq.ParquetWriter(target, table.schema)
        writer.write_table(table)
    writer.close()


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--work", type=pathlib.Path, required=True)
    ap.add_argument("--copies", type=int, default=20)
    ap.add_argument("--seed", type=int, default=20240601)
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--tepat", type=pathlib.Path, default=ROOT / "target/release/tepat")
    args = ap.parse_args()
    one, many = args.work / f"n1000000-s{args.seed}", args.work / f"large-{args.copies}"
    if not (one / "truth.parquet").exists():
        subprocess.run([sys.executable, HERE / "gen_persons.py", "--n", "1000000", "--seed", str(args.seed), "--out", one], check=True, stdout=subprocess.DEVNULL)
    if not (many / "truth.parquet").exists():
        many.mkdir(parents=True, exist_ok=True)
        for name, ids in (("a", ["rec_id"]), ("b", ["rec_id"]), ("truth", ["a_id", "b_id"])):
            write(one / f"{name}.parquet", many / f"{name}.parquet", args.copies, ids)
    text = (ROOT / "data/linkage/linkgen.toml").read_text()
    blocks = re.findall(r"\[\[block\]\]\n(?:(?!\[).*\n)*", text)
    for block in blocks:
        if not re.search(r'name = "(NIK|birth date, village)"', block):
            text = text.replace(block, "")
    model = many / "model.toml"
    model.write_text(re.sub(r"(?m)^blocks = .*$", 'blocks = ["NIK", "birth date, village"]', text))
    links = many / "links.parquet"
    links.unlink(missing_ok=True)
    command = [args.tepat, "link", many / "a.parquet", many / "b.parquet", "--model", model, "--out", links, "--best-per", "b", "--threads", args.threads]
    out = run([str(c) for c in command], stdout=subprocess.DEVNULL)
    truth = pd.read_parquet(many / "truth.parquet")
    pairs = pd.read_parquet(links).rename(columns={"id_a": "a_id", "id_b": "b_id", "match_probability": "p", "match_weight": "w"})
    print(json.dumps({"records": args.copies * 1_000_000, **out, "quality": f1(pairs, truth, len(truth))}, indent=1))


if __name__ == "__main__":
    main()
