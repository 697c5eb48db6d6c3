#!/usr/bin/env bash
# Builds the images autoresearch-controller and autoresearch-trainer, and says how long that took and how big they are.
#
#   images/build.sh [--local] [--harness cpu|gpu] [--secret FILE] [--from PATH] [--prepare OPTIONS] [--tag TAG]
#                   [--platform PLATFORM] [--load CLUSTER]
#                   [controller] [trainer]
#
#   --local         on debian:bookworm-local and this checkout's own Node instead of the public bases: where no registry answers
#   --harness NAME  the trainer's folder under harness/ (cpu)
#   --secret FILE   at least 16 bytes that the validation text is drawn from; made once and kept in the cache where not given.
#                   The same secret and base give the same text, so that a lane's numbers stay comparable.
#   --from PATH     your own text to train on and be measured on: for gpu a folder of .txt, .jsonl or .parquet, for cpu a file.
#                   It is copied into the build; the finished image holds it as tokens only.
#   --prepare OPTS  more options of the trainer's prepare.py, in one word: "--seq 1024 --vocab 4096"
#   --tag TAG       (dev)
#   --platform P    for nodes of another kind than this machine: linux/amd64 or linux/arm64. Docker then needs QEMU.
#   --load CLUSTER  also load them onto the workers of a kind cluster
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/autoresearch
export PATH=$cache/cluster/bin:$root/node_modules/.bin:$PATH

local_base= harness=cpu secret=$cache/images/secret own= prepare= tag=dev platform= cluster= wanted=()
while [ $# -gt 0 ]; do
  case $1 in
    --local) local_base=debian:bookworm-local ;;
    --harness | --secret | --from | --prepare | --tag | --platform | --load)
      [ $# -gt 1 ] || { echo "$1 needs a value" >&2; exit 2; }
      case $1 in --harness) harness=$2 ;; --secret) secret=$2 ;; --from) own=$2 ;; --prepare) prepare=$2 ;; --tag) tag=$2 ;; --platform) platform=$2 ;; --load) cluster=$2 ;; esac
      shift ;;
    controller | trainer) wanted+=("$1") ;;
    *) sed -n '2,18s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
  shift
done
[ ${#wanted[@]} -gt 0 ] || wanted=(controller trainer)

fail() { echo "$1" >&2; exit 3; }
docker version >/dev/null 2>&1 || fail 'No Docker engine answers: start it, or run `node test/cluster/up.ts` as root.'
if [ -n "$local_base" ]; then
  docker image inspect "$local_base" >/dev/null 2>&1 || fail "There is no image $local_base: run \`node test/cluster/up.ts\` as root, which makes it."
fi
if [ -n "$platform" ]; then
  [[ $platform =~ ^linux/(amd64|arm64)$ ]] || { echo "--platform takes linux/amd64 or linux/arm64, and not $platform." >&2; exit 2; }
  own_platform=$(docker version -f '{{.Server.Os}}/{{.Server.Arch}}')
  [ -z "$local_base" ] || [ "$platform" = "$own_platform" ] || fail "The base of --local is of $own_platform: leave --local or --platform out."
fi
context=$(mktemp -d)
trap 'rm -rf "$context"' EXIT

# The one file of a container's Node that we need; its layer is a copy of the checkout's.
local_node() {
  mkdir "$context/node" && cp "$(readlink -f "$root/node_modules/.bin/node")" "$context/node/node"
  printf 'FROM scratch\nCOPY node /usr/local/bin/node\n' | docker build -q -t autoresearch-node:local -f - "$context/node" >"$context/log" 2>&1 \
    || { cat "$context/log" >&2; fail 'The image autoresearch-node:local could not be built.'; }
}

controller() {
  node "$root/images/controller/build.mjs" "$context/controller/files"
  if [ -n "$local_base" ]; then
    local_node
    arguments=(--build-arg "BASE=$local_base" --build-arg NODE=autoresearch-node:local)
  fi
}

trainer() {
  [ -f "$root/harness/$harness/prepare.py" ] || fail "There is no trainer in harness/$harness: give --harness one of $(cd "$root/harness" && ls -d */prepare.py 2>/dev/null | xargs -rn1 dirname | xargs)."
  [ -s "$secret" ] || { mkdir -p "$(dirname "$secret")" && (umask 077 && head -c 32 /dev/urandom >"$secret"); }
  mkdir -p "$context/trainer/supervisor" "$context/trainer/trainer"
  cp "$root"/harness/supervise.py "$context/trainer/supervisor/"
  find "$root/harness" -maxdepth 1 -name '*.json' -exec cp {} "$context/trainer/supervisor/" \;
  (cd "$root/harness" && find seal -name '*.py' -exec cp --parents {} "$context/trainer/supervisor/" \;)
  for file in prepare.py chain.py train.py pyproject.toml uv.lock; do cp "$root/harness/$harness/$file" "$context/trainer/trainer/"; done
  chmod -R u=rwX,go=rX "$context/trainer"
  cat ${SSL_CERT_FILE:+"$SSL_CERT_FILE"} /dev/null >"$context/trainer/certificates.crt"
  install -m 600 "$secret" "$context/trainer/secret"
  mkdir "$context/trainer/corpus"
  if [ -n "$own" ]; then
    [ -e "$own" ] || fail "There is no $own: give --from a file or a folder."
    # By hard links where that goes: it may be gigabytes.
    cp -rlL "$own" "$context/trainer/corpus/" 2>/dev/null || cp -rL "$own" "$context/trainer/corpus/"
  fi
  arguments+=(--build-arg "PREPARE=$prepare")
  [ -z "$local_base" ] || arguments+=(--build-arg "BASE=$local_base")
  # Debian's own Python brings its headers apart; the public base has them.
  [ "$harness" != gpu ] || arguments+=(--build-arg "PACKAGES=g++ libc6-dev openssl${local_base:+ python3-dev}")
}

for name in "${wanted[@]}"; do
  begun=$EPOCHREALTIME arguments=()
  "$name"
  [ -z "$platform" ] || arguments+=(--platform "$platform")
  docker build -q -t "autoresearch-$name:$tag" "${arguments[@]}" -f "$root/images/$name/Dockerfile" "$context/$name" >"$context/log" 2>&1 \
    || { cat "$context/log" >&2; fail "The image autoresearch-$name:$tag could not be built."; }
  built=$(docker image inspect -f '{{.Os}}/{{.Architecture}}' "autoresearch-$name:$tag")
  [ -z "$platform" ] || [ "$built" = "$platform" ] || fail "autoresearch-$name:$tag was built for $built, and not for $platform: install QEMU for Docker, or build on such a machine."
  seconds=$(awk "BEGIN { printf \"%.1f\", $EPOCHREALTIME - $begun }")
  bytes=$(docker image inspect -f '{{.Size}}' "autoresearch-$name:$tag")
  echo "autoresearch-$name:$tag  $((bytes / 1000000)) MB  built in $seconds s"
done

# A label on the node's own copy of an image tells which build it is, so that what lies there already is not sent again:
# `kind load` skips nothing on nodes without crictl.
label=autoresearch.build
lies_on() { [ -n "$(docker exec "$1" ctr -n k8s.io images ls -q "name==docker.io/library/$2,labels.\"$label\"==$3")" ]; }
mark_on() { docker exec "$1" ctr -n k8s.io images label "docker.io/library/$2" "$label=$3" >/dev/null; }

if [ -n "$cluster" ]; then
  begun=$EPOCHREALTIME loaded=0
  workers=$(kind get nodes --name "$cluster" | grep -v control-plane)
  for name in "${wanted[@]}"; do
    image=autoresearch-$name:$tag
    build=$(docker image inspect -f '{{.Id}}' "$image" | tail -c +8)
    missing=()
    for worker in $workers; do lies_on "$worker" "$image" "$build" || missing+=("$worker"); done
    [ ${#missing[@]} -gt 0 ] || continue
    kind load docker-image --quiet --name "$cluster" --nodes "$(IFS=,; echo "${missing[*]}")" "$image"
    for worker in "${missing[@]}"; do mark_on "$worker" "$image" "$build"; done
    loaded=$((loaded + 1))
  done
  echo "loaded $loaded of ${#wanted[@]} images into $(echo $workers) in $(awk "BEGIN { printf \"%.1f\", $EPOCHREALTIME - $begun }") s"
fi
