#!/usr/bin/env python3
"""Location against GEOS: points by chance, and points on and beside borders.

  exact.py --tepat BIN --boundaries desa.parquet --work DIR [--random 1000000] [--border 100000]

GEOS (shapely) says for every point which regions cover it (inside or on the border) and which
contain it (inside). Tepat gives exactly one region or none. The differences are counted by kind:
  same            one region contains the point and Tepat names it, or none covers it and none is named
  border          the point lies on the border of those that cover it, and Tepat names one of them
  border-outside  it lies on a border of one region or of a gap, and Tepat names none: the point is
                  moved by (delta, epsilon) to be on one side of every border, and so lies outside
  overlap         several contain it (the polygons overlap), and Tepat names the first of them
  wrong           anything else
"""
import argparse, json, os, subprocess, sys
import numpy as np, pyarrow as pa, pyarrow.parquet as pq, shapely


def chance_points(shapes, n, chance):
    x0, y0, x1, y1 = shapely.bounds(shapes).T
    i = chance.integers(0, len(shapes), n)
    return x0[i] + (x1[i] - x0[i]) * chance.random(n), y0[i] + (y1[i] - y0[i]) * chance.random(n)


def border_points(shapes, n, chance):
    """A quarter on vertices, a quarter on rounded middles of edges, the rest within 1e-7 degrees."""
    at = shapes[chance.integers(0, len(shapes), n)]
    coords, index = shapely.get_coordinates(at, return_index=True)
    starts = np.searchsorted(index, np.arange(n))
    ends = np.searchsorted(index, np.arange(n), side="right")
    k = starts + (chance.random(n) * (ends - starts - 1)).astype(int)
    a, b = coords[k], coords[k + 1]
    t = chance.random(n)
    points = a + (b - a) * t[:, None]
    q = n // 4
    points[:q] = a[:q]
    points[q:2 * q] = (a[q:2 * q] + b[q:2 * q]) / 2
    points[2 * q:] += (chance.random((n - 2 * q, 2)) - 0.5) * 2e-7
    return points[:, 0], points[:, 1]


def main():
    a = argparse.ArgumentParser()
    a.add_argument("--tepat", default="target/release/tepat")
    a.add_argument("--boundaries", required=True)
    a.add_argument("--work", required=True)
    a.add_argument("--random", type=int, default=1_000_000)
    a.add_argument("--border", type=int, default=100_000)
    a = a.parse_args()
    os.makedirs(a.work, exist_ok=True)
    t = pq.read_table(a.boundaries, columns=["kode", "geometry"])
    codes = t["kode"].to_numpy().astype(str)
    shapes = shapely.from_wkb(t["geometry"].to_numpy())
    shapely.prepare(shapes)
    tree = shapely.STRtree(shapes)
    chance = np.random.default_rng(7)
    wrong = 0
    for name, draw, n in (("random", chance_points, a.random), ("border", border_points, a.border)):
        x, y = draw(shapes, n, chance)
        points, out = (os.path.join(a.work, f"{name}-{kind}.parquet") for kind in ("points", "out"))
        pq.write_table(pa.table({"id": np.arange(n), "lng": x, "lat": y}), points)
        if os.path.exists(out):
            os.remove(out)
        subprocess.run([a.tepat, "locate", "--boundaries", a.boundaries, "--points", points, "--out", out,
                        "--keep", "id", "--tolerance-m", "0", "--threads", "2", "--json"], check=True, capture_output=True)
        ours = pq.read_table(out)["region_code"].to_pylist()
        p = shapely.points(x, y)
        covering = [[] for _ in range(n)]
        for i, r in tree.query(p, predicate="covered_by").T:
            covering[i].append(r)
        containing = [[] for _ in range(n)]
        for i, r in tree.query(p, predicate="within").T:
            containing[i].append(r)
        counts, example = {}, {}
        for i in range(n):
            cover, inside = {codes[r] for r in covering[i]}, sorted(codes[r] for r in containing[i])
            mine = ours[i]
            if (mine is None and not cover) or (len(inside) == 1 and [mine] == inside and len(cover) == 1):
                kind = "same"
            elif len(inside) > 1 and mine == inside[0]:
                kind = "overlap"
            elif mine in cover and mine not in inside:
                kind = "border" if not inside else "border-overlap"
            elif mine in inside:
                kind = "same" if min(cover) == mine or len(inside) == 1 else "wrong"
            elif mine is None and cover and not inside:
                kind = "border-outside"
            else:
                kind = "wrong"
            counts[kind] = counts.get(kind, 0) + 1
            example.setdefault(kind, (x[i], y[i], mine, sorted(cover), inside))
        wrong += counts.get("wrong", 0)
        print(name, json.dumps(counts, sort_keys=True), flush=True)
        for kind in ("wrong", "border-overlap"):
            if kind in example:
                print("  first", kind, example[kind])
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
