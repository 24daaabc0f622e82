#!/bin/sh
# Looks at the secrets of a deployment and refuses those that protect nothing; a secret itself is never printed.
#   gate.sh check   looks once
#   gate.sh hold    looks, then holds the network that the other containers live in: without it none of them starts
set -eu
secrets=${HUB_SECRETS:-/run/secrets}
shortest=16
refused=0

refuse() {
  echo "refused: $secrets/$1 $2" >&2
  refused=1
}

# The first line of the secret; anything after it would be read by one program and not by the other.
secret() {
  head -n 1 "$secrets/$1"
}

look() {
  if [ ! -f "$secrets/$1" ] || [ ! -r "$secrets/$1" ]; then
    refuse "$1" "is missing, or cannot be read by user $(id -u): see docs/operate.md, Secrets"
    return
  fi
  case $(stat -c %a "$secrets/$1") in
    ?00) ;;
    *) refuse "$1" "may be read by others: chmod 600 it" ;;
  esac
  if [ "$(grep -c . "$secrets/$1" || true)" != 1 ]; then
    refuse "$1" "must hold one line with the secret"
    return
  fi
  word=$(secret "$1")
  word=${word#"$2"}
  if [ "${#word}" -lt "$shortest" ]; then
    refuse "$1" "is shorter than $shortest characters: openssl rand -hex 24 makes a good one"
  fi
  case $(printf %s "$word" | tr '[:upper:]' '[:lower:]') in
    *neo4j* | *postgres* | *password* | *passwort* | *changeme* | *change-me* | *secret* | *admin* | *example* | *123456* | *qwerty*)
      refuse "$1" "holds a word that everybody tries first: openssl rand -hex 24 makes a good one" ;;
  esac
  if [ "$(printf %s "$word" | fold -w 1 | sort -u | wc -l)" -lt 6 ]; then
    refuse "$1" "is made of too few different characters: openssl rand -hex 24 makes a good one"
  fi
}

check() {
  look neo4j_password ""
  look neo4j_auth neo4j/
  look postgresql_password ""
  if [ "$refused" = 0 ] && [ "$(secret neo4j_auth)" != "neo4j/$(secret neo4j_password)" ]; then
    refuse neo4j_auth "must be neo4j/ and then what neo4j_password holds"
  fi
  return "$refused"
}

case ${1:-} in
  check) check ;;
  hold)
    check
    exec sleep infinity ;;
  *)
    echo "usage: gate.sh check|hold" >&2
    exit 2 ;;
esac
