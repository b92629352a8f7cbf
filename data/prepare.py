#!/usr/bin/env python3
"""Makes the files of data/ out of the collected reference material (see data/README.md).

Not needed to build or run the product: kept so that anyone can see what was done to the sources.
Usage: data/prepare.py REFERENCE_FOLDER   (the folder that holds boundaries/ and figures/)
"""
import csv, gzip, os, re, sys

REF, OUT = sys.argv[1], os.path.dirname(os.path.abspath(__file__))


def gz_write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as raw:  # mtime=0 and no file name: the same input gives the same bytes
        with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=raw, mtime=0) as f:
            f.write(data)


def rows(path):
    with open(os.path.join(REF, path), encoding="utf-8", newline="") as f:
        yield from csv.DictReader(f)


def boundaries():
    b = os.path.join(REF, "boundaries")
    # boundaries/atlas.bin: tepat atlas {b}/c_desa_nasional/desa_nasional.parquet --tolerance 250,100
    for code, folder in (("36", "b_banten"), ("31", "b_dki")):
        for level in ("provinsi", "kabkota", "kecamatan", "desa"):
            with open(f"{b}/{folder}/{level}.geojson", "rb") as f:
                gz_write(f"{OUT}/boundaries/{code}/{level}.geojson.gz", f.read())


def regions():
    # How the BPS code was found: as published, the same code under another spelling, or by name.
    means = {"~": "ejaan", "+papua": "nama", "+nama": "nama", "+pbd": "nama"}
    lines = ["kode,nama,jenis,kode_bps,penduduk,luas_km2,bps_cara,poligon\n"]
    for r in rows("boundaries/d_kode/kode_wilayah.csv"):
        name = r["nama"].strip()
        name = f'"{name}"' if "," in name else name
        area = r["luas_resmi_km2"] or r["luas_poligon_km2"]
        how = next((word for end, word in means.items() if r["bps_sumber"].endswith(end)), "")
        lines.append(
            f"{r['kode']},{name},{r['jenis']},{r['kode_bps']},{r['penduduk']},{area},{how},{r['ada_poligon']}\n"
        )
    gz_write(f"{OUT}/regions/kode_wilayah.csv.gz", "".join(lines).encode())


def nik_prefixes():
    lines = ["awalan,kabkota,kecamatan\n"]
    for r in sorted(rows("figures/nik_prefixes_kecamatan.csv"), key=lambda r: r["nik_prefix6"]):
        name = r["kecamatan"].strip()
        name = f'"{name}"' if "," in name else name
        lines.append(f"{r['nik_prefix6']},{r['kabkota']},{name}\n")
    gz_write(f"{OUT}/regions/nik_prefixes.csv.gz", "".join(lines).encode())


def dotted(code):
    code = code.replace(".", "")
    return code if len(code) <= 2 else f"{code[:2]}.{code[2:]}"


def figures():
    sources, out = {}, []

    def put(code, period, measure, value, source, note=""):
        if value in ("", None):
            return
        sid = sources.setdefault(source, f"s{len(sources) + 1:02d}")
        out.append((code, period, measure, value, sid, note))

    cross = {r["bps_code"]: dotted(r["kemendagri_code"]) for r in rows("figures/code_crosswalk_bps_kemendagri.csv")}

    def code_of(r):
        return cross[r["bps_code"]]

    def wanted(r):
        return r["year"].isdigit() and int(r["year"]) >= 2021

    for r in rows("figures/poverty_p0_prov_kab_2018_2025.csv"):
        if wanted(r):
            put(code_of(r), f"{r['year']}-03", "p0_pct", r["p0_pct"], r["source"])
    for r in rows("figures/p1_p2_prov_kab_2015_2024.csv"):
        if wanted(r):
            put(code_of(r), f"{r['year']}-03", f"{r['indicator']}_pct", r["value"], r["source"])
    for r in rows("figures/poverty_line_prov_kab_2010_2024.csv"):
        if wanted(r) and r["bps_code"] in cross:
            put(code_of(r), f"{r['year']}-03", "line_rp_month", r["poverty_line_rp_cap_month"], r["source"])
    for r in rows("figures/poor_number_prov_kab_2021_2025.csv"):
        if wanted(r):
            put(code_of(r), f"{r['year']}-03", "poor_thousand", r["poor_thousand"], r["source"])
    for r in rows("figures/reference_rollups_2021_2025.csv"):
        if r["level"] == "nation":
            put("ID", f"{r['year']}-03", "p0_pct", r["p0_published_pct"], "BPS table 621, row INDONESIA")
            put("ID", f"{r['year']}-03", "poor_thousand", r["poor_published_thousand"], "BPS table 619, row INDONESIA")
    for path in ("figures/extreme_poverty_kab.csv", "figures/extreme_poverty_province.csv"):
        for r in rows(path):
            period = r["period"] if "-" in r["period"] else f"{r['period']}-03"
            if r["rate_pct"] and re.fullmatch(r"202\d-\d\d", period):
                note = (r.get("note") or "").strip().removeprefix("seed; ")
                if "TNP2K" in note or "Susenas Mar 2020" in note:
                    continue  # the older conversion: not comparable with the later BPS series
                put(dotted(r["kemendagri_code"]), period, "extreme_pct", r["rate_pct"], r["source"], note)
    for r in rows("figures/extreme_poverty_national.csv"):
        if "TNP2K" in r["line"] or "World Bank" in r["note"]:
            continue
        if r["period"] >= "2022":
            measure = "extreme_pct" if "1.90" in r["line"] else "extreme215_pct"
            put("ID", r["period"], measure, r["rate_pct"], r["source"], r["line"])
    for r in rows("figures/population_area_2025.csv"):
        code = "ID" if r["level"] == "nation" else dotted(r["kemendagri_code"])
        put(code, "2025-06", "registered_population", r["population"], r["source"])
    seen, unique = set(), []
    for row in sorted(out):
        if row[:3] in seen:
            continue
        seen.add(row[:3])
        unique.append(row)
    with open(f"{OUT}/figures/survey.csv", "w", encoding="utf-8", newline="") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(["kode", "period", "measure", "value", "source_id", "note"])
        w.writerows(unique)
    with open(f"{OUT}/figures/sources.csv", "w", encoding="utf-8", newline="") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(["source_id", "source"])
        w.writerows(sorted((sid, s) for s, sid in sources.items()))


boundaries()
regions()
nik_prefixes()
figures()
