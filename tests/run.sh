#!/usr/bin/env bash
# Builds Reel with all of its tests, examples and documentation, and runs them; more arguments go to ctest (-R name, --verbose).
source "$(dirname "${BASH_SOURCE[0]}")/prepare.sh"

install_packages "${build_packages[@]}" "${test_packages[@]}"
build "${REEL_PRESET:-release}"
say "Testing"
exec ctest --preset "${REEL_PRESET:-release}" -j"$(nproc)" "$@"
