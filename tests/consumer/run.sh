#!/usr/bin/env bash
# Installs Reel into a temporary folder, moves that folder, and builds and runs the project here against it, with g++ and its defaults; then
# builds the same project with Reel's sources inside (add_subdirectory).
#   run.sh [SPEC]   the programs of the folder SPEC (../shared/spec beside the repository, where it exists) are built and run, too
source "$(dirname "${BASH_SOURCE[0]}")/../prepare.sh"

spec=${1:-$root/../shared/spec}
[[ $# -eq 0 || -d $spec/consumer ]] || fail "$spec has no folder consumer"
spec=$(realpath -m "$spec")

install_packages "${build_packages[@]}"
build release reel_library reel_debugger reel_testing reel-step
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$work/log

# quiet WHAT command...: shows the output only of what fails.
quiet() {
  local what=$1
  shift
  "$@" >"$log" 2>&1 || { cat "$log" >&2; fail "$what failed"; }
}

say "Installing into a folder, and moving it"
quiet "the installation" cmake --install build/release --prefix "$work/first"
mv "$work/first" "$work/moved"
if stray=$(grep -rIl -e "$root" -e "$work/first" "$work/moved"); then fail "installed files name folders of this machine: $stray"; fi

say "A project that finds the package"
quiet "configuring" cmake -S tests/consumer -B "$work/found" -G Ninja -DCMAKE_PREFIX_PATH="$work/moved"
quiet "building" cmake --build "$work/found"
"$work/found/program"
"$work/found/program_test"
"$work/found/host"
for file in LICENSE README.md core/README.md core/kernels/simd/README.md autograd/debug/README.md; do
  [[ -f $work/moved/share/doc/reel/$file ]] || fail "the documentation's $file is not installed"
done

if command -v gdb >/dev/null; then
  say "gdb's commands, as they are installed"
  quiet "gdb" gdb -q -batch -nx -ex "source $work/moved/share/reel/gdb/reel-gdb.py" -ex "help tape-list"
  grep -q '^Usage: tape-list' "$log" || { cat "$log" >&2; fail "gdb has no command tape-list"; }
fi

if [[ -d $spec/consumer ]]; then
  say "The programs of $(basename "$spec")"
  quiet "configuring" cmake -S "$spec/consumer" -B "$work/spec" -G Ninja -DCMAKE_PREFIX_PATH="$work/moved"
  quiet "building" cmake --build "$work/spec" --target 01_tape 02_custom_layer 03_gradient_check 04_step_through 05_training
  cd "$work"
  for program in 01_tape 02_custom_layer 03_gradient_check 04_step_through; do quiet "$program" "spec/$program"; done
  quiet "05_training" spec/05_training "$root/examples/data/pima.csv"
  if nm -C spec/05_training | grep -m1 "reel::debug::"; then fail "a program that only trains has a part of the debugger in it"; fi
  cd "$root"
fi

say "A project with Reel inside"
quiet "configuring" cmake -S tests/consumer -B "$work/inside" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DREEL_SOURCE="$root"
quiet "building" cmake --build "$work/inside" --target program host
"$work/inside/program"
"$work/inside/host"
