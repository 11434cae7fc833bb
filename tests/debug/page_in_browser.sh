#!/usr/bin/env bash
# page_in_browser.sh CHROMIUM PAGE_CASES CASE: writes a page and lets it test itself in a browser without a window, which has no network.
# The page steps to the end and back and compares; here the browser's own words are looked at, too.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$2" "$3" "$work/page.html"
timeout 280 "$1" --headless --no-sandbox --disable-gpu --disable-background-networking --disable-component-update --no-first-run \
  --host-resolver-rules="MAP * ~NOTFOUND" --enable-logging=stderr --user-data-dir="$work/profile" --virtual-time-budget=200000 \
  --log-net-log="$work/network.json" --dump-dom "file://$work/page.html#selftest" >"$work/dom" 2>"$work/log" || { cat "$work/log"; exit 1; }
sed -n '/<pre id="selftest"/,/<\/pre>/p' "$work/dom"
failed=0
grep -q "selftest: passed" "$work/dom" || failed=1
if grep CONSOLE "$work/log"; then failed=1; fi
# The browser's own requests, for its dictionary and the like, have no page as their initiator.
[[ -s $work/network.json ]] || failed=1
if grep -E '"initiator":"(file|null)' "$work/network.json"; then failed=1; fi
exit $failed
