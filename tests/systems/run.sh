#!/usr/bin/env bash
# Runs examples/run.sh and tests/run.sh on another Debian release: the last commit, unpacked on a system that has nothing else yet.
#   run.sh [SUITE [ARGUMENT...]]   SUITE is trixie (the default), sid, bookworm, ...; the arguments go to ctest (-R name)
# Needs root. The system is a chroot in build/systems/SUITE (3 GB, from debootstrap); it stays there, with a compiler cache of its own, so that the
# next run begins with the build. Its mounts live in a mount namespace, which ends with this script, however that ends.
source "$(dirname "${BASH_SOURCE[0]}")/../prepare.sh"

suite=${1:-trixie}
shift || true
system=$root/build/systems/$suite
[[ $(id -u) -eq 0 ]] || fail "a chroot needs root; sudo bash tests/systems/run.sh"
if [[ -z ${REEL_SYSTEMS_NAMESPACE:-} ]]; then
  REEL_SYSTEMS_NAMESPACE=1 exec unshare --mount --fork --kill-child bash "$root/tests/systems/run.sh" "$suite" "$@"
fi
install_packages debootstrap debian-archive-keyring git

# The mirror that this machine's apt uses for Debian, if it uses one.
mirror=$(sed -nE 's,^(URIs:|deb( \[[^]]*\])?)[[:space:]]+(https?://[^[:space:]]*/debian)/?([[:space:]].*)?$,\3,p' \
         /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | head -n 1 || true)
if [[ ! -e $system/complete ]]; then
  say "Debootstrapping $suite"
  rm -rf "$system"
  mkdir -p "$system"
  debootstrap --variant=minbase --include=ca-certificates "$suite" "$system" "${mirror:-http://deb.debian.org/debian}" >"$system.log" 2>&1 ||
    { tail -n 20 "$system.log" >&2; fail "debootstrap failed; all that it said is in $system.log"; }
  touch "$system/complete"
fi
# How this machine reaches the network, and that a mirror may be a snapshot of some time ago.
{ echo 'Acquire::Check-Valid-Until "false";'; apt-config dump | grep -E '^Acquire::(https?|Retries)\b' || true; } >"$system/etc/apt/apt.conf.d/90host"
cp -L /etc/resolv.conf /etc/hosts "$system/etc/"

mount -t proc proc "$system/proc"
mount --rbind /dev "$system/dev"
mount -t tmpfs tmpfs "$system/tmp"
rm -rf "$system/reel"
mkdir "$system/reel"
git -c safe.directory="$root" archive HEAD | tar -x -C "$system/reel"

inside() {
  local name environment=(HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive PATH=/usr/sbin:/usr/bin:/sbin:/bin)
  for name in TERM http_proxy https_proxy no_proxy; do [[ -z ${!name:-} ]] || environment+=("$name=${!name}"); done
  say "$suite: $*"
  chroot "$system" env -i "${environment[@]}" "$@" </dev/null
}
inside apt-get update -qq
inside apt-get install -y -qq --no-install-recommends ccache >/dev/null
inside bash /reel/examples/run.sh
inside bash /reel/tests/run.sh "$@"
