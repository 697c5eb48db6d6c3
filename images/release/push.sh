#!/usr/bin/env bash
# Pushes the images that images/build.sh made, and prints each by its digest.
#
#   images/release/push.sh [--only controller|trainer] [--insecure] REGISTRY TAG ARCHITECTURE    pushes NAME:TAG-ARCHITECTURE
#   images/release/push.sh [--insecure] REGISTRY TAG --join ARCHITECTURE…      one NAME:TAG for all that were pushed
#
#   --insecure   the registry speaks http, as one on this machine does
# Log in before: docker login.
set -euo pipefail
usage() { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
insecure=() names=(controller trainer)
if [ "${1-}" = --only ]; then
  [[ ${2-} =~ ^(controller|trainer)$ ]] || usage
  names=("$2")
  shift 2
fi
[ "${1-}" != --insecure ] || { insecure=(--insecure); shift; }
[ $# -ge 3 ] || usage
registry=${1%/} tag=$2
shift 2

# What a registry calls it: its answer to a push, which docker keeps beside the image.
digest_of() { docker image inspect -f '{{range .RepoDigests}}{{println .}}{{end}}' "$1" | grep -F "${1%:*}@" | tail -n 1; }

for name in "${names[@]/#/autoresearch-}"; do
  if [ "$1" = --join ]; then
    [ $# -gt 1 ] || usage
    parts=("${@:2}")
    docker manifest rm "$registry/$name:$tag" >/dev/null 2>&1 || true   # of an earlier, broken try
    docker manifest create "${insecure[@]}" "$registry/$name:$tag" "${parts[@]/#/$registry/$name:$tag-}" >/dev/null
    echo "$registry/$name@$(docker manifest push --purge "${insecure[@]}" "$registry/$name:$tag" | tail -n 1)"
  else
    docker tag "$name:$tag" "$registry/$name:$tag-$1"
    docker push -q "$registry/$name:$tag-$1" >/dev/null
    digest_of "$registry/$name:$tag-$1"
  fi
done
