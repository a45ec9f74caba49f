
# Who has an account: whoever the manifest names, and nobody else. Only root can change who may log in.
try groupadd -f awsbase-people
try groupadd -f awsbase-admins
install -d -m 755 /etc/ssh/awsbase
kept=' '
account() { # LOGIN person|administrator, with the public keys on stdin
  if ! id -u "$1" >/dev/null 2>&1; then
    try useradd --create-home --shell /bin/bash --groups awsbase-people "$1"
  elif ! id -nG "$1" | tr ' ' '\n' | grep -qx awsbase-people; then
    say "the account $1 belongs to the host itself, and stays without keys"
    return
  fi
  kept+="$1 "
  cat >"/etc/ssh/awsbase/$1"
  if [ "$2" = administrator ]; then
    try usermod --append --groups awsbase-admins "$1"
  elif id -nG "$1" | tr ' ' '\n' | grep -qx awsbase-admins; then
    try gpasswd --delete "$1" awsbase-admins
  fi
}
@accounts@
for file in /etc/ssh/awsbase/*; do
  [[ $kept == *" ${file##*/} "* ]] || rm -f "$file"
done
for login in $(getent group awsbase-people | cut -d: -f4 | tr , ' '); do
  [[ $kept == *" $login "* ]] && continue
  say "removing the account $login, which the manifest no longer names"
  usermod --lock --expiredate 1 "$login"
  pkill -KILL -u "$login"
  rm -f "/var/spool/cron/$login" "/var/spool/cron/crontabs/$login"
  try userdel --remove --force "$login"
done

# Nobody has a password, so sudo asks for none; it is for administrators only.
have sudo
echo '%awsbase-admins ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/.awsbase
chmod 440 /etc/sudoers.d/.awsbase
if visudo -cqf /etc/sudoers.d/.awsbase; then
  mv -f /etc/sudoers.d/.awsbase /etc/sudoers.d/awsbase
else
  say 'failed: visudo refuses the rule for administrators'
fi
