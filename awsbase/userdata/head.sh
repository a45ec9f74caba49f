#!/bin/bash
# Made by awsbase from its manifest; runs at each boot, and may run again at any time.
# mode: @mode@
set -uo pipefail
umask 022

say() {
  logger -t awsbase -- "$*"
  printf 'awsbase: %s\n' "$*"
}
try() {
  "$@" || say "failed: $*"
}
have() {
  rpm -q --quiet "$@" || try dnf -y -q install "$@"
}
