#!/usr/bin/env bash
# Signs what a release pushed, each by its digest, and prints how anybody checks it.
#
#   images/release/sign.sh [--insecure] [--key FILE] < REFERENCES
#
#   --insecure   the registry speaks http, as one on this machine does
#   --key FILE   a key of `cosign generate-key-pair`; the public one lies beside it, as FILE's .pub. No public log is told
# REFERENCES are lines REGISTRY/NAME@sha256:…, as push.sh and chart.sh print them; other lines are passed over. Without
# --key the workflow signs as itself: its identity stands in the signature, and in Sigstore's public log.
set -euo pipefail
export PATH=$PATH:${XDG_CACHE_HOME:-$HOME/.cache}/autoresearch/cluster/bin
usage() { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }
insecure=() key=
while [ $# -gt 0 ]; do
  case $1 in
    --insecure) insecure=(--allow-insecure-registry); shift ;;
    --key) [ $# -gt 1 ] || usage; key=$2; shift 2 ;;
    *) usage ;;
  esac
done
command -v cosign >/dev/null || { echo 'cosign is not on PATH; install Cosign 3.' >&2; exit 3; }
references=$(grep -E '^[^ ]+@sha256:[0-9a-f]{64}$' || true)
[ -n "$references" ] || { echo 'There is no REGISTRY/NAME@sha256:… on the standard input; pipe in what push.sh and chart.sh printed.' >&2; exit 2; }

for reference in $references; do
  if [ -n "$key" ]; then
    cosign sign --yes --key "$key" --use-signing-config=false --tlog-upload=false "${insecure[@]}" "$reference" >&2
    echo "cosign verify --key ${key%.key}.pub --insecure-ignore-tlog=true ${insecure[*]} $reference"
  else
    cosign sign --yes "${insecure[@]}" "$reference" >&2
    echo "cosign verify --certificate-oidc-issuer https://token.actions.githubusercontent.com --certificate-identity" \
      "$GITHUB_SERVER_URL/$GITHUB_WORKFLOW_REF $reference"
  fi
done
