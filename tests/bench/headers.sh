#!/usr/bin/env bash
# What <reel/reel.hpp> costs a user's compiler.
#   headers.sh                          seconds and memory of compiling it, and of compiling and linking examples/02_tutorial.cpp
#   headers.sh check COMPILER INCLUDE   fails when it pulls in a header that has to stay out; INCLUDE is the folder of <reel/...>
source "$(dirname "${BASH_SOURCE[0]}")/../prepare.sh"

check() {
  local compiler=$1 include=$2 headers heavy
  headers=$(printf '#include <reel/reel.hpp>\n' | "$compiler" -std=c++20 -I"$include" -M -x c++ - | tr ' ' '\n' | grep '/')
  grep -q 'reel/autograd/tensor.hpp' <<<"$headers" || fail "the umbrella header does not name reel's own headers"
  heavy=$(grep -E '/(xtensor|xtensor-blas|xtl|xsimd|nlohmann|openblas[^/]*|Random123)/|/f?cblas[^/]*\.h$|/fmt/' <<<"$headers" |
    grep -vE '/fmt/core\.h$' || true)
  [[ -z $heavy ]] || fail "<reel/reel.hpp> includes what has to stay out of it:
$heavy"
  say "<reel/reel.hpp> includes $(wc -l <<<"$headers") headers, none of them heavy"
}

# measure WHAT command...: the median of five.
measure() {
  local what=$1 i
  shift
  for i in 1 2 3 4 5; do command time -f '%e %M' -o "$work/time" -- "$@"; cat "$work/time"; done | sort -n | sed -n 3p |
    awk -v what="$what" '{ printf "%-44s %5.2f s  %4.0f MB\n", what, $1, $2 / 1024 }'
}

if [[ ${1:-} == check ]]; then
  check "$2" "$3"
  exit
fi

install_packages "${build_packages[@]}" time
build release reel
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
include=build/release/include
printf '#include <reel/reel.hpp>\n' >"$work/umbrella.cpp"
check g++ "$include"
measure "#include <reel/reel.hpp>, g++ -O2" g++ -std=c++20 -O2 -I"$include" -c "$work/umbrella.cpp" -o "$work/umbrella.o"
measure "02_tutorial, g++ -O2, compiled and linked" g++ -std=c++20 -O2 -I"$include" -DFMT_SHARED examples/02_tutorial.cpp \
  build/release/libreel.a -lfmt -lopenblas -ledit -lpng -lz -o "$work/02_tutorial"
