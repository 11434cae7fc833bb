#!/usr/bin/env bash
# Whether a library defines a function of one name in two ways, as two classes of one name do: the linker then keeps whichever comes first for
# both, without a word. Argument: an archive of a build without optimisation, in which each inline function stands in each object that uses it.
# An inline function has one size wherever it stands, and is not defined out of line elsewhere.
set -euo pipefail
archive=$1
nm --defined-only -S "$archive" 2>/dev/null | awk '
  # address size type name; a lambda and what is in an anonymous namespace are numbered by their place
  NF == 4 && $3 ~ /^[WVT]$/ && $4 ~ /^_ZT?[A-Z]*[NVSI]*K?N?4reel/ && $4 !~ /Ul|UlT|_GLOBAL__N_/ {
    ++seen
    if ($3 == "T") strong[$4] = 1; else weak[$4] = 1
    if (!($4 in sizes)) sizes[$4] = $2
    else if (sizes[$4] != $2) differ[$4] = 1
  }
  END {
    for (name in weak) if (name in strong) { print "inline in one place and not in another: " name; bad = 1 }
    for (name in differ) if (name in weak) { print "defined in two ways: " name; bad = 1 }
    if (seen < 100) { print "only " seen + 0 " functions of reel were found in the archive"; bad = 1 }
    exit bad
  }' | c++filt
