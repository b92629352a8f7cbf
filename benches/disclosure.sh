#!/bin/sh
# Small cells of a demo of FAMILIES families (3,000,000 unless given): time and memory of hiding
# them, what is lost by it, and how many of SECRETS small numbers (all unless given) an attacker
# with linear programming finds in all tables of all levels at once, and in two snapshots of which
# the second has some desa anew (0). benches/disclosure.sh [FAMILIES [SECRETS [FOLDER]]]
set -eu
families=${1:-3000000}
secrets=${2:-1000000000}
work=${3:-$(mktemp -d)}
tests=$(ls -t target/release/deps/it-* | grep -v '\.d$' | head -1)
[ -d "$work/store" ] || target/release/tepat demo --families "$families" --no-serve --data-dir "$work"
for what in small_cells_at_scale two_snapshots_at_scale; do
    STORE="$work/store" SECRETS="$secrets" /usr/bin/time -f '%e s, %M kB at most' \
        "$tests" --ignored --nocapture "$what"
done
