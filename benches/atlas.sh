#!/bin/sh
# Display geometry of a national desa set: time, memory, size, what simplification left.
# usage: benches/atlas.sh desa_nasional.parquet
set -eu
input=${1:?usage: benches/atlas.sh FILE.parquet (desa with the columns kode and nama, or a boundary set)}
[ -e "$input" ] || { echo "missing: $input" >&2; exit 2; }
tepat=${TEPAT:-target/release/tepat}
[ -x "$tepat" ] || { echo "missing: $tepat (cargo build --release)" >&2; exit 2; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
for tolerance in 250,100 250,60,20; do
    /usr/bin/time -f "  %e s, %U CPU s, peak %M kB" \
        "$tepat" atlas "$input" --out "$out/atlas-$tolerance.bin" --tolerance "$tolerance"
done
/usr/bin/time -f "  %e s, %U CPU s, peak %M kB" \
    "$tepat" atlas "$input" --out "$out/again.bin" --tolerance 250,100 --contiguity "$out/contiguity.csv" >/dev/null
cmp "$out/again.bin" "$out/atlas-250,100.bin" && echo "the same polygons made the same bytes"
cut -d, -f3 "$out/contiguity.csv" | sort | uniq -c
