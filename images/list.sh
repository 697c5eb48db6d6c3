#!/usr/bin/env bash
# Prints every image that an installation of the chart pulls, a line each: what a mirror or an air-gapped registry has to hold.
#
#   images/list.sh [HELM OPTIONS]      such as: images/list.sh -f lab.yaml --set imageRegistry=registry.example
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
export PATH=$PATH:${XDG_CACHE_HOME:-$HOME/.cache}/autoresearch/cluster/bin
command -v helm >/dev/null || { echo 'helm is not on PATH; install Helm 3.19 or later.' >&2; exit 3; }

# The controller reads its pools from a file in a ConfigMap, which is YAML as well.
helm template autoresearch "$root/charts/autoresearch" "$@" \
  | sed -nE 's/^[ -]+(image|reference): *"?([^"{ ]+)"?$/\2/p' | sort -u
