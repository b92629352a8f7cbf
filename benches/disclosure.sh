#!/bin/sh
# Small cells of a demo of FAMILIES families (3,000,000 unless given): time and memory of hiding
# them, how many are hidden, and how many of SECRETS small numbers in each kabupaten an attacker
# with linear programming finds (0).
set -eu
families=${1:-3000000}
secrets=${2:-100}
work=${3:-$(mktemp -d)}
tests=$(ls -t target/release/deps/it-* | grep -v '\.d$' | head -1)
[ -d "$work/store" ] || target/release/tepat demo --families "$families" --no-serve --data-dir "$work"
STORE="$work/store" SECRETS="$secrets" /usr/bin/time -f '%e s, %M kB at most' \
    "$tests" --ignored --nocapture small_cells_at_scale
