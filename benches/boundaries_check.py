"""Holds a boundary set that `tepat regions import` made against GEOS (shapely).

    python benches/boundaries_check.py SET [SOURCE.parquet]

Says whether every polygon of the set is valid by GEOS, and, where the source (GeoParquet with
`kode`) is given, which of its polygons GEOS calls invalid and which the import found at fault: the
two lists must agree. Needs pandas, pyarrow and shapely.
"""

import collections
import sys

import pandas as pd
import pyarrow.parquet as pq
import shapely

TOPOLOGY = {
    "duri", "sentuh_diri", "silang_diri", "lubang_di_luar", "lubang_bersarang",
    "bagian_bersarang", "bagian_bertumpuk", "terlalu_kusut",
}
# Rings that GEOS does not judge, because shapely cannot build them or closes them by itself.
BEFORE = {"cincin_terbuka", "cincin_pendek", "koordinat_bukan_angka", "tanpa_geometri", "geometri_kosong"}


def polygons(path):
    table = pq.read_table(path, columns=["kode", "geometry"]).to_pandas()
    return table["kode"].to_numpy(), shapely.from_wkb(table["geometry"].to_numpy(), on_invalid="ignore")


def main(folder, source=None):
    wrong = 0
    for level in ["provinsi", "kabupaten", "kecamatan", "desa"]:
        try:
            codes, shapes = polygons(f"{folder}/{level}.parquet")
        except FileNotFoundError:
            continue
        invalid = codes[~shapely.is_valid(shapes)]
        ccw = shapely.is_ccw(shapely.get_exterior_ring(shapely.get_parts(shapes)))
        print(f"{level}: {len(codes)} polygons, {len(invalid)} invalid by GEOS {list(invalid[:5])}, shells against the clock: {ccw.all()}")
        wrong += len(invalid)
    if source:
        defects = pd.read_csv(f"{folder}/defects.csv", dtype=str)
        found = set(defects.loc[defects["jenis_cacat"].isin(TOPOLOGY), "kode"])
        before = set(defects.loc[defects["jenis_cacat"].isin(BEFORE), "kode"])
        codes, shapes = polygons(source)
        missing = shapely.is_missing(shapes)
        invalid = set(codes[~missing & ~shapely.is_valid(shapes)])
        levels = collections.Counter(code.count(".") for code in invalid)
        print(f"source: {len(codes)} rows, {missing.sum()} without geometry, {len(invalid)} invalid by GEOS; by dots in the code: {dict(levels)}")
        print(f"found at fault by the import: {len(found)}; only GEOS: {sorted(invalid - found - before)}; only the import: {sorted(found - invalid)}")
        wrong += len(invalid - found - before) + len(found - invalid)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
