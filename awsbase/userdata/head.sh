#!/bin/bash
# Made by awsbase from its manifest; runs at each boot, and may run again at any time.
# mode: @mode@
set -uo pipefail
umask 022
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=a

say() {
  logger -t awsbase -- "$*"
  printf 'awsbase: %s\n' "$*"
}
try() {
  "$@" || say "failed: $*"
}
# Amazon Linux has dnf; Debian and Ubuntu have apt, and other names.
if command -v dnf >/dev/null; then
  apt='' sshd=sshd.service
  held() { rpm -q --quiet "$@"; }
  add() { dnf -y -q install "$@"; }
  drop() { dnf -y -q remove "$@"; }
else
  apt=yes sshd=ssh.service listed=''
  held() { [ "$(dpkg-query -W -f '${db:Status-Status}\n' "$@" 2>/dev/null | grep -cx installed)" = $# ]; }
  get() { apt-get -y -qq --no-install-recommends -o DPkg::Lock::Timeout=600 "$@" </dev/null; }
  add() {
    # The first boot's own update of the lists may hold their lock.
    for _ in {1..6}; do
      [ -z "$listed" ] || break
      if get update; then listed=yes; else sleep 10; fi
    done
    get install "$@"
  }
  drop() { get purge "$@"; }
fi
no_socket() { # Ubuntu's sshd listens by its socket, whatever the service does
  for socket in ssh.socket sshd.socket; do
    ! systemctl cat $socket >/dev/null 2>&1 || try systemctl disable --now $socket
  done
}
have() {
  held "$@" || try add "$@"
}
from_aws() { # PACKAGE BUCKET PATH, for what no archive of Debian or Ubuntu has
  held "$1" && return
  have curl
  local region domain=amazonaws.com file=/var/cache/apt/archives/$1.deb
  region=$(cloud-init query region)
  [[ $region != cn-* ]] || domain+=.cn
  if curl -fsS --connect-timeout 10 --retry 2 -o "$file" "https://s3.$region.$domain/$2-$region/$3/$1.deb"; then
    try add "$file"
  else
    say "failed: no package $1 from AWS"
  fi
}
