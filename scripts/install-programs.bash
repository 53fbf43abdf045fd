# shellcheck shell=bash
# Sourced by scripts/test, which calls allow_services when it ends, however that comes.

# Installs those of these programs that are missing, through apt where that is possible; else says what to install.
# Each program's package has its name.
install_programs() {
  local missing=() program
  for program in "$@"; do
    command -v "$program" >/dev/null || missing+=("$program")
  done
  install_debian_packages "${missing[@]}"
}

# install_absent HAS PACKAGE...: installs those Debian packages of which the function HAS says that they are not there.
install_absent() {
  local has=$1 missing=() package
  shift
  for package in "$@"; do
    "$has" "$package" || missing+=("$package")
  done
  install_debian_packages "${missing[@]}"
}

install_debian_packages() {
  local missing=("$@") as_root=()
  if ((${#missing[@]} == 0)); then return; fi
  if ((EUID != 0)); then as_root=(sudo -n); fi
  if ! command -v apt-get >/dev/null || ! "${as_root[@]}" true 2>/dev/null; then
    echo "These are needed and missing: ${missing[*]}. Install them; on Debian and Ubuntu:" >&2
    echo "  sudo apt-get install --no-install-recommends ${missing[*]}" >&2
    return 1
  fi
  echo "installing ${missing[*]} (apt-get)" >&2
  forbid_services
  apt_install >/dev/null 2>&1 || { "${as_root[@]}" apt-get update -q >&2 && apt_install >&2; }
  local status=$?
  allow_services
  return "$status"
}

apt_install() {
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${missing[@]}" </dev/null
}

# Debian's memcached package starts a service on port 11211. While this policy answers no (101), it does not.
service_policy=/usr/sbin/policy-rc.d

forbid_services() {
  if [[ -e $service_policy ]]; then return; fi
  printf '#!/bin/sh\n# maglia: no services while its tests install programs\nexit 101\n' | "${as_root[@]}" tee "$service_policy" >/dev/null
  "${as_root[@]}" chmod 755 "$service_policy"
}

allow_services() {
  local as_root=()
  if ! grep -qs '^# maglia:' "$service_policy"; then return; fi
  if ((EUID != 0)); then as_root=(sudo -n); fi
  "${as_root[@]}" rm -f "$service_policy"
}
