#!/usr/bin/env bash
# Builds Reel with all of its tests, examples and documentation, and runs them; more arguments go to ctest (-R name, --verbose).
# REEL_PRESET=asan or =tsan: with sanitizers.
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

preset=${REEL_PRESET:-release}
install_packages "${build_packages[@]}" "${test_packages[@]}"
# ThreadSanitizer finds no room for its tables where the system places memory at random over a wide range; not every container lets that be turned off.
if [[ $preset == tsan && -z ${REEL_PLACED:-} ]] && setarch -R true 2>/dev/null; then REEL_PLACED=1 exec setarch -R bash "$root/tests/run.sh" "$@"; fi
build "$preset"
say "Testing"
exec ctest --preset "$preset" -j"$(nproc)" "$@"
