# What examples/run.sh, tests/run.sh and the other scripts begin with; to be sourced. Sets `root`, the repository's folder, and goes there.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

build_packages=(g++ cmake ninja-build libxtensor-dev libxtensor-blas-dev libxsimd-dev libfmt-dev catch2 libopenblas-dev librandom123-dev
                nlohmann-json3-dev libedit-dev zlib1g-dev libpng-dev)  # libpng-dev can be left out: then there are no PNG images
test_packages=(libonnx-dev libonnx-testdata  # ONNX's operators, to be run as reference cases
               gdb)

say() { printf '== %s\n' "$*"; }
fail() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# Installs those of the Debian packages named that are missing; says nothing when there are none.
install_packages() {
  local missing=() package
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) == *"ok installed" ]] || missing+=("$package")
  done
  [[ ${#missing[@]} -gt 0 ]] || return 0
  command -v apt-get >/dev/null && command -v dpkg-query >/dev/null ||
    fail "this system has no apt (it is not Debian or Ubuntu); please install the equivalents of: ${missing[*]}"
  local as_root=()
  if [[ $(id -u) -ne 0 ]]; then
    command -v sudo >/dev/null || fail "these packages are missing, and there is no sudo to install them; as root: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "Installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq </dev/null || fail "apt-get update failed; is there a network?"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null >/dev/null ||
    fail "apt-get could not install ${missing[*]}"
}

# build PRESET [targets...]: configures a preset and builds all of it, or these targets; says nothing when nothing has changed.
build() {
  local preset=$1
  shift
  configure "$preset"
  build_in "build/$preset" "$@"
}

# configure PRESET [arguments...]: says nothing unless it fails; the arguments go to cmake.
configure() {
  local log
  log=$(mktemp)
  cmake --preset "$@" >"$log" 2>&1 || { cat "$log" >&2; rm "$log"; fail "cmake --preset $* failed"; }
  rm "$log"
}

# build_in FOLDER [targets...]: the second half of build().
build_in() {
  local folder=$1
  shift
  if ninja -n -C "$folder" "$@" | grep -q "no work to do"; then return 0; fi
  say "Building ${*:-everything} in $folder (the first time takes some minutes)"
  cmake --build "$folder" -j"$(nproc)" ${1:+--target "$@"} || fail "the build failed"
}
