// Descriptors without a name: socket pairs, descriptors received over them, events, anonymous memory, polling.
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "op.h"
#include "registry.h"

// musl's CMSG_NXTHDR compares signed with unsigned lengths.
#pragma GCC diagnostic ignored "-Wsign-compare"

namespace fbsys {
namespace {

struct Socketpair : Op {
  static constexpr size_t kArgs = 1;
  int32_t* out;
  void Parse(Args& a) {
    size_t count = 0;
    out = a.Int32s(0, "out", 2, &count);
  }
  int64_t Run() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1) return -errno;
    out[0] = ends[0];
    out[1] = ends[1];
    return 0;
  }
};

struct RecvFd : Op {
  static constexpr size_t kArgs = 1;
  // The most that one message can carry (SCM_MAX_FD), so that none is cut off.
  static constexpr size_t kMost = 253;
  int socket;
  void Parse(Args& a) { socket = a.Fd(0, "socket"); }
  int64_t Run() {
    char byte;
    iovec segment = {&byte, 1};
    alignas(cmsghdr) char control[CMSG_SPACE(kMost * sizeof(int))];
    msghdr message = {};
    message.msg_iov = &segment;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t length = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (length < 0) return -errno;
    int taken = -1;
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
      if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
      const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (size_t i = 0; i < count; i++) {
        int fd;
        memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
        if (taken == -1) {
          taken = fd;
        } else {
          close(fd);
        }
      }
    }
    if (taken != -1) return taken;
    // The kernel had no room for it in the descriptor table of this process.
    if ((message.msg_flags & MSG_CTRUNC) != 0) return -EMFILE;
    return length == 0 ? -ECONNRESET : -EBADMSG;
  }
};

struct Eventfd : Op {
  static constexpr size_t kArgs = 2;
  unsigned initial;
  int flags;
  void Parse(Args& a) {
    initial = a.Uint(0, "init");
    flags = a.Int(1, "flags");
  }
  int64_t Run() { return Sys(eventfd(initial, flags | EFD_CLOEXEC)); }
};

struct Poll : Op {
  static constexpr size_t kArgs = 3;
  static constexpr size_t kMost = 1024;
  int32_t* triples;
  size_t count;
  int timeout;
  void Parse(Args& a) {
    size_t length = 0;
    triples = a.Int32s(0, "fds", 0, &length);
    count = static_cast<size_t>(a.Integer(1, "n", 0, kMost));
    timeout = static_cast<int>(a.Integer(2, "timeoutMs", -1, INT32_MAX));
    if (a.ok() && count > length / 3) a.FailRange("n", "at most a third of the length of fds");
  }
  int64_t Run() {
    pollfd fds[kMost];
    for (size_t i = 0; i < count; i++) {
      fds[i] = {triples[3 * i], static_cast<short>(triples[3 * i + 1]), 0};
    }
    const int64_t ready = Sys(poll(fds, count, timeout));
    for (size_t i = 0; i < count; i++) triples[3 * i + 2] = ready < 0 ? 0 : fds[i].revents;
    return ready;
  }
};

struct MemfdCreate : Op {
  static constexpr size_t kArgs = 2;
  Path name;
  unsigned flags;
  void Parse(Args& a) {
    a.PathOf(0, "name", &name);
    flags = a.Uint(1, "flags");
  }
  int64_t Run() { return Sys(memfd_create(name.text, flags | MFD_CLOEXEC)); }
};

}  // namespace

void RegisterSockets(Registry& registry) {
  registry.Add("socketpair", Sync<Socketpair>);
  registry.Add("recvFd", Sync<RecvFd>);
  registry.Add("eventfd", Sync<Eventfd>);
  registry.Add("poll", Sync<Poll>);
  registry.Add("memfdCreate", Sync<MemfdCreate>);
}

}  // namespace fbsys
