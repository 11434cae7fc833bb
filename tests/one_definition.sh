#!/usr/bin/env bash
# Whether a library defines a function of one name in two ways, as two classes of one name do: the linker then keeps whichever comes first for
# both, without a word. Argument: an archive of a build without optimisation, in which each inline function stands in each object that uses it.
# An inline function has one size wherever it stands, and is not defined out of line elsewhere.
set -euo pipefail
archive=$1
nm --defined-only -S -C "$archive" 2>/dev/null | awk '
  # address size type name
  NF >= 4 && $3 ~ /^[WVT]$/ && $2 ~ /^[0-9a-f]+$/ {
    type = $3; size = $2; name = $0
    sub(/^[0-9a-f]+ [0-9a-f]+ [A-Za-z] /, "", name)
    if (name !~ /^reel::/ && name !~ /^(vtable|typeinfo|typeinfo name) for reel::/) next
    if (name ~ /\{lambda|\(anonymous namespace\)/) next  # numbered by their place
    ++seen
    if (type == "T") strong[name] = 1; else weak[name] = 1
    if (!(name in sizes)) sizes[name] = size
    else if (sizes[name] != size) differ[name] = 1
  }
  END {
    for (name in weak) if (name in strong) { print "inline in one place and not in another: " name; bad = 1 }
    for (name in differ) if (name in weak) { print "defined in two ways: " name; bad = 1 }
    if (seen < 1000) { print "only " seen + 0 " functions of reel were found in the archive"; bad = 1 }
    exit bad
  }'
