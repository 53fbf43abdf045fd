# shellcheck shell=bash
# Sourced after install-programs.bash by what needs containers. A script that calls install_docker calls stop_docker when it
# ends, however that comes.

# What an engine of ours keeps: its images, so that the next run need not build them all again. Delete it at any time.
docker_directory=${MAGLIA_DOCKER_DIRECTORY:-/var/tmp/maglia-docker}

# Sees to a Docker engine that answers, and to `docker compose`. Where that cannot be, it says so in one line and fails.
install_docker() {
  # Nobody need be asked which platform's images are meant, or in which colour: this machine's, and none.
  export BUILDKIT_PROGRESS=plain
  find_engine || { install_engine && start_engine; } || return 1
  install_compose
}

find_engine() {
  docker_answers && return
  # One of ours that an earlier run left, or that another run uses now: that one stops it.
  DOCKER_HOST=unix://$docker_directory/docker.sock docker_answers || return 1
  export DOCKER_HOST=unix://$docker_directory/docker.sock
}

docker_answers() {
  command -v docker >/dev/null && timeout 10s docker version --format '{{.Server.Version}}' >/dev/null 2>&1
}

install_engine() {
  if [[ -S /var/run/docker.sock && ! -w /var/run/docker.sock ]]; then
    no_engine "this user may not use the one that runs; run as root, or: sudo usermod -aG docker $(id -un)"
    return 1
  fi
  if command -v dockerd >/dev/null && command -v docker >/dev/null; then return; fi
  install_debian_packages docker.io || no_engine 'and it cannot be installed; see https://docs.docker.com/engine/install/'
}

# Starts an engine of our own beside whatever else is on this machine: its own socket, its own data.
start_engine() {
  local as_root=() log=$docker_directory/dockerd.log pid
  if ((EUID != 0)); then as_root=(sudo -n); fi
  echo "starting a Docker engine of our own (in $docker_directory)" >&2
  if ! "${as_root[@]}" mkdir -p "$docker_directory"; then
    no_engine "$docker_directory cannot be made"
    return 1
  fi
  # A group that this user is in, so that docker itself need not run as root.
  "${as_root[@]}" sh -c 'exec setsid dockerd --data-root "$1/data" --exec-root "$1/run" --pidfile "$1/dockerd.pid" \
    --host "unix://$1/docker.sock" --group "$2" --log-level warn >"$1/dockerd.log" 2>&1 </dev/null' \
    dockerd "$docker_directory" "$(id -g)" &
  docker_starter=$!
  export DOCKER_HOST=unix://$docker_directory/docker.sock
  for ((pid = 0; pid < 300; pid++)); do
    docker_answers && return
    kill -0 "$docker_starter" 2>/dev/null || break
    sleep 0.1
  done
  no_engine "dockerd does not start here: $("${as_root[@]}" tail -n 1 "$log" | cut -c 1-300)"
  stop_docker
  unset DOCKER_HOST
  return 1
}

# Stops the engine, if this shell started it.
stop_docker() {
  local as_root=() pid
  if [[ -z ${docker_starter:-} ]]; then return; fi
  if ((EUID != 0)); then as_root=(sudo -n); fi
  pid=$("${as_root[@]}" cat "$docker_directory/dockerd.pid" 2>/dev/null) && "${as_root[@]}" kill "$pid"
  wait "$docker_starter" 2>/dev/null
  docker_starter=
}

# The oldest Debian that has Compose v2 is trixie. Only its program is wanted, so this machine's apt is told nothing: the
# package is fetched by lists of our own, and unpacked, not installed.
install_compose() {
  local plugins=${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins lists
  docker compose version >/dev/null 2>&1 && return
  echo 'installing Docker Compose (from Debian trixie)' >&2
  lists=$(mktemp -d)
  mkdir -p "$plugins" "$lists"/{lists,cache}/partial
  echo 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian trixie main' \
    >"$lists/sources.list"
  if (
    cd "$lists" || exit 1
    apt=(apt-get -q -o "Dir::Etc::SourceList=$lists/sources.list" -o Dir::Etc::SourceParts=-
      -o "Dir::State::Lists=$lists/lists" -o "Dir::Cache=$lists/cache" -o APT::Sandbox::User=)
    "${apt[@]}" update && "${apt[@]}" download docker-compose && dpkg-deb -x docker-compose_*.deb unpacked
  ) >"$lists/log" 2>&1; then
    find "$lists/unpacked" -type f -name docker-compose -exec install -m 755 {} "$plugins/docker-compose" \;
  fi
  if docker compose version >/dev/null 2>&1; then
    rm -rf "$lists"
    return
  fi
  tail -n 3 "$lists/log" >&2
  rm -rf "$lists"
  no_engine 'with Compose v2, which cannot be installed; see https://docs.docker.com/compose/install/'
}

# The one line by which a reader of a log knows why nothing ran in containers.
no_engine() {
  echo "no Docker engine, so nothing that needs containers can be tested: $1" >&2
  return 1
}
