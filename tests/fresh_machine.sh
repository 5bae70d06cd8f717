#!/bin/bash
# Does the README hold on a fresh machine? `make fresh`, as root, about six minutes.
#
# Makes a Debian that has git, make and python3 and nothing else, puts a clone of the last commit there, and does what
# the README says: `make demo`, the login page, Ctrl-C; then the set-up of `make test`. Ends with 0 if all of it held.
# How this machine reaches packages (mirrors, certificates) is copied along; no address stands here.
set -euo pipefail

project=$(cd "$(dirname "$0")/.." && pwd)
suite=${SUITE:-bookworm}
top=$(mktemp -d /var/tmp/fresh-machine.XXXXXX)
root=$top/root
trap 'rm -rf --one-file-system "$top"' EXIT

say() { printf '%s  %s\n' "$(date +%T)" "$*"; }

[ "$(id -u)" = 0 ] || { echo "It needs root: a new system is made, and entered." >&2; exit 2; }
command -v debootstrap >/dev/null || PATH=$PATH:/usr/sbin:/sbin
command -v debootstrap >/dev/null || { echo "debootstrap is missing: .ci/system-packages test" >&2; exit 2; }

say "a fresh Debian $suite"
debootstrap --variant=minbase --include=git,make,python3,ca-certificates "$suite" "$root" >"$top/log" 2>&1 ||
    { tail -5 "$top/log" >&2; exit 2; }
for settings in /etc/apt/sources.list /etc/apt/sources.list.d /etc/apt/apt.conf.d /etc/pip.conf /etc/npmrc /root/.npmrc \
    /root/.m2/settings.xml /etc/resolv.conf /etc/hosts /etc/ssl/certs /usr/local/share/ca-certificates; do
    [ -e "$settings" ] || continue
    mkdir -p "$root$(dirname "$settings")"
    rm -rf "$root$settings"
    cp -aL "$settings" "$root$settings"
done
git clone -q "$project" "$root/srv/learnflow"

cat >"$root/srv/first-day" <<'INSIDE'
set -u
cd /srv/learnflow
started=$SECONDS
setsid make demo ARGS="--port 8123" >/srv/demo.log 2>&1 &
demo=$!
until python3 -c 'import urllib.request as u; u.urlopen("http://127.0.0.1:8123/hub/login", timeout=5)' 2>/dev/null; do
    kill -0 $demo 2>/dev/null || { tail -40 /srv/demo.log; echo "FAILED: make demo ended before its login page."; exit 1; }
    [ $((SECONDS - started)) -lt 1800 ] || { tail -40 /srv/demo.log; echo "FAILED: no login page after 30 minutes."; exit 1; }
    sleep 1
done
echo "held: make demo, from nothing to the login page in $((SECONDS - started)) s"
sleep 5
grep -q ada /srv/demo.log || { tail -20 /srv/demo.log; echo "FAILED: the terminal names no accounts."; exit 1; }
echo "held: the terminal names the accounts"
kill -INT -- -$demo
wait $demo
for _ in $(seq 30); do left=$(grep -lzs "[j]upyterhub" /proc/[0-9]*/cmdline | wc -l); [ "$left" = 0 ] && break; sleep 1; done
[ "$left" = 0 ] || { echo "FAILED: $left processes are left after Ctrl-C."; exit 1; }
echo "held: Ctrl-C leaves nothing"
started=$SECONDS
make .make/test-system >/srv/system.log 2>&1 || { tail -20 /srv/system.log; echo "FAILED: the set-up of make test."; exit 1; }
echo "held: what the tests need is installed in $((SECONDS - started)) s"
export PATH="/srv/learnflow/.venv/bin:$PATH"
pytest -q -p no:cacheprovider tests/integration/store/test_migrations.py tests/unit/kernels 2>&1 | tail -3
[ "${PIPESTATUS[0]}" = 0 ] || { echo "FAILED: tests with PostgreSQL and a sandbox."; exit 1; }
echo "held: tests with PostgreSQL and of the kernels pass"
INSIDE

say "its first day"
# A root of its own, not a chroot: a sandbox cannot be made in one.
ROOT=$root unshare --mount --pid --fork --kill-child bash -euc '
    mount --bind "$ROOT" "$ROOT"
    cd "$ROOT"
    mkdir -p old dev/shm
    mount -t proc proc proc
    mount --rbind /sys sys
    mount --rbind /dev dev
    pivot_root . old
    umount -l old
    kept=()
    while IFS= read -r pair; do kept+=("$pair"); done < <(env | grep -E "^(PIP_(CERT|INDEX|EXTRA|DEFAULT)|SSL_|CURL_CA|REQUESTS_CA|NODE_EXTRA|GIT_SSL|[a-z]+_proxy|[A-Z]+_PROXY)" || true)
    exec env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "${kept[@]}" bash /srv/first-day
'
say "all of it held"
