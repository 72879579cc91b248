{
  "variables": { "fb_sys_asan%": 0 },
  "targets": [
    {
      "target_name": "fb_sys",
      "sources": [
        "addon.cc",
        "allocation.cc",
        "args.cc",
        "attributes.cc",
        "bounce.cc",
        "constants.cc",
        "create.cc",
        "credentials.cc",
        "data.cc",
        "descriptors.cc",
        "directories.cc",
        "env.cc",
        "errnos.cc",
        "guest_fault.cc",
        "guest_io.cc",
        "guest_region.cc",
        "handles.cc",
        "ioctl.cc",
        "kernel_constants.cc",
        "locks.cc",
        "memory.cc",
        "mount.cc",
        "names.cc",
        "open.cc",
        "pool.cc",
        "sockets.cc",
        "stat.cc",
        "thread.cc",
        "threads.cc",
        "unix_socket.cc",
        "wake.cc",
        "watcher.cc",
        "xattr.cc"
      ],
      "defines": ["NAPI_VERSION=8", "_GNU_SOURCE"],
      "cflags!": ["-O3"],
      "cflags_cc!": ["-std=gnu++17", "-std=gnu++20", "-O3"],
      "cflags": ["-O2", "-fvisibility=hidden", "-Wall", "-Wextra", "-Werror"],
      "cflags_cc": ["-std=c++17"],
      "ldflags": [
        "-static-libstdc++",
        "-static-libgcc",
        "-Wl,--exclude-libs,ALL",
        "-Wl,-z,now",
        "-Wl,-z,nodelete"
      ],
      "conditions": [
        ["fb_sys_asan==1", {
          "cflags": ["-fsanitize=address", "-fno-omit-frame-pointer", "-g"],
          "ldflags!": ["-static-libgcc"],
          "ldflags": ["-fsanitize=address"]
        }, {
          "ldflags": ["-s"]
        }]
      ]
    }
  ]
}
