/** The name of the virtio-serial port between the guest's agent and the host. */
export const AGENT_PORT = 'fb.agent'

/**
 * The guest's first process: inserts the modules, then obeys the host on the agent port.
 *
 * Each line from the host is `VERB LENGTH`. RUN is followed by LENGTH bytes of shell script, whose output goes to the
 * port as it is, followed by a marker line. A marker starts with a token that the host chose for this guest, so that
 * no output is taken for one. End of file means that the host is gone: the guest powers off.
 *
 * The programs of busybox come last in PATH, behind programs copied from the host.
 */
export const initScript = `#!/bin/sh
/bin/busybox mkdir -p /proc /sys /dev /run /tmp /busybox
/bin/busybox --install -s /busybox
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/busybox HOME=/root LC_ALL=C
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/shm /dev/pts
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t tmpfs -o mode=1777 tmpfs /tmp
mount -t tmpfs -o mode=755 tmpfs /run
ln -sf /proc/self/fd /dev/fd
ln -sf /proc/mounts /etc/mtab
hostname guest
ip link set lo up
for module in $(cat /lib/modules/order); do insmod "/lib/modules/$module.ko" || echo "init: cannot insert $module"; done

token=
for word in $(cat /proc/cmdline); do case $word in fb.token=*) token=\${word#fb.token=} ;; esac; done

device=
tries=100
while [ -z "$device" ] && [ "$tries" -gt 0 ]; do
  for port in /sys/class/virtio-ports/*; do
    [ "$(cat "$port/name" 2>/dev/null)" = ${AGENT_PORT} ] && device=/dev/\${port##*/}
  done
  [ -n "$device" ] && [ -e "$device" ] || { device=; tries=$((tries - 1)); usleep 50000; }
done
if [ -z "$device" ]; then echo 'init: no agent port'; poweroff -f; fi

exec 3<>"$device"
printf '\\n%s READY %s\\n' "$token" "$(uname -r)" >&3
while IFS=' ' read -r verb length <&3; do
  case $verb in
    RUN)
      head -c "$length" <&3 >/run/script
      sh /run/script </dev/null >&3 2>&3 3>&-
      printf '\\n%s DONE %d\\n' "$token" "$?" >&3
      ;;
    REBOOT) sync; reboot -f ;;
    POWEROFF) sync; poweroff -f ;;
  esac
done
poweroff -f
`
