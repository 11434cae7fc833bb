#!/bin/bash
# The prompt as users meet it: REEL_DEBUG=step, debug::repl() and the program reel-step, through pipes. Arguments: step_program, reel-step.
set -uo pipefail
program=$1 reel_step=$2 folder=$(mktemp -d) failures=0
trap 'rm -r "$folder"' EXIT
cd "$folder"

# check NAME STATUS PATTERN COMMAND...: the exit status, and what the output (both streams) contains.
check() {
  local name=$1 status=$2 pattern=$3 output
  shift 3
  output=$("$@" 2>&1 </dev/stdin)
  local got=$?
  if [[ $got -ne $status || ! $output =~ $pattern ]]; then
    printf 'FAILED: %s: status %s (%s expected), printed:\n%s\nexpected: %s\n' "$name" "$got" "$status" "$output" "$pattern"
    failures=$((failures + 1))
  fi
}

export REEL_DEBUG=
check "nothing is printed unless asked" 0 '^gradient \[0\.5 +0\.3333\]$' "$program" run </dev/null
export REEL_DEBUG=step
check "the prompt opens at backward()" 0 $'B1  log #1 \\(step_program.cpp:[0-9]+\\)\n.*gradient' "$program" run < <(printf 'break op log && backward\ncontinue\n')
[[ $(printf 'tbreak log\nc\nquit\ntbreak loss\nc\nquit\n' | "$program" run) == *F1*F2*gradient* ]] || { echo "FAILED: every backward() has its prompt"; failures=$((failures + 1)); }
[[ $(printf 'detach\nstep\n' | "$program" run) == "gradient"* ]] || { echo "FAILED: detach"; failures=$((failures + 1)); }
check "a failed assert stops the program" 3 'error: REEL_DEBUG=step: an assert failed' "$program" bad < <(echo 'assert no-alerts')
unset REEL_DEBUG

printf 'seek end\nprint w.grad[0]\n' >good.txt
printf 'seek end\nprin w.gard\nseek start\n' >wrong.txt
check "repl() runs a script" 0 'dL/dw\[0\] = 0\.5$' "$program" repl good.txt </dev/null
check "a script stops at what cannot be run" 1 'no entry of the tape is named w.gard[^F]*$' "$program" repl wrong.txt </dev/null
check "a script that is not there" 3 'no.txt' "$program" repl no.txt </dev/null

"$program" save good.tape </dev/null && "$program" save bad.tape bad </dev/null || exit 1
check "reel-step reads commands from a pipe" 0 $'^F1  log.*\n    #1 = \\[0\\.693147, 1\\.09861\\]$' "$reel_step" good.tape < <(echo step)
check "-x runs a script" 0 'dL/dw\[0\] = 0\.5$' "$reel_step" good.tape -x good.txt </dev/null
check "-x stops at what cannot be run" 1 'w.gard' "$reel_step" good.tape -x wrong.txt </dev/null
check "--echo" 0 $'^F0 .*\n\\(reel\\) seek end\nB0' "$reel_step" good.tape --echo -ex 'seek end' </dev/null
check "--json" 0 '^\{"command":"where","ok":true,"event":"F0".*\}$' "$reel_step" good.tape --json -ex where </dev/null
check "assert no-alerts passes" 0 '^No alerts\.$' "$reel_step" good.tape -ex 'assert no-alerts' </dev/null
check "assert no-alerts fails" 1 $'^assert no-alerts failed: 1 alert\n  NaN born: log' "$reel_step" bad.tape -ex 'assert no-alerts' </dev/null
check "no colours in a pipe" 0 $'^[^\e]*$' "$reel_step" good.tape -ex heat </dev/null
check "a call without a file" 2 'usage: reel-step FILE' "$reel_step" </dev/null
check "an option that is not known" 2 'what is "--fly"' "$reel_step" good.tape --fly </dev/null
check "an option without its value" 2 '-x needs a value' "$reel_step" good.tape -x </dev/null
check "a file that is no tape" 2 'reel-step: good.txt: ' "$reel_step" good.txt </dev/null
if [[ -e /dev/full ]]; then
  check "an output that cannot be written" 2 'reel-step: cannot write to the standard output: No space left' bash -c '"$0" "$@" >/dev/full' "$reel_step" good.tape -ex where </dev/null
  check "help that cannot be written" 2 '' bash -c '"$0" --help >/dev/full' "$reel_step" </dev/null
fi
check "a script without an end" 2 'cannot read /dev/zero: it is a device, and has no end' "$reel_step" good.tape -x /dev/zero </dev/null
check "a tape without an end" 2 '/dev/zero: it is a device' "$reel_step" /dev/zero </dev/null
check "--help" 0 '^usage:' "$reel_step" --help </dev/null

# On a terminal there are colours, a prompt and completion, if `script` is there to make one.
if command -v script >/dev/null; then
  output=$(printf 'heat\nqu\t\n' | TERM=xterm script -qec "'$reel_step' good.tape" /dev/null)
  [[ $output == *"(reel)"* && $output == *$'\e[48;5;'* ]] || { printf 'FAILED: on a terminal: %s\n' "$output"; failures=$((failures + 1)); }
  output=$(printf 'heat\nquit\n' | NO_COLOR=1 TERM=xterm script -qec "'$reel_step' good.tape" /dev/null)
  [[ $output != *$'\e[48;5;'* ]] || { printf 'FAILED: NO_COLOR: %s\n' "$output"; failures=$((failures + 1)); }
fi
exit $((failures > 0))
