#!/usr/bin/env bash
# Puts the browser in place that the journeys of tests/it/journey.rs drive. Does nothing where it is there already.
# TEPAT_CHROMIUM=/path/to/chromium names another one.
set -euo pipefail

browser=${TEPAT_CHROMIUM:-/usr/bin/chromium}
if [ -x "$browser" ]; then
  echo "tests/setup.sh: $browser is there"
  exit 0
fi
if [ -n "${TEPAT_CHROMIUM:-}" ]; then
  echo "tests/setup.sh: TEPAT_CHROMIUM names '$browser', which is not a program; correct it or unset it" >&2
  exit 1
fi
if ! command -v apt-get >/dev/null; then
  echo "tests/setup.sh: no Chromium at $browser and no apt-get here; install Chromium by hand and set TEPAT_CHROMIUM to its path" >&2
  exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "tests/setup.sh: Chromium is missing and can only be installed as root; run as root: apt-get update && apt-get install -y chromium fonts-liberation" >&2
    exit 1
  fi
  as_root=(sudo)
fi

echo "tests/setup.sh: installing Chromium and a font with apt-get"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! {
  "${as_root[@]}" apt-get update &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium fonts-liberation
} >"$log" 2>&1; then
  tail -n 30 "$log" >&2
  echo "tests/setup.sh: apt-get could not install Chromium (above: its last lines)" >&2
  exit 1
fi
if [ ! -x "$browser" ]; then
  echo "tests/setup.sh: apt-get installed the package chromium, but $browser is not there; set TEPAT_CHROMIUM to where it is" >&2
  exit 1
fi
"$browser" --version 2>/dev/null
