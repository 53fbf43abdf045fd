# shellcheck shell=bash
# Sourced by scripts/test and scripts/test-on: runs tests, and counts them over all runs. Their traps remove "$report".

passed=0
failed=0
report=$(mktemp)

finish() {
  echo "$passed passed, $failed failed"
  exit $((failed > 0))
}

# With vitest's arguments, under the Node.js that comes first in PATH.
run_tests() {
  local status=0 counts
  node_modules/.bin/vitest run --reporter=default --reporter=json --outputFile.json="$report" "$@" || status=$?
  counts=$(node scripts/count-tests.mjs "$report") || counts='0 0'
  passed=$((passed + ${counts% *}))
  failed=$((failed + ${counts#* }))
  # A crash, or a file that cannot even be loaded, fails without a failed test.
  if ((status != 0 && failed == 0)); then failed=1; fi
}
