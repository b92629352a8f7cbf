"""One region whose border has ten million points, imported: time and memory.

    python benches/boundaries_ring.py TEPAT FOLDER [POINTS]

Two rings are written to FOLDER (about 400 MB each): a smooth one, on which the sweep that lists
contacts is linear, and a jagged one, on which every edge is near a thousand others, so that the
strict sweep (Shamos and Hoey) has to answer. Needs Python 3 and GNU time.
"""

import math
import os
import random
import subprocess
import sys


def ring(path, points, noise):
    seed = random.Random(1)
    with open(path, "w") as out:
        out.write('{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"kode":"31.71.01.1001"},"geometry":{"type":"Polygon","coordinates":[[')
        first = None
        for i in range(points):
            radius = 1 + noise * seed.random()
            angle = i * math.tau / points
            at = f"[{115 + radius * math.cos(angle)!r},{-2 + radius * math.sin(angle)!r}]"
            first = first or at
            out.write(at + ",")
        out.write(first + "]]}}]}")


def main(tepat, folder, points=10_000_000):
    for name, noise in [("halus", 0.0), ("bergerigi", 0.3)]:
        path = os.path.join(folder, f"cincin_{name}.geojson")
        ring(path, int(points), noise)
        out = os.path.join(folder, f"set_{name}")
        done = subprocess.run(
            ["/usr/bin/time", "-f", "%e s wall, %U s CPU, %M kB peak", tepat, "regions", "import", path, "--out", out],
            capture_output=True, text=True,
        )
        print(f"{name}: {os.path.getsize(path)} bytes, exit {done.returncode}: {done.stderr.strip().splitlines()[-1]}")
        print("\n".join(line for line in done.stdout.splitlines() if ":" in line and "(" in line)[:600])
        os.remove(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
