#!/usr/bin/env bash
# gdb.sh GDB PROGRAM REEL_GDB: looks into a program with gdb, while it runs and in its core file.
set -euo pipefail
gdb=$1 program=$2 script=$3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export ASAN_OPTIONS=detect_leaks=0  # it cannot look for leaks below a debugger

# Where a container forbids tracing, there is nothing to see.
if ! "$gdb" -q -batch -nx -ex run --args "$(command -v true)" </dev/null 2>&1 | grep -q "exited normally"; then
  echo "skipped: gdb may not run programs here"
  exit
fi

# look COMMAND...: what gdb answers to these.
look() {
  local arguments=()
  for command in "$@"; do arguments+=(-ex "$command"); done
  "$gdb" -q -batch -nx -ex "source $script" -ex "set width 0" -ex "set style enabled off" "${arguments[@]}" </dev/null 2>&1 || true  # its status is the last command's
}
# expect TEXT...: each of these lines is in `answer`.
expect() {
  for text in "$@"; do
    grep -qF -- "$text" <<<"$answer" || { printf 'missing: %s\nin:\n%s\n' "$text" "$answer"; exit 1; }
  done
}

looking=("print x" "print w" "print big" "print positive" "print nothing" "print tape"
         "tape-list loss" "tape-op 3" "tape-op tape 2 [-1, :]" "tape-where 2" "tape-op w" "tape-list nothing" "tape-op 77" "print *(reel::Tensor*)&garbage")
expect_all() {
  expect "= Tensor (2, 3) float32, variable 'x' = [[1 2 3] [4 5 6]]" \
    "= Parameter 'w' (3, 2) float32 = {value = [[1 -2] [0.5 4] [0 1]], grad = [[1 1] [1 1] [1 1]]}" \
    "= Array (10, 100) int64 = [[0 1 2 ... 97 98 99] [100 101 102 ... 197 198 199]" \
    "= Tensor (2, 2) bool, constant" \
    "= Tensor, not defined" \
    "= Tape of 6 entries = {[0] = parameter 'w'  (3, 2) float32, " \
    "[3] = square at gdb_program.cpp:" \
    "#0  parameter          (3, 2) float32  w" \
    "#2  matmul     #1 #0   (2, 2) float32  h     gdb_program.cpp:" \
    "#4  mul        #3 0.5  (2, 2) float32        gdb_program.cpp:" \
    "#3 square at gdb_program.cpp:" \
    "  rule    dx = dy·2x" \
    "  input   #2 matmul 'h' at gdb_program.cpp:" \
    "  output  (2, 2) float32 = [[4 81] [42.25 324]]" \
    "          min 4, max 324, mean 112.81" \
    "  used by #4 mul" \
    "  [-1, :]  [6.5 18]" \
    'const Tensor h = matmul(x, w).named("h");' \
    "  grad    [[1 1] [1 1] [1 1]]" \
    "nothing is not defined" \
    "the tape has entries #0 to #0" \
    "not constructed yet, or already destroyed"
  grep -q '^-> .*const Tensor h = matmul(x, w).named("h");$' <<<"$answer" || { printf 'no arrow at the line:\n%s\n' "$answer"; exit 1; }
}

answer=$(look "file $program" "break look" "run" "up" "${looking[@]}" "generate-core-file $folder/core")
expect_all
answer=$(look "file $program" "core-file $folder/core" "up" "${looking[@]}")
expect_all

# A hit is a stop at the program's line, with the op at hand.
answer=$(look "file $program" "tape-break" "run" "tape-op" "tape-where")
expect 'nan_born() && op("log"): log: nan at [1] of -1; log needs x > 0 (gdb_program.cpp:' \
  "  input   #0 variable, (2,) float32 = [1 -1]" "1 NaN" "-> " "const Tensor y = log(variable(tensor({1.0, -1.0})));"
answer=$(look "file $program" "tape-break sqrt" "run" "tape-list")
expect "exited normally" "which tape? Name a tensor, a parameter or a tape: tape-list loss"
answer=$(look "file $program" "set environment REEL_DEBUG nan" "tape-break log" "run" "tape-op")
expect "REEL_DEBUG=nan: log: nan at [1] of -1" "  rule    dx = dy/x"
