#!/bin/sh
# The daily run: what departments' databases changed (--pull), what they delivered (PATH…), one snapshot, and the same
# graph on the server (--graph). HUB is the command, as HUB="docker compose run --rm work".
# Exit code 1: everything was done, and a delivery wants a person. Any other: it stopped there; begin it again.
set -u
pull='' graph='' worst=0

step() {
  ${HUB:-hub} "$@"
  code=$?
  if [ "$code" -gt 1 ]; then
    echo "daily: hub $* ended with exit code $code" >&2
    exit "$code"
  fi
  if [ "$code" = 1 ]; then worst=1; fi
}

while [ $# -gt 0 ]; do
  case $1 in
    --pull) pull=yes ;;
    --graph) graph=yes ;;
    *) break ;;
  esac
  shift
done
if [ -n "$pull" ]; then step pull --delta; fi
step run "$@"
if [ -n "$graph" ]; then
  step graph publish
  step graph verify
fi
exit "$worst"
