# shellcheck shell=bash
# An FTP server (vsftpd), of Debian.

start_ftp() {
  install_packages vsftpd
  local dir=$folder/ftp port
  port=$(port_of ftp)
  login_user sluiceftp "$dir/home"
  mkdir -p "$dir/home" "$dir/empty"
  chown sluiceftp "$dir/home"
  cat >"$dir/vsftpd.conf" <<CONF
listen=YES
listen_address=127.0.0.1
listen_port=$port
background=NO
anonymous_enable=NO
local_enable=YES
write_enable=YES
local_root=$dir/home
chroot_local_user=YES
allow_writeable_chroot=YES
secure_chroot_dir=$dir/empty
pasv_enable=YES
pasv_address=127.0.0.1
pam_service_name=vsftpd
seccomp_sandbox=NO
check_shell=NO
isolate=NO
isolate_network=NO
CONF
  run ftp vsftpd "$dir/vsftpd.conf"
  wait_ready ftp "$port"
}

env_ftp() { echo "export SLUICE_TEST_FTP_URL=ftp://sluiceftp:sluice@127.0.0.1:$(port_of ftp)"; }
