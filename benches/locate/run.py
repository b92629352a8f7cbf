#!/usr/bin/env python3
"""Locating points in polygons: Tepat beside GeoPandas, shapely, SedonaDB and DuckDB, in one run.

  run.py --tepat BIN --boundaries desa.parquet --work DIR [--points 10000000] [--only tepat,floor,…]

The polygons are a GeoParquet file with the columns kode and geometry. Points (id, lng, lat) are
drawn with a fixed seed: a region by chance, a place in its box by chance, so that the small regions
of the towns count as much as the large ones. Every contender reads the same Parquet and writes
(id, code) as Parquet (snappy) with two threads. CPU seconds are user + system of the whole process.
"""
import argparse, json, os, resource, subprocess, sys, time

THREADS = "2"
SOURCES = {}


def contender(name):
    def keep(function):
        SOURCES[name] = function
        return function
    return keep


@contender("floor")
def floor(points, boundaries, out):
    """Reading and writing the same Parquet, nothing located."""
    import pyarrow as pa, pyarrow.parquet as pq
    pa.set_cpu_count(2)
    table = pq.read_table(points, columns=["id", "lng", "lat"])
    codes = pa.DictionaryArray.from_arrays(pa.array([0] * len(table), pa.int32()), pa.array(["36"]))
    pq.write_table(pa.table({"id": table["id"], "code": codes}), out, compression="snappy")


@contender("geopandas")
def geopandas(points, boundaries, out):
    import geopandas as gpd, pandas as pd
    regions = gpd.read_parquet(boundaries, columns=["kode", "geometry"])
    p = pd.read_parquet(points, columns=["id", "lng", "lat"])
    g = gpd.GeoDataFrame(p[["id"]], geometry=gpd.points_from_xy(p.lng, p.lat), crs=regions.crs)
    joined = gpd.sjoin(g, regions, how="left", predicate="within")
    joined[["id", "kode"]].to_parquet(out, compression="snappy")


@contender("shapely")
def shapely_tree(points, boundaries, out):
    import numpy as np, pandas as pd, pyarrow.parquet as pq, shapely
    t = pq.read_table(boundaries, columns=["kode", "geometry"])
    regions = shapely.from_wkb(t["geometry"].to_numpy())
    shapely.prepare(regions)
    p = pd.read_parquet(points, columns=["id", "lng", "lat"])
    tree = shapely.STRtree(regions)
    at, region = tree.query(shapely.points(p.lng.values, p.lat.values), predicate="within")
    codes = np.full(len(p), None, dtype=object)
    codes[at] = t["kode"].to_numpy()[region]
    pd.DataFrame({"id": p.id, "kode": codes}).to_parquet(out, compression="snappy")


@contender("sedonadb")
def sedonadb(points, boundaries, out):
    import sedona.db
    sd = sedona.db.connect()
    sd.read_parquet(boundaries).to_view("r")
    sd.read_parquet(points).to_view("p")
    sd.sql(
        "SELECT p.id, r.kode FROM p JOIN r ON ST_Within(ST_SetSRID(ST_Point(p.lng, p.lat), 4326), r.geometry)"
    ).to_parquet(out)


@contender("duckdb")
def duckdb_spatial(points, boundaries, out):
    import duckdb
    c = duckdb.connect()
    c.execute(f"SET threads TO {THREADS}; INSTALL spatial; LOAD spatial;")
    c.execute(f"""COPY (SELECT p.id, r.kode FROM (SELECT id, ST_Point(lng, lat) g FROM '{points}') p
        LEFT JOIN (SELECT kode, geometry FROM '{boundaries}') r ON ST_Within(p.g, r.geometry))
        TO '{out}' (FORMAT parquet, COMPRESSION snappy)""")


def draw(boundaries, out, n):
    import numpy as np, pyarrow as pa, pyarrow.parquet as pq, shapely
    shapes = shapely.from_wkb(pq.read_table(boundaries, columns=["geometry"])["geometry"].to_numpy())
    x0, y0, x1, y1 = shapely.bounds(shapes).T
    chance, writer, done = np.random.default_rng(20240601), None, 0
    while done < n:
        m = min(1_000_000, n - done)
        i = chance.integers(0, len(x0), m)
        table = pa.table({
            "id": np.arange(done, done + m, dtype=np.int64),
            "lng": x0[i] + (x1[i] - x0[i]) * chance.random(m),
            "lat": y0[i] + (y1[i] - y0[i]) * chance.random(m),
        })
        writer = writer or pq.ParquetWriter(out + ".part", table.schema, compression="snappy")
        writer.write_table(table)
        done += m
    writer.close()
    os.rename(out + ".part", out)


def measured(command, environment):
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.time()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    peak = 0
    import threading
    def watch():
        nonlocal peak
        while child.poll() is None:
            try:
                with open(f"/proc/{child.pid}/status") as status:
                    peak = max([peak] + [int(l.split()[1]) for l in status if l.startswith("VmHWM")])
            except OSError:
                pass
            time.sleep(0.02)
    watcher = threading.Thread(target=watch)
    watcher.start()
    out, err = child.communicate()
    watcher.join()
    wall, after = time.time() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu_s": round(cpu, 2), "wall_s": round(wall, 2), "peak_mib": peak // 1024,
            "ok": child.returncode == 0, "said": out.strip() if child.returncode == 0 else err[-400:]}


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--tepat", default="target/release/tepat")
    a.add_argument("--boundaries", required=True)
    a.add_argument("--work", required=True)
    a.add_argument("--points", type=int, default=10_000_000)
    a.add_argument("--only", default="floor,tepat-1,tepat,geopandas,shapely,sedonadb,duckdb")
    a.add_argument("--be", help=argparse.SUPPRESS)
    a.add_argument("--in", dest="file", help=argparse.SUPPRESS)
    a.add_argument("--out", help=argparse.SUPPRESS)
    a = a.parse_args()
    if a.be:
        return SOURCES[a.be](a.file, a.boundaries, a.out)
    os.makedirs(a.work, exist_ok=True)
    environment = dict(os.environ, OMP_NUM_THREADS=THREADS, POLARS_MAX_THREADS=THREADS,
                       DATAFUSION_EXECUTION_TARGET_PARTITIONS=THREADS, RAYON_NUM_THREADS=THREADS)
    results = {}
    for name in a.only.split(","):
        n = min(a.points, 1_000_000) if name == "duckdb" else a.points
        points = os.path.join(a.work, f"points-{n}.parquet")
        if not os.path.exists(points):
            draw(a.boundaries, points, n)
        out = os.path.join(a.work, f"out-{name}.parquet")
        if os.path.exists(out):
            os.remove(out)
        if name.startswith("tepat"):
            command = [a.tepat, "locate", "--boundaries", a.boundaries, "--points", points, "--out", out,
                       "--keep", "id", "--json", "--threads", "1" if name == "tepat-1" else THREADS, "--tolerance-m", "0"]
        else:
            command = [sys.executable, __file__, "--be", name, "--in", points, "--boundaries", a.boundaries,
                       "--work", a.work, "--out", out]
        results[name] = {"points": n, **measured(command, environment)}
        print(name, json.dumps(results[name]), flush=True)
    if results.get("tepat", {}).get("ok"):
        own = results["tepat"]["cpu_s"]
        for name, r in results.items():
            if r["ok"]:
                print(f"{name:10} {r['points']:>11,} points  CPU {r['cpu_s']:>7} s  wall {r['wall_s']:>7} s  "
                      f"peak {r['peak_mib']:>6} MiB  CPU against tepat {r['cpu_s'] / own:6.1f}")


if __name__ == "__main__":
    main()
