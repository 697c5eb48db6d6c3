#!/usr/bin/env bash
# Packages the chart with the images of a release in it, and pushes it as an OCI artefact.
#
#   images/release/chart.sh [--insecure] REGISTRY [HOME] < IMAGES
#
# IMAGES are lines REGISTRY/NAME@sha256:…, as push.sh prints them: the controller's becomes the chart's default, and
# both stand in its annotations. HOME is the address of the sources, which the chart then names. The chart goes to
# oci://REGISTRY/charts/autoresearch.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
export PATH=$PATH:${XDG_CACHE_HOME:-$HOME/.cache}/autoresearch/cluster/bin
plain=()
[ "${1-}" != --insecure ] || { plain=(--plain-http); shift; }
[ $# -eq 1 ] || [ $# -eq 2 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
command -v helm >/dev/null || { echo 'helm is not on PATH; install Helm 3.19 or later.' >&2; exit 3; }

images=$(cat)
controller=$(grep -E 'autoresearch-controller@sha256:[0-9a-f]{64}$' <<<"$images") \
  || { echo 'There is no autoresearch-controller@sha256:… on the standard input; pipe in what push.sh printed.' >&2; exit 2; }
trainer=$(grep -E 'autoresearch-trainer@sha256:[0-9a-f]{64}$' <<<"$images" || true)

made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
cp -r "$root/charts/autoresearch" "$made/"
sed -i -e "s|^  repository: autoresearch-controller$|  repository: ${controller%@*}|" \
  -e "s|^  digest: \"\" |  digest: \"${controller#*@}\" |" "$made/autoresearch/values.yaml"
grep -qF "${controller#*@}" "$made/autoresearch/values.yaml" || { echo 'values.yaml of the chart has no image.digest to set; look at it.' >&2; exit 3; }
{
  echo '  artifacthub.io/images: |'
  echo "    - { name: controller, image: \"$controller\" }"
  [ -z "$trainer" ] || echo "    - { name: trainer, image: \"$trainer\" }"
  [ -z "${2-}" ] || printf 'home: %s\nsources: [%s]\n' "$2" "$2"
} >>"$made/autoresearch/Chart.yaml"
helm package -d "$made" "$made/autoresearch" >/dev/null
pushed=$(helm push "${plain[@]}" "$made"/autoresearch-*.tgz "oci://${1%/}/charts" 2>&1) || { echo "$pushed" >&2; exit 3; }
digest=$(sed -n 's/^Digest: //p' <<<"$pushed")
# Without it the chart would be signed by nobody, and nothing would say so.
[ -n "$digest" ] || { printf '%s\n' "$pushed" 'helm push tells no digest; look at what it says.' >&2; exit 3; }
sed -n 's/^Pushed: //p; s/^Digest: /digest: /p' <<<"$pushed"
echo "${1%/}/charts/autoresearch@$digest"
