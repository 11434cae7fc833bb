#!/usr/bin/env bash
# Compares Reel with libtorch's C++ frontend, workload by workload, in one run; needs some five minutes and an otherwise idle machine.
#   compare.sh [--threads N] [--rounds N] [--only PART-OF-A-NAME]
source "$(dirname "${BASH_SOURCE[0]}")/../prepare.sh"

install_packages "${build_packages[@]}"
targets=(bench_workloads compare)
programs=(build/release/tests/bench/bench_workloads)
if [[ -d /usr/include/torch/csrc/api ]]; then
  targets+=(peer_torch)
  programs+=(build/release/tests/bench/peer_torch)
else
  say "There is no libtorch here (apt-get install libtorch-dev), so only Reel's side runs"
fi
build release "${targets[@]}"
say "Measuring"
exec build/release/tests/bench/compare "${programs[@]}" "$@"
