# shellcheck shell=bash
# What all services share: packages, ports, processes. Wants $folder, the folder of them all.

ready_seconds=90

say() { echo "services: $*" >&2; }

fail() {
  say "$*"
  exit 1
}

is_root() { [ "$(id -u)" -eq 0 ]; }

install_packages() {
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  is_root || fail "these Debian packages are missing: ${missing[*]}; install them, or run this as root"
  say "installing ${missing[*]}"
  # A package starts its service on installation where it can; the tests want their own.
  if ! DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -q "${missing[@]}" >"$folder/apt.log" 2>&1; then
    apt-get update -q >>"$folder/apt.log" 2>&1 || true
    DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -q "${missing[@]}" >>"$folder/apt.log" 2>&1 ||
      fail "apt-get could not install ${missing[*]}; see $folder/apt.log"
  fi
}

free_port() {
  node -e "const s=require('net').createServer().listen(0,'127.0.0.1',()=>{console.log(s.address().port);s.close()})"
}

# The port of a service: the one it had before, so that its address survives a restart.
port_of() {
  local file=$folder/$1/port
  [ -s "$file" ] || free_port >"$file"
  cat "$file"
}

# Takes another port when the one of before has gone to another program meanwhile.
check_port() {
  if answers "$(port_of "$1")"; then free_port >"$folder/$1/port"; fi
}

# Whether the service's process lives and is the one that was started here: a pid may have gone to another program.
is_running() {
  local file=$folder/$1/pid pid
  [ -s "$file" ] || return 1
  pid=$(cat "$file")
  [ -r "/proc/$pid/cmdline" ] && tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF -- "$folder/$1/"
}

# run NAME COMMAND...: starts a process of its own session, with its output in a file.
run() {
  local name=$1
  shift
  setsid "$@" >>"$folder/$name/log" 2>&1 </dev/null 9>&- &
  echo $! >"$folder/$name/pid"
}

answers() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# wait_ready NAME PORT [CHECK]: until the port is open and CHECK, which is given the port, succeeds.
wait_ready() {
  local name=$1 port=$2 check=${3:-true} end=$((SECONDS + ready_seconds))
  while ((SECONDS < end)); do
    # Not is_running: for a moment the process is still the shell that is about to become the server.
    kill -0 "$(cat "$folder/$name/pid")" 2>/dev/null ||
      fail "$name ended while it started; the last lines of $folder/$name/log: $(tail -n 5 "$folder/$name/log")"
    if answers "$port" && "$check" "$port"; then
      say "$name is ready on 127.0.0.1:$port"
      return
    fi
    sleep 0.1
  done
  fail "$name was not ready after $ready_seconds s; see $folder/$name/log"
}

# A user who logs in with the password `sluice`: NAME HOME. It may be there with the home of another folder of services.
login_user() {
  if id "$1" >/dev/null 2>&1; then
    usermod --home "$2" "$1"
  else
    useradd --no-create-home --home-dir "$2" --shell /bin/bash "$1"
  fi
  echo "$1:sluice" | chpasswd
}

# fetch_archive NAME ARTIFACT: one archive of Maven Central, into the service's folder `archive`.
fetch_archive() {
  command -v mvn >/dev/null || install_packages maven
  install_packages unzip
  say "fetching $2"
  mvn -q -B dependency:copy -Dartifact="$2" -DoutputDirectory="$folder/$1/archive" >>"$folder/$1/log" 2>&1 ||
    fail "Maven could not fetch $2; see $folder/$1/log"
}

# fetch_jars FOLDER GROUP:ARTIFACT:VERSION...: Java libraries with all that they need.
fetch_jars() {
  local into=$1 coordinate group artifact version
  shift
  [ -d "$into" ] && return
  command -v mvn >/dev/null || install_packages maven
  say "fetching $*"
  {
    echo '<project><modelVersion>4.0.0</modelVersion><groupId>dev</groupId><artifactId>dev</artifactId><version>1</version>'
    echo '<dependencies>'
    for coordinate in "$@"; do
      IFS=: read -r group artifact version <<<"$coordinate"
      echo "<dependency><groupId>$group</groupId><artifactId>$artifact</artifactId><version>$version</version></dependency>"
    done
    echo '</dependencies></project>'
  } >"$into.xml"
  rm -rf "$into.part"
  mvn -q -B -f "$into.xml" dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$into.part" \
    >>"$into.log" 2>&1 || fail "Maven could not fetch $*; see $into.log"
  mv "$into.part" "$into"
}
