#!/usr/bin/env bash
# Builds Reel and runs the main job on the medical records; more arguments go to the example (--seed N, --seeds N, --out FOLDER).
source "$(dirname "${BASH_SOURCE[0]}")/../tests/prepare.sh"

install_packages "${build_packages[@]}"
build release 02_tutorial
pictures=build/release/examples
say "Running 02_tutorial on examples/data/pima.csv, pictures to $pictures"
exec build/release/examples/02_tutorial examples/data/pima.csv --out "$pictures" "$@"
