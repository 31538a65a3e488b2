#!/bin/sh
# Starts the container's PostgreSQL with what the machine has: the rules of devtools/sizing.py, which its tests hold against
# these. The three figures may be given: MEMORY_MB, PROCESSORS, FREE_DISK_MB. With --print it only says the settings.
set -eu
limit() { cat /sys/fs/cgroup/memory.max 2>/dev/null || echo max; }
memory=${MEMORY_MB:-$(awk '/MemTotal/ {print int($2 / 1024)}' /proc/meminfo)}
if [ -z "${MEMORY_MB:-}" ] && [ "$(limit)" != max ] && [ $(($(limit) / 1048576)) -lt "$memory" ]; then
  memory=$(($(limit) / 1048576))
fi
processors=${PROCESSORS:-$(nproc)}
disk=${FREE_DISK_MB:-$(df -Pm /var/lib/postgresql | awk 'NR == 2 {print $4}')}

between() { # value least most
  v=$1; [ "$v" -lt "$3" ] || v=$3; [ "$v" -gt "$2" ] || v=$2; echo "$v"
}
buffers=$(between $((memory / 4)) 128 16384)
half=$((memory / 2)); third=$((disk / 3)); [ "$half" -lt "$third" ] || half=$third
log=$(between "$half" 1024 16384)
helpers=$(between $((processors / 2)) 1 4)
workers=$((4 + processors)); [ "$workers" -gt 8 ] || workers=8

set -- "shared_buffers=${buffers}MB" \
  "effective_cache_size=$(between $((memory * 5 / 8)) 512 1048576)MB" \
  "work_mem=$(between $(((memory - buffers) / 300)) 8 256)MB" \
  "maintenance_work_mem=$(between $((memory / 16)) 64 2048)MB" \
  "max_wal_size=${log}MB" "min_wal_size=$((log / 4))MB" \
  "checkpoint_timeout=15min" "checkpoint_completion_target=0.9" \
  "max_parallel_workers=$processors" "max_parallel_workers_per_gather=$helpers" \
  "max_parallel_maintenance_workers=$helpers" "max_worker_processes=$workers" "$@"
case "$*" in *--print*) printf '%s\n' "$@" | grep =; exit 0 ;; esac
flags=""
for setting in "$@"; do flags="$flags -c $setting"; done
# shellcheck disable=SC2086
exec docker-entrypoint.sh postgres $flags
