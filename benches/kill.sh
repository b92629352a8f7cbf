#!/usr/bin/env bash
# Kills a build (SIGKILL) at random instants. After each kill the earlier snapshot must be current and sound and still be
# served; in the end a build must succeed and leave nothing behind.
#
#     benches/kill.sh [TIMES] [FAMILIES]      (default 20 30000)
#
# TEPAT names the program (default target/release/tepat).
set -euo pipefail

times=${1:-20}
families=${2:-30000}
tepat=${TEPAT:-target/release/tepat}
if [ ! -x "$tepat" ]; then
  echo "benches/kill.sh: no program at $tepat; run cargo build --release first" >&2
  exit 1
fi

data=$(mktemp -d)
server=
cleanup() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; fi
  rm -rf "$data"
}
trap cleanup EXIT

export TEPAT_LOG=warn
"$tepat" demo --families "$families" --data-dir "$data" --no-serve >/dev/null 2>&1
store=$data/store

# Another configuration is another snapshot: the smallest number of families shown is part of it.
config() { sed "1i min_families = $1" "$data/tepat.toml" >"$data/$1.toml"; echo "$data/$1.toml"; }
current() { cat "$store/CURRENT"; }

"$tepat" serve --store "$store" --listen 127.0.0.1:0 >"$data/serve.log" 2>/dev/null &
server=$!
for _ in $(seq 100); do
  address=$(grep -o 'http://[0-9.:]*' "$data/serve.log" || true)
  if [ -n "$address" ]; then break; fi
  sleep 0.1
done
served() { python3 -c "import urllib.request as u; print(u.urlopen('$address/sehat', timeout=20).read().decode())" | sed -n 's/^snapshot //p'; }

await_served() { # a newer snapshot is taken up within seconds
  for _ in $(seq 100); do
    if [ "$(served)" = "$(current)" ]; then return; fi
    sleep 0.2
  done
  echo "the server answers with $(served), current is $(current)"
  exit 1
}

begin=$(date +%s%N)
"$tepat" build --config "$(config 101)" >/dev/null 2>&1
whole=$((($(date +%s%N) - begin) / 1000000))
await_served
echo "$families families; a whole build takes $whole ms"

killed=0
for n in $(seq "$times"); do
  before=$(current)
  "$tepat" build --config "$(config $((101 + n)))" >/dev/null 2>&1 &
  build=$!
  after=$((RANDOM * whole / 32768))
  sleep "$(awk -v ms="$after" 'BEGIN { print ms / 1000 }')"
  if kill -9 "$build" 2>/dev/null; then :; fi
  if wait "$build" 2>/dev/null; then
    echo "$n: ended before it was killed at $after ms"
    await_served
    continue
  fi
  killed=$((killed + 1))
  now=$(current)
  # Killed after the pointer was moved, the new snapshot is current, and whole.
  state="earlier snapshot current"
  if [ "$now" != "$before" ]; then state="new snapshot current"; fi
  "$tepat" verify --store "$store" >"$data/verify.log" || { cat "$data/verify.log"; echo "$n: killed at $after ms: the snapshot does not verify"; exit 1; }
  if [ "$now" = "$before" ] && [ "$(served)" != "$before" ]; then echo "$n: the server does not answer with $before"; exit 1; fi
  await_served
  echo "$n: killed at $after ms: $state, verified, served"
done

"$tepat" build --config "$(config 100)" >/dev/null 2>&1
left=$(find "$store" -maxdepth 1 -name 'work-*' | wc -l)
if [ "$left" -ne 0 ]; then echo "the next build left $left work folders"; exit 1; fi
"$tepat" verify --store "$store" >/dev/null
await_served
echo "$killed of $times builds killed; the next build succeeded, was taken up by the server and left nothing behind"
