# shellcheck shell=bash
# Sourced by scripts/start and scripts/test: what both need first. Everything that it prints goes to stderr.

install_packages() {
  # npm writes this file last, so that an install that was broken off is done again.
  local installed=node_modules/.package-lock.json
  if [[ ! -e $installed || package-lock.json -nt $installed ]]; then
    echo 'installing packages (npm ci)' >&2
    npm ci --include=dev --no-audit >&2
  fi
}

build_if_old() {
  # A build ends with making this file executable, so that one that failed is done again.
  if [[ ! -x dist/main.js || -n $(find src package.json tsconfig*.json -newer dist/main.js -print -quit) ]]; then
    echo 'building' >&2
    npm run --silent build >&2
  fi
}
