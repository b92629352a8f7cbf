"""Makes history.csv, renumbered.csv.gz, names.csv.gz and loose_ends.csv.gz of regions/.

    python3 prepare_history.py KODE_WILAYAH.csv WILAYAH_INDONESIA_PACKAGE

KODE_WILAYAH.csv: the region table with both code systems, names of BPS and areas of polygons.
WILAYAH_INDONESIA_PACKAGE: the unpacked npm package wilayah-indonesia 1.0.2 (MIT), which holds the
codes of Permendagri 72/2019.

Old and new are brought together inside one kabupaten by name, never by guess: what cannot be told
is left out, and counted at the end. Writing is deterministic.
"""
import collections
import csv
import difflib
import gzip
import io
import json
import os
import re
import sys
import unicodedata

TABLE, PACKAGE = sys.argv[1:3]
OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "regions")
# An edition says what holds, not since when: between the two dates, at the latest on the second.
EDITION = "2025-04-25"
LAWS = {
    "91": ("2022-07-25", {"93": "uu14", "94": "uu15", "95": "uu16"}),
    "92": ("2022-12-08", {"96": "uu29"}),
}
HEAD = ["tanggal", "ketelitian", "dari", "nama_dari", "ke", "bagian", "bagian_balik", "dasar", "sumber"]


def key(name):
    name = unicodedata.normalize("NFKD", name.lower())
    name = re.sub(r"^(kabupaten|kab\.?|kota adm\.?|kota)\s+", "", name)
    return re.sub(r"[^a-z0-9]", "", name)


def alike(a, b):
    return difflib.SequenceMatcher(None, key(a), key(b)).ratio()


def read_new():
    with open(TABLE, encoding="utf-8") as f:
        return {r["kode"]: r for r in csv.DictReader(f)}


def read_old():
    def code(k):
        parts = [("id_provinsi", 2), ("id_kota", 2), ("id_kecamatan", 2), ("id_kelurahan", 4)]
        return ".".join(f"{k[name]:0{width}d}" for name, width in parts if name in k)

    old = {}
    for stem, field in (("kota", "kota"), ("kecamatan", "kecamatan"), ("kelurahan", "kelurahan")):
        with open(f"{PACKAGE}/data/{stem}.json", encoding="utf-8") as f:
            for r in json.load(f):
                old[code(r["kode"])] = " ".join(str(r[field]).split())
    return old


def level(code):
    return {2: 1, 5: 2, 8: 3, 13: 4}[len(code)]


def of_level(codes, n):
    return sorted(c for c in codes if level(c) == n)


def by_name(codes, name_of, cut):
    found = collections.defaultdict(list)
    for c in codes:
        found[c[:cut], key(name_of(c))].append(c)
    return found


def match_kabupaten(old, new):
    kota = lambda c: c[3] >= "7"
    out = {}
    for o in of_level(old, 2):
        same = [c for c in of_level(new, 2) if key(new[c]["nama"]) == key(old[o]) and kota(c) == kota(o)]
        out[o] = o if o in new else same[0]
        assert o in new or len(same) == 1, o
    assert len(set(out.values())) == len(out)
    return out


def match_kecamatan(old, new, kab):
    names = by_name(of_level(new, 3), lambda c: new[c]["nama"], 5)
    out = {}
    rest = []
    for o in of_level(old, 3):
        k = kab[o[:5]]
        same = names[k, key(old[o])]
        if k == o[:5] and o in new:
            out[o] = o
        elif len(same) == 1:
            out[o] = same[0]
        else:
            rest.append(o)
    taken = set(out.values())
    # The one that is left on both sides of a kabupaten, or the one that is spelled almost so.
    for o in rest:
        free = [c for c in of_level(new, 3) if c[:5] == kab[o[:5]] and c not in taken]
        near = [c for c in free if alike(old[o], new[c]["nama"]) >= 0.7]
        assert len(near) == 1, (o, old[o], near)
        out[o] = near[0]
    return out


def match_desa(old, new, kab, kec):
    """Old code -> (new code, how sure). Each pass takes what only one answer fits."""
    olds, news = of_level(old, 4), of_level(new, 4)
    here = by_name(news, lambda c: new[c]["nama"], 8)
    there = by_name(olds, lambda c: old[c], 8)
    kab_here = by_name(news, lambda c: new[c]["nama"], 5)
    out, taken = {}, set()

    def give(o, c, how):
        out[o] = (c, how)
        taken.add(c)

    for o in olds:
        same = kec[o[:8]] + o[8:]
        if same in new and key(new[same]["nama"]) == key(old[o]):
            give(o, same, "nama")
    for o in olds:
        free = [c for c in here[kec[o[:8]], key(old[o])] if c not in taken]
        if o not in out and len(free) == 1 and len(there[o[:8], key(old[o])]) == 1:
            give(o, free[0], "nama")
    for o in olds:
        same = kec[o[:8]] + o[8:]
        if o not in out and same in new and same not in taken and alike(old[o], new[same]["nama"]) >= 0.75:
            give(o, same, "ejaan")
    waiting = collections.Counter((o[:5], key(old[o])) for o in olds if o not in out)
    for o in olds:
        free = [c for c in kab_here[kab[o[:5]], key(old[o])] if c not in taken]
        if o not in out and len(free) == 1 and waiting[o[:5], key(old[o])] == 1:
            give(o, free[0], "pindah")
    # The same code under another name: renamed. In a renumbered kabupaten that says nothing.
    for o in olds:
        if o not in out and o in new and o not in taken:
            give(o, o, "ganti nama")
    return out


def when(old, new):
    """Date, precision and source of the change of a code."""
    if old[:2] in LAWS and new[:2] != old[:2]:
        date, laws = LAWS[old[:2]]
        return date, "hari", laws[new[:2]]
    return EDITION, "edisi", "edisi"


def kecamatan_parts(old, new, kec, desa):
    """Old kecamatan -> {new kecamatan: area}, where every desa of old is traced and drawn."""
    parts = collections.defaultdict(lambda: collections.defaultdict(float))
    broken = set()
    for o in of_level(old, 4):
        found = desa.get(o)
        area = found and new[found[0]]["luas_poligon_km2"]
        if not found or not area:
            broken.add(o[:8])
            if found:
                parts[o[:8]][found[0][:8]] += 0.0
            continue
        parts[o[:8]][found[0][:8]] += float(area)
    return parts, broken


def edges(old, new):
    kab = match_kabupaten(old, new)
    kec = match_kecamatan(old, new, kab)
    desa = match_desa(old, new, kab, kec)
    rows, skipped = [], []
    for o, n in kab.items():
        if o != n:
            rows.append((*when(o, n)[:2], o, new[n]["nama"], n, "1", "1", "utuh", when(o, n)[2]))
    parts, broken = kecamatan_parts(old, new, kec, desa)
    share, back = {}, collections.defaultdict(dict)
    for o in of_level(old, 3):
        targets = {c: a for c, a in parts[o].items()} or {kec[o]: 1.0}
        if len(targets) == 1:
            share[o] = {c: "1" for c in targets}
            for c in targets:
                back[c][o] = sum(targets.values())
            continue
        if o in broken:
            skipped.append(o)
            if kec[o] != o:
                # Renumbered all the same: how much of it went elsewhere cannot be told.
                share[o] = {kec[o]: "1"}
                back[kec[o]][o] = sum(targets.values())
            continue
        whole = sum(targets.values())
        share[o] = {c: f"{a:.4f}/{whole:.4f}" for c, a in targets.items()}
        share[o] = rounded(targets)
        for c, a in targets.items():
            back[c][o] = a
    # A kecamatan that takes a part of another keeps what it had: its own code must be in the sum.
    for o, targets in share.items():
        for c in targets:
            if len(back[c]) > 1 and any(a == 0.0 for a in back[c].values()):
                skipped.append(o)
    for o, targets in sorted(share.items()):
        if targets == {o: "1"} and len(back[o]) == 1:
            continue
        for c, portion in sorted(targets.items()):
            origin = rounded(back[c])[o] if len(back[c]) > 1 else "1"
            basis = "utuh" if portion == "1" and origin == "1" else "luas"
            date, exact, source = when(o, c)
            rows.append((date, exact, o, old[o], c, portion, origin, basis, source))
    for o, (c, how) in sorted(desa.items()):
        if o != c:
            date, exact, source = when(o, c)
            rows.append((date, exact, o, old[o], c, "1", "1", "utuh", source))
    lost = [o for o in of_level(old, 4) if o not in desa]
    return rows, desa, kec, skipped, lost


def rounded(parts):
    """Areas as fractions of their sum, in whole hectares: exact arithmetic that can be read."""
    hectares = {c: max(1, round(a * 100)) for c, a in parts.items()}
    whole = sum(hectares.values())
    return {c: f"{a}/{whole}" if a != whole else "1" for c, a in hectares.items()}


def provinces(new):
    people = lambda c: int(new[c]["penduduk"])
    rows = []
    for old, parts, date, sources in (
        ("64", ["64", "65"], "2012-11-17", "uu20"),
        ("91", ["91", "93", "94", "95"], "2022-07-25", "uu141516"),
        ("92", ["92", "96"], "2022-12-08", "uu29"),
    ):
        whole = sum(people(c) for c in parts)
        for c in parts:
            rows.append((date, "hari", old, new[old]["nama"], c, f"{people(c)}/{whole}", "1", "penduduk", sources))
    return rows


def write(path, head, rows):
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(head)
    table.writerows(rows)
    data = text.getvalue().encode()
    if path.endswith(".gz"):
        with open(path, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
            packed.write(data)
    else:
        with open(path, "wb") as f:
            f.write(data)
    print(os.path.basename(path), len(rows), "rows", os.path.getsize(path), "bytes")


def main():
    new, old = read_new(), read_old()
    rows, desa, kec, skipped, lost = edges(old, new)
    upper = provinces(new) + [r for r in rows if level(r[2]) == 2]
    order = lambda r: (r[0], r[2], r[4])
    write(f"{OUT}/history.csv", HEAD, sorted(upper, key=order))
    write(f"{OUT}/renumbered.csv.gz", HEAD, sorted((r for r in rows if level(r[2]) > 2), key=order))
    variants = set()
    for c, r in new.items():
        bps = " ".join(r["nama_bps"].split())
        if bps and key(bps) != key(r["nama"]):
            variants.add((c, bps, "bps"))
    for o, c in list(kec.items()) + [(o, c) for o, (c, how) in desa.items()]:
        if key(old[o]) != key(new[c]["nama"]):
            variants.add((c, old[o], "2019"))
    write(f"{OUT}/names.csv.gz", ["kode", "nama", "asal"], sorted(variants))
    born = set(of_level(new, 4)) - {c for c, _ in desa.values()}
    followed = {r[4] for r in rows} | set(kec.values())
    ends = [(c, new[c]["nama"], "baru") for c in sorted(born | (set(of_level(new, 3)) - followed))]
    ends += [(c, old[c], "hilang") for c in lost if c not in new]
    write(f"{OUT}/loose_ends.csv.gz", ["kode", "nama", "apa"], ends)
    print(f"desa of 2019 not found again: {len(lost)}; desa of today without a known past: {len(born)}")
    print(f"kecamatan whose parts could not be measured: {len(set(skipped))}")
    print(collections.Counter(how for o, (c, how) in desa.items() if o != c))


main()
