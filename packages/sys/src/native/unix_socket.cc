// Unix sockets, without ever blocking: streams that carry descriptors, and single datagrams.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>

#include "op.h"
#include "registry.h"

// musl's CMSG_NXTHDR compares signed with unsigned lengths.
#pragma GCC diagnostic ignored "-Wsign-compare"

namespace fbsys {
namespace {

// The most descriptors that one message can carry (SCM_MAX_FD).
constexpr size_t kMostFds = 253;

class Control {
 public:
  // Ready to receive as many descriptors as can come, so that none is cut off for want of room.
  void Receive(msghdr* message) {
    message->msg_control = bytes_;
    message->msg_controllen = sizeof bytes_;
  }
  void Send(msghdr* message, const int32_t* fds, size_t count) {
    if (count == 0) return;
    memset(bytes_, 0, CMSG_SPACE(count * sizeof(int)));
    message->msg_control = bytes_;
    message->msg_controllen = CMSG_SPACE(count * sizeof(int));
    cmsghdr* const part = CMSG_FIRSTHDR(message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(part), fds, count * sizeof(int));
  }

 private:
  alignas(cmsghdr) char bytes_[CMSG_SPACE(kMostFds * sizeof(int))];
};

// A socket of this path, made by a name that fits; 0 or -errno.
int64_t Address(const Path& path, sockaddr_un* address, socklen_t* length) {
  const size_t bytes = strlen(path.text);
  if (bytes == 0) return -ENOENT;
  if (bytes >= sizeof address->sun_path) return -ENAMETOOLONG;
  *address = {};
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, path.text, bytes);
  *length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + bytes + 1);
  return 0;
}

int64_t CloseWith(int fd, int64_t status) {
  close(fd);
  return status;
}

constexpr int kType = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;

struct ListenUnix : Op {
  static constexpr size_t kArgs = 4;
  Path path;
  int backlog;
  mode_t mode;
  int64_t gid;
  void Parse(Args& a) {
    a.PathOf(0, "path", &path);
    backlog = static_cast<int>(a.Integer(1, "backlog", 0, INT32_MAX));
    mode = static_cast<mode_t>(a.Integer(2, "mode", 0, 0777));
    gid = a.Integer(3, "gid", -1, UINT32_MAX - 1);
  }
  int64_t Run() {
    sockaddr_un address;
    socklen_t length;
    const int64_t status = Address(path, &address, &length);
    if (status < 0) return status;
    const int fd = socket(AF_UNIX, kType, 0);
    if (fd == -1) return -errno;
    // The mode of the socket is that of the name, less the umask: nobody sees it with another.
    if (fchmod(fd, mode) == -1 || bind(fd, reinterpret_cast<sockaddr*>(&address), length) == -1) {
      return CloseWith(fd, -errno);
    }
    // Nobody can connect before it listens.
    if ((gid != -1 && chown(path.text, static_cast<uid_t>(-1), static_cast<gid_t>(gid)) == -1) ||
        listen(fd, backlog) == -1) {
      const int error = errno;
      unlink(path.text);
      return CloseWith(fd, -error);
    }
    return fd;
  }
};

struct AcceptUnix : Op {
  static constexpr size_t kArgs = 1;
  int fd;
  void Parse(Args& a) { fd = a.Fd(0, "fd"); }
  int64_t Run() { return Sys(accept4(fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)); }
};

struct ConnectUnix : Op {
  static constexpr size_t kArgs = 1;
  Path path;
  void Parse(Args& a) { a.PathOf(0, "path", &path); }
  int64_t Run() {
    sockaddr_un address;
    socklen_t length;
    const int64_t status = Address(path, &address, &length);
    if (status < 0) return status;
    const int fd = socket(AF_UNIX, kType, 0);
    if (fd == -1) return -errno;
    if (connect(fd, reinterpret_cast<sockaddr*>(&address), length) == -1) return CloseWith(fd, -errno);
    return fd;
  }
};

struct RecvWithFds : Op {
  static constexpr size_t kArgs = 5;
  int fd;
  Bytes buffer;
  int32_t* out;
  size_t room;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    buffer = a.OutSlice(1, "buffer");
    out = a.Int32s(4, "fdsOut", 2, &room);
    if (a.ok() && buffer.length == 0) a.FailRange("length", "at least 1");
  }
  int64_t Run() {
    iovec segment = {buffer.data, buffer.length};
    Control control;
    msghdr message = {};
    message.msg_iov = &segment;
    message.msg_iovlen = 1;
    control.Receive(&message);
    out[0] = 0;
    out[1] = 0;
    const ssize_t length = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (length < 0) return -errno;
    for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
      if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
      const size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
      for (size_t i = 0; i < count; i++) Take(CMSG_DATA(part) + i * sizeof(int));
    }
    // The kernel had no room in this process's descriptor table.
    if ((message.msg_flags & MSG_CTRUNC) != 0) out[1]++;
    return length;
  }
  void Take(const unsigned char* at) {
    int taken;
    memcpy(&taken, at, sizeof taken);
    if (static_cast<size_t>(out[0]) + 2 < room) {
      out[2 + out[0]++] = taken;
    } else {
      close(taken);
      out[1]++;
    }
  }
};

struct SendWithFds : Op {
  static constexpr size_t kArgs = 6;
  int fd;
  Bytes buffer;
  const int32_t* fds;
  size_t count;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    buffer = a.InSlice(1, "buffer");
    size_t length = 0;
    fds = a.Int32s(4, "fds", 0, &length);
    count = static_cast<size_t>(a.Integer(5, "count", 0, kMostFds));
    if (a.ok() && count > length) a.FailRange("count", "at most the length of fds");
    if (a.ok() && buffer.length == 0) a.FailRange("length", "at least 1");
  }
  int64_t Run() {
    iovec segment = {buffer.data, buffer.length};
    Control control;
    msghdr message = {};
    message.msg_iov = &segment;
    message.msg_iovlen = 1;
    control.Send(&message, fds, count);
    return Sys(sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL));
  }
};

struct SendUnixDatagram : Op {
  static constexpr size_t kArgs = 2;
  Bytes address;
  Bytes message;
  void Parse(Args& a) {
    address = a.Whole(0, "address");
    message = a.Whole(1, "message");
  }
  int64_t Run() {
    sockaddr_un to = {};
    if (address.length == 0) return -ENOENT;
    // A path needs no NUL behind it; an abstract name is all of its bytes.
    if (address.length > sizeof to.sun_path) return -ENAMETOOLONG;
    to.sun_family = AF_UNIX;
    memcpy(to.sun_path, address.data, address.length);
    const int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd == -1) return -errno;
    const socklen_t length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.length);
    return CloseWith(fd, Sys(sendto(fd, message.data, message.length, MSG_DONTWAIT | MSG_NOSIGNAL,
                                    reinterpret_cast<sockaddr*>(&to), length)));
  }
};

struct Dup3 : Op {
  static constexpr size_t kArgs = 2;
  int fd;
  int target;
  void Parse(Args& a) {
    fd = a.Fd(0, "fd");
    target = a.Fd(1, "target");
  }
  int64_t Run() { return Sys(dup3(fd, target, O_CLOEXEC)); }
};

}  // namespace

void RegisterUnixSockets(Registry& registry) {
  registry.Add("listenUnix", Sync<ListenUnix>);
  registry.Add("acceptUnix", Sync<AcceptUnix>);
  registry.Add("connectUnix", Sync<ConnectUnix>);
  registry.Add("recvWithFds", Sync<RecvWithFds>);
  registry.Add("sendWithFds", Sync<SendWithFds>);
  registry.Add("sendUnixDatagram", Sync<SendUnixDatagram>);
  registry.Add("dup3", Sync<Dup3>);
}

}  // namespace fbsys
