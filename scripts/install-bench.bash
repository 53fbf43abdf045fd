# shellcheck shell=bash
# Sourced by scripts/bench after install-programs.bash, whose way with apt and with services it shares.

# What maglia is measured beside, and what measures it, by Debian package, each with the question whether it is there.
bench_packages=(memcached libmemcached-tools nutcracker wrk redis-server php-cli php-memcached php-redis)

has_bench_package() {
  case $1 in
    libmemcached-tools) command -v memcslap >/dev/null ;;
    php-cli) [[ -x /usr/bin/php ]] ;;
    php-*) [[ -x /usr/bin/php ]] && /usr/bin/php -r "exit(extension_loaded('${1#php-}') ? 0 : 1);" 2>/dev/null ;;
    *) command -v "$1" >/dev/null ;;
  esac
}

install_bench() {
  install_absent has_bench_package "${bench_packages[@]}"
}
