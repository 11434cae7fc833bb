#!/usr/bin/env bash
# check.sh COMPILER INCLUDE FILE: compiles a file of mistakes, and compares what the compiler says with what the file says that it says.
#
#   // SAYS 1 the text           the error of the next line of code has the text in its first line
#   // g++ SAYS 2 the text       the same of one compiler only, within its first 2 lines
#
# A line without such a comment is right, and has to compile. INCLUDE is the folder of <reel/...>.
set -euo pipefail

compiler=$1 include=$2 file=$3
family=$("$compiler" --version | grep -q clang && echo clang++ || echo g++)
flags=(-std=c++20 -fsyntax-only -w -fno-diagnostics-color -DFMT_SHARED -I"$include")
[[ $family == clang++ ]] && flags+=(-ferror-limit=0)
output=$(LC_ALL=C "$compiler" "${flags[@]}" "$file" 2>&1 || true)

awk -v family="$family" -v name="$(basename "$file")" '
  # The source: what is expected of which line.
  NR == FNR {
    if (match($0, /^ *\/\/ ((g\+\+|clang\+\+) )?SAYS [0-9]+ /)) {
      text = substr($0, RLENGTH + 1)
      split(substr($0, 1, RLENGTH), word, " ")
      only = word[2] == "SAYS" ? "" : word[2]
      if (only == "" || only == family) { ++pending; wanted[pending] = text; within[pending] = word[only == "" ? 3 : 4] }
    } else if ($0 !~ /^ *\/\//) {
      for (i = 1; i <= pending; ++i) { ++checks; line_of[checks] = FNR; text_of[checks] = wanted[i]; lines_of[checks] = within[i] }
      if (pending) is_mistake[FNR] = 1
      pending = 0
    }
    next
  }
  # The output: each error with the lines in front of it that say where it comes from.
  {
    said[FNR] = $0
    is_context = $0 ~ /^In file included|^ +from |: In |required (from|by)|: note: in instantiation/
    if ($0 ~ /: (fatal )?error: /) { ++errors; begin[errors] = FNR; place[errors] = contexts; contexts = "" }
    if ($0 !~ /: (fatal )?error: / && is_context && $0 !~ /: note: /) contexts = contexts "\n" $0
    else if (errors) place[errors] = place[errors] "\n" $0
    last = FNR
  }
  END {
    failed = 0
    for (e = 1; e <= errors; ++e) {
      at = 0
      rest = place[e]
      while (match(rest, name ":[0-9]+:")) {
        number = substr(rest, RSTART + length(name) + 1, RLENGTH - length(name) - 2) + 0
        if (number in is_mistake) { at = number; break }
        rest = substr(rest, RSTART + RLENGTH)
      }
      if (!at) { printf "%s: an error where none is expected: %s\n", name, said[begin[e]]; failed = 1 }
      else if (!(at in first)) first[at] = begin[e]
    }
    for (c = 1; c <= checks; ++c) {
      l = line_of[c]
      if (!(l in first)) { printf "%s:%d: compiles, and should not: %s\n", name, l, text_of[c]; failed = 1; continue }
      found = 0
      for (k = first[l]; k < first[l] + lines_of[c] && k <= last; ++k) if (index(said[k], text_of[c])) found = 1
      if (!found) {
        printf "%s:%d: \"%s\" is not in the first %d lines, which are\n", name, l, text_of[c], lines_of[c]
        for (k = first[l]; k < first[l] + lines_of[c] + 3 && k <= last; ++k) printf "    %s\n", said[k]
        failed = 1
      }
    }
    if (!checks) { printf "%s: nothing is expected of it\n", name; failed = 1 }
    if (!failed) printf "%s, %s: %d mistakes are answered\n", name, family, checks
    exit failed
  }' "$file" <(printf '%s\n' "$output")
