# shellcheck shell=bash
# An SSH server with SFTP, of Debian.

start_ssh() {
  install_packages openssh-server
  local dir=$folder/ssh port
  port=$(port_of ssh)
  login_user sluicessh "$dir/home"
  mkdir -p "$dir/home" /run/sshd
  chown sluicessh "$dir/home"
  [ -f "$dir/host-key" ] || ssh-keygen -q -t ed25519 -N '' -f "$dir/host-key"
  [ -f "$dir/user-key" ] || ssh-keygen -q -t ed25519 -N sluice -f "$dir/user-key"
  cat >"$dir/sshd.conf" <<CONF
ListenAddress 127.0.0.1
Port $port
HostKey $dir/host-key
AuthorizedKeysFile $dir/user-key.pub
StrictModes no
PasswordAuthentication yes
UsePAM no
PidFile none
Subsystem sftp internal-sftp
AllowUsers sluicessh
MaxStartups 100
CONF
  run ssh /usr/sbin/sshd -D -e -f "$dir/sshd.conf"
  wait_ready ssh "$port"
}

env_ssh() {
  echo "export SLUICE_TEST_SFTP_URL=sftp://sluicessh:sluice@127.0.0.1:$(port_of ssh)$folder/ssh/home"
  echo "export SLUICE_TEST_SFTP_KEY=$folder/ssh/user-key"
}
