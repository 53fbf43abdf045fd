# shellcheck shell=bash
# Sourced by scripts/test after install-programs.bash, whose way with apt and with services it shares.

# The real clients that test/clients drives, by Debian package, each with the question whether it is there. They are asked
# of /usr/bin, where apt puts them, and not of the PATH: another Python or Ruby that comes first there has none of them.
client_packages=(php-cli php-memcached python3 python3-django python3-pymemcache python3-pylibmc
  ruby ruby-dalli ruby-connection-pool ruby-rack puma libmemcached-tools libsasl2-modules)

has_client() {
  case $1 in
    php-cli) [[ -x /usr/bin/php ]] ;;
    php-memcached) [[ -x /usr/bin/php ]] && /usr/bin/php -r 'exit(extension_loaded("memcached") ? 0 : 1);' 2>/dev/null ;;
    python3) [[ -x /usr/bin/python3 ]] ;;
    python3-*) /usr/bin/python3 -c "import ${1#python3-}" 2>/dev/null ;;
    ruby) [[ -x /usr/bin/ruby ]] ;;
    ruby-connection-pool) /usr/bin/ruby -r connection_pool -e '' 2>/dev/null ;;
    ruby-*) /usr/bin/ruby -r "${1#ruby-}" -e '' 2>/dev/null ;;
    puma) [[ -x /usr/bin/puma ]] ;;
    libmemcached-tools) [[ -x /usr/bin/memccapable ]] ;;
    # What libmemcached, and so PHP and pylibmc, need to say who they are; only recommended by it.
    libsasl2-modules) compgen -G '/usr/lib/*/sasl2/libplain.so*' >/dev/null ;;
  esac
}

install_clients() {
  install_absent has_client "${client_packages[@]}"
}
