# shellcheck shell=bash
# Sourced after install-programs.bash: what the counter site needs beside Node.js, each asked for where apt puts it.

install_example() {
  local missing=()
  command -v memcached >/dev/null || missing+=(memcached)
  [[ -x /usr/bin/php ]] || missing+=(php-cli)
  /usr/bin/python3 -c 'import django' 2>/dev/null || missing+=(python3-django)
  [[ -x /usr/sbin/haproxy ]] || missing+=(haproxy)
  install_debian_packages "${missing[@]}"
}
