#!/bin/sh
# Rounding a demo of FAMILIES families (300,000 unless given): time and memory, how many counts are
# told, and what rounding and withholding lose. Then an attacker with linear programming against
# SEEDS (5) small and nasty snapshots, and as many pairs of them (0 found).
set -eu
families=${1:-300000}
work=${2:-$(mktemp -d)}
tests=$(ls -t target/release/deps/it-* | grep -v '\.d$' | head -1)
[ -d "$work/store" ] || target/release/tepat demo --families "$families" --no-serve --data-dir "$work"
STORE="$work/store" /usr/bin/time -f '%e s, %M kB at most' \
    "$tests" --ignored --nocapture rounding_at_scale
"$tests" --ignored --nocapture rounding_attacked_at_length
