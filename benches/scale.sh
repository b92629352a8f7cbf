#!/usr/bin/env bash
# Time and memory of `tepat demo` from nothing to a sealed snapshot, at two sizes, and the ratio: time should grow about
# with the families, memory should not.
#
#     benches/scale.sh [SMALL] [LARGE]        (default 300000 3000000; the large one needs about 10 GB of disk)
#
# TEPAT names the program (default target/release/tepat), TMPDIR the disk. Needs GNU time (Debian: apt-get install time).
set -euo pipefail

small=${1:-300000}
large=${2:-3000000}
tepat=${TEPAT:-target/release/tepat}
if [ ! -x "$tepat" ]; then
  echo "benches/scale.sh: no program at $tepat; run cargo build --release first" >&2
  exit 1
fi
if [ ! -x /usr/bin/time ]; then
  echo "benches/scale.sh: GNU time is missing; apt-get install time" >&2
  exit 1
fi

data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT

measure() { # families -> "seconds kilobytes"
  local folder=$data/$1 report=$data/$1.time
  if ! /usr/bin/time -v -o "$report" "$tepat" demo --families "$1" --data-dir "$folder" --no-serve >"$data/$1.log" 2>&1; then
    tail -n 20 "$data/$1.log" >&2
    exit 1
  fi
  local disk
  disk=$(du -sm "$folder" | cut -f1)
  awk -v disk="$disk" -F': ' '
    /Elapsed \(wall clock\)/ { n = split($NF, part, ":"); for (i = 1; i <= n; i++) wall = wall * 60 + part[i] }
    /Maximum resident/ { peak = $NF }
    END { printf "%.1f %d %d\n", wall, peak, disk }' "$report"
  rm -rf "$folder"
}

read -r wall_small peak_small disk_small <<<"$(measure "$small")"
echo "$small families: $wall_small s, peak $((peak_small / 1024)) MiB, $disk_small MB on disk"
read -r wall_large peak_large disk_large <<<"$(measure "$large")"
echo "$large families: $wall_large s, peak $((peak_large / 1024)) MiB, $disk_large MB on disk"
awk -v f="$small" -v g="$large" -v a="$wall_small" -v b="$wall_large" -v c="$peak_small" -v d="$peak_large" \
  'BEGIN { printf "families x %.1f: time x %.2f, memory x %.2f\n", g / f, b / a, d / c }'
