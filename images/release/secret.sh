#!/usr/bin/env bash
# Writes what the validation text is drawn from to FILE, from the variable TEXT_SECRET.
#
#   TEXT_SECRET=… images/release/secret.sh FILE
set -euo pipefail
[ $# -eq 1 ] || { sed -n '2,5s/^# \{0,1\}//p' "$0" >&2; exit 2; }
: "${TEXT_SECRET:=}"
[ "${#TEXT_SECRET}" -ge 16 ] || { echo 'TEXT_SECRET has fewer than 16 characters; set it in the secrets of the repository, and keep it: another one is another text.' >&2; exit 3; }
umask 077
printf %s "$TEXT_SECRET" >"$1"
