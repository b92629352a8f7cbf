#!/bin/sh
# What the wall costs a build: the same deliveries with and without the key, in turns.
# usage: benches/wall.sh [families] [rounds]     needs target/release/tepat, /usr/bin/time
set -eu
families=${1:-300000}
rounds=${2:-3}
tepat=${TEPAT:-target/release/tepat}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$tepat" demo --families "$families" --no-serve --data-dir "$folder/data" > /dev/null 2>&1
sed "s#^store = .*#store = \"$folder/with\"#; s#\"deliveries/#\"$folder/data/deliveries/#g; s#^by_name_key = .*#by_name_key = \"$folder/data/tepat.key\"#" "$folder/data/tepat.toml" > "$folder/with.toml"
sed "s#^store = .*#store = \"$folder/without\"#; /^by_name_key/d" "$folder/with.toml" > "$folder/without.toml"
round=0
while [ "$round" -lt "$rounds" ]; do
    for what in without with; do
        rm -rf "$folder/$what"
        /usr/bin/time -f "$what: %U user, %S sys, %e s, %M KiB" "$tepat" build --config "$folder/$what.toml" > /dev/null 2> "$folder/log" || { cat "$folder/log"; exit 1; }
        tail -1 "$folder/log"
    done
    round=$((round + 1))
done
du -sk "$folder/with/by_name" "$folder/with/restricted" "$folder/without/restricted"
