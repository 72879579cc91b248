// The load of one benchmark cell: front end and driver of a vhost-user file-system daemon in one.
// Usage: load SOCKET WORKLOAD DEPTH MS WARMUP_MS PAUSE_US PIDS. PIDS, separated by commas, are the daemon's. Keeps DEPTH
// requests in flight for MS milliseconds after WARMUP_MS that do not count, sleeping PAUSE_US (then only) before it posts
// more as a slow guest would, and prints requests, seconds, kicks, calls and the daemon's CPU seconds in one line. `load list`
// prints the workloads. The shared directory must hold `data`, of 64 MiB,
// `many` with some thousand files, and be empty of `load-*`.
//
// Rings as a Linux guest uses them: split, a table of descriptors per request, EVENT_IDX, one request queue.

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/fuse.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

constexpr uint64_t kMemory = 256ull << 20;
constexpr uint16_t kQueueSize = 512;
constexpr uint64_t kQueueBytes = 64 << 10;
constexpr uint64_t kFileBytes = 64ull << 20;
constexpr uint32_t kMegabyte = 1 << 20;
constexpr uint32_t kPage = 4096;
// Per request in flight: its table, its request (payload of WRITE included), its reply.
constexpr uint64_t kTable = 0, kIn = 16 << 10, kOut = kIn + kMegabyte + kPage, kSlot = kOut + kMegabyte + 4 * kPage;

using Clock = std::chrono::steady_clock;

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

// --- vhost-user ------------------------------------------------------------------------------------------------------

enum Message : uint32_t {
  GET_FEATURES = 1,
  SET_FEATURES = 2,
  SET_OWNER = 3,
  SET_MEM_TABLE = 5,
  SET_VRING_NUM = 8,
  SET_VRING_ADDR = 9,
  SET_VRING_BASE = 10,
  SET_VRING_KICK = 12,
  SET_VRING_CALL = 13,
  GET_PROTOCOL_FEATURES = 15,
  SET_PROTOCOL_FEATURES = 16,
  SET_VRING_ENABLE = 18,
};

constexpr uint64_t kFeatures = (1ull << 32) | (1ull << 29) | (1ull << 28) | (1ull << 30);
constexpr uint64_t kProtocolFeatures = 1ull << 3;  // REPLY_ACK, so that nothing is started too early
constexpr uint32_t kVersion = 1, kNeedReply = 1 << 3, kReply = 1 << 2;

struct Header {
  uint32_t request, flags, size;
};

class FrontEnd {
 public:
  explicit FrontEnd(const char* path) : socket_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) < 0) Fail(path);
  }

  uint64_t Get(Message message) {
    Send(message, 0, nullptr, 0, -1);
    return Receive(message);
  }

  // Waits until the daemon has done it, where it can say so.
  void Set(Message message, const void* payload, uint32_t size, int fd = -1) {
    Send(message, acknowledges_ ? kNeedReply : 0, payload, size, fd);
    if (acknowledges_ && Receive(message) != 0) Fail("the daemon refused message " + std::to_string(message));
  }

  void Set(Message message, uint64_t value) { Set(message, &value, sizeof value); }
  void Acknowledges() { acknowledges_ = true; }

 private:
  void Send(Message message, uint32_t flags, const void* payload, uint32_t size, int fd) {
    Header header{message, kVersion | flags, size};
    iovec parts[2] = {{&header, sizeof header}, {const_cast<void*>(payload), size}};
    msghdr out{};
    out.msg_iov = parts;
    out.msg_iovlen = size > 0 ? 2 : 1;
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    if (fd >= 0) {
      out.msg_control = control;
      out.msg_controllen = sizeof control;
      cmsghdr* const part = CMSG_FIRSTHDR(&out);
      part->cmsg_level = SOL_SOCKET;
      part->cmsg_type = SCM_RIGHTS;
      part->cmsg_len = CMSG_LEN(sizeof(int));
      std::memcpy(CMSG_DATA(part), &fd, sizeof fd);
    }
    if (sendmsg(socket_, &out, 0) < 0) Fail("sendmsg");
  }

  uint64_t Receive(Message message) {
    struct {
      Header header;
      char value[8];
    } reply;
    const ssize_t got = recv(socket_, &reply, sizeof reply, MSG_WAITALL);
    if (got != sizeof reply || reply.header.request != message || (reply.header.flags & kReply) == 0) {
      Fail("no answer to message " + std::to_string(message));
    }
    uint64_t value;
    std::memcpy(&value, reply.value, sizeof value);
    return value;
  }

  int socket_;
  bool acknowledges_ = false;
};

// --- split rings (virtio 1.2, 2.7) -----------------------------------------------------------------------------------

struct Descriptor {
  uint64_t address;
  uint32_t length;
  uint16_t flags, next;
};
constexpr uint16_t kNext = 1, kWrite = 2, kIndirect = 4;

struct Queue {
  Descriptor* descriptors;
  std::atomic<uint16_t>* available;  // flags, index, ring[], used_event
  std::atomic<uint16_t>* used;       // flags, index
  struct Used {
    uint32_t head, length;
  }* entries;
  std::atomic<uint16_t>* available_event;
  int kick, call;
  uint16_t next = 0, seen = 0;
};

uint8_t* memory;
uint64_t kicks = 0, calls = 0;

Queue MakeQueue(FrontEnd& front, uint32_t index) {
  const uint64_t at = index * kQueueBytes;
  const uint64_t available = at + 16ull * kQueueSize, used = (available + 6 + 2ull * kQueueSize + 3) & ~3ull;
  Queue queue{};
  queue.descriptors = reinterpret_cast<Descriptor*>(memory + at);
  queue.available = reinterpret_cast<std::atomic<uint16_t>*>(memory + available);
  queue.used = reinterpret_cast<std::atomic<uint16_t>*>(memory + used);
  queue.entries = reinterpret_cast<Queue::Used*>(memory + used + 4);
  queue.available_event = reinterpret_cast<std::atomic<uint16_t>*>(memory + used + 4 + 8ull * kQueueSize);
  queue.kick = eventfd(0, EFD_CLOEXEC);
  queue.call = eventfd(0, EFD_CLOEXEC);
  const uint32_t number[2] = {index, kQueueSize}, base[2] = {index, 0}, enable[2] = {index, 1};
  const auto user = reinterpret_cast<uint64_t>(memory);
  const struct {
    uint32_t index, flags;
    uint64_t descriptors, used, available, log;
  } addresses = {index, 0, user + at, user + used, user + available, 0};
  const uint64_t which = index;
  front.Set(SET_VRING_NUM, number, sizeof number);
  front.Set(SET_VRING_BASE, base, sizeof base);
  front.Set(SET_VRING_ADDR, &addresses, sizeof addresses);
  front.Set(SET_VRING_CALL, &which, sizeof which, queue.call);
  front.Set(SET_VRING_KICK, &which, sizeof which, queue.kick);
  front.Set(SET_VRING_ENABLE, enable, sizeof enable);
  return queue;
}

// Kicks where the device asks for it (2.7.10).
void Publish(Queue& queue, uint16_t count) {
  const uint16_t before = queue.next;
  queue.next = static_cast<uint16_t>(queue.next + count);
  queue.available[1].store(queue.next, std::memory_order_release);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const uint16_t event = queue.available_event->load(std::memory_order_relaxed);
  if (static_cast<uint16_t>(queue.next - event - 1) >= static_cast<uint16_t>(queue.next - before)) return;
  const uint64_t one = 1;
  if (write(queue.kick, &one, sizeof one) < 0) Fail("kick");
  kicks++;
}

// Waits until something is used.
void Wait(Queue& queue) {
  while (queue.used[1].load(std::memory_order_acquire) == queue.seen) {
    queue.available[2 + kQueueSize].store(queue.seen, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (queue.used[1].load(std::memory_order_acquire) != queue.seen) return;
    pollfd waiting{queue.call, POLLIN, 0};
    if (poll(&waiting, 1, 10'000) != 1) Fail("the daemon does not answer");
    uint64_t value;
    if (read(queue.call, &value, sizeof value) < 0) Fail("call");
    calls++;
  }
}

// --- FUSE ------------------------------------------------------------------------------------------------------------

uint64_t unique = 0;

// A request in flight; `kind` says what its answer is used for.
struct Slot {
  uint8_t* base;
  uint64_t address;
  int kind = 0;
  std::string name;
  uint64_t node = 0, handle = 0;

  uint8_t* in() const { return base + kIn; }
  template <class T>
  const T& out() const {
    return *reinterpret_cast<const T*>(base + kOut + sizeof(fuse_out_header));
  }
  int error() const { return reinterpret_cast<const fuse_out_header*>(base + kOut)->error; }
};

uint32_t pieces = 1;  // descriptors for data

class Request {
 public:
  Request(Slot& slot, uint32_t opcode, uint64_t node) : slot_(slot) {
    auto* const header = reinterpret_cast<fuse_in_header*>(slot.in());
    *header = {};
    header->opcode = opcode;
    header->unique = ++unique;
    header->nodeid = node;
  }
  template <class T>
  Request& Add(const T& value) {
    return Add(&value, sizeof value);
  }
  Request& Name(const std::string& name) { return Add(name.c_str(), name.size() + 1); }
  Request& Payload(uint32_t size) {
    payload_ = size;
    return *this;
  }
  // Fills the table of descriptors: header and arguments, payload, header of the reply, data of the reply.
  void Post(Queue& queue, uint16_t head, uint32_t reply, uint32_t data = 0) {
    reinterpret_cast<fuse_in_header*>(slot_.in())->len = size_ + payload_;
    auto* const table = reinterpret_cast<Descriptor*>(slot_.base + kTable);
    uint16_t count = 0;
    const auto add = [&](uint64_t at, uint32_t length, uint16_t flags) {
      table[count] = {slot_.address + at, length, static_cast<uint16_t>(flags | kNext), static_cast<uint16_t>(count + 1)};
      count++;
    };
    add(kIn, size_, 0);
    // Payload and data are page-aligned, as a kernel's are.
    Split(kIn + kPage, payload_, [&](uint64_t at, uint32_t length) { add(at, length, 0); });
    add(kOut, sizeof(fuse_out_header) + reply, kWrite);
    Split(kOut + kPage, data, [&](uint64_t at, uint32_t length) { add(at, length, kWrite); });
    table[count - 1].flags &= static_cast<uint16_t>(~kNext);
    queue.descriptors[head] = {slot_.address + kTable, static_cast<uint32_t>(count * sizeof(Descriptor)), kIndirect, 0};
    queue.available[2 + ((queue.next + posted++) & (kQueueSize - 1))].store(head, std::memory_order_relaxed);
  }
  static uint16_t posted;

 private:
  Request& Add(const void* bytes, size_t size) {
    std::memcpy(slot_.in() + size_, bytes, size);
    size_ += static_cast<uint32_t>(size);
    return *this;
  }
  template <class Each>
  static void Split(uint64_t at, uint32_t size, Each each) {
    if (size == 0) return;
    const uint32_t step = size / std::min(pieces, std::max(1u, size / kPage));
    for (uint32_t done = 0; done < size; done += step) each(at + done, step);
  }
  Slot& slot_;
  uint32_t size_ = sizeof(fuse_in_header);
  uint32_t payload_ = 0;
};
uint16_t Request::posted = 0;

struct Names {
  uint64_t data = 0, data_handle = 0, many = 0, many_handle = 0, writing = 0, writing_handle = 0;
} nodes;

uint64_t random_state = 88172645463325252ull;
uint64_t Random() {
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  return random_state ^= random_state << 17;
}

constexpr uint32_t kEntryOut = sizeof(fuse_entry_out), kOpenOut = sizeof(fuse_open_out);

// Posts the next request of a slot, given what it has been answered.
using Step = void (*)(Slot&, Queue&, uint16_t);

void Lookup(Slot& slot, Queue& queue, uint16_t head) {
  Request(slot, FUSE_LOOKUP, FUSE_ROOT_ID).Name("data").Post(queue, head, kEntryOut);
}
void LookupMissing(Slot& slot, Queue& queue, uint16_t head) {
  Request(slot, FUSE_LOOKUP, FUSE_ROOT_ID).Name("none-" + std::to_string(Random())).Post(queue, head, kEntryOut);
}
void Getattr(Slot& slot, Queue& queue, uint16_t head) {
  Request(slot, FUSE_GETATTR, nodes.data).Add(fuse_getattr_in{}).Post(queue, head, sizeof(fuse_attr_out));
}
void Statfs(Slot& slot, Queue& queue, uint16_t head) {
  Request(slot, FUSE_STATFS, FUSE_ROOT_ID).Post(queue, head, sizeof(fuse_statfs_out));
}
void OpenRelease(Slot& slot, Queue& queue, uint16_t head) {
  slot.kind ^= 1;
  if (slot.kind == 1) {
    Request(slot, FUSE_OPEN, nodes.data).Add(fuse_open_in{}).Post(queue, head, kOpenOut);
    return;
  }
  fuse_release_in release{};
  release.fh = slot.out<fuse_open_out>().fh;
  Request(slot, FUSE_RELEASE, nodes.data).Add(release).Post(queue, head, 0);
}
void CreateUnlink(Slot& slot, Queue& queue, uint16_t head) {
  switch (slot.kind++ % 4) {
    case 0: {
      slot.name = "load-" + std::to_string(getpid()) + "-" + std::to_string(unique);
      fuse_create_in create{};
      create.flags = O_WRONLY | O_CREAT;
      create.mode = 0100644;
      Request(slot, FUSE_CREATE, FUSE_ROOT_ID).Add(create).Name(slot.name).Post(queue, head, kEntryOut + kOpenOut);
      return;
    }
    case 1: {
      slot.node = slot.out<fuse_entry_out>().nodeid;
      fuse_release_in release{};
      release.fh = reinterpret_cast<const fuse_open_out*>(slot.base + kOut + sizeof(fuse_out_header) + kEntryOut)->fh;
      Request(slot, FUSE_RELEASE, slot.node).Add(release).Post(queue, head, 0);
      return;
    }
    case 2:
      Request(slot, FUSE_UNLINK, FUSE_ROOT_ID).Name(slot.name).Post(queue, head, 0);
      return;
    default: {
      fuse_batch_forget_in forget{1, 0};
      Request(slot, FUSE_BATCH_FORGET, 0).Add(forget).Add(fuse_forget_one{slot.node, 1}).Post(queue, head, 0);
    }
  }
}
void Read(Slot& slot, Queue& queue, uint16_t head, uint32_t size) {
  fuse_read_in read{};
  read.fh = nodes.data_handle;
  read.offset = Random() % (kFileBytes / size) * size;
  read.size = size;
  Request(slot, FUSE_READ, nodes.data).Add(read).Post(queue, head, 0, size);
}
void Write(Slot& slot, Queue& queue, uint16_t head, uint32_t size) {
  fuse_write_in write{};
  write.fh = nodes.writing_handle;
  write.offset = Random() % (kFileBytes / size) * size;
  write.size = size;
  Request(slot, FUSE_WRITE, nodes.writing).Add(write).Payload(size).Post(queue, head, sizeof(fuse_write_out));
}
void ReadSmall(Slot& slot, Queue& queue, uint16_t head) { Read(slot, queue, head, kPage); }
void ReadLarge(Slot& slot, Queue& queue, uint16_t head) { Read(slot, queue, head, kMegabyte); }
void WriteSmall(Slot& slot, Queue& queue, uint16_t head) { Write(slot, queue, head, kPage); }
void WriteLarge(Slot& slot, Queue& queue, uint16_t head) { Write(slot, queue, head, kMegabyte); }
void Readdirplus(Slot& slot, Queue& queue, uint16_t head) {
  fuse_read_in read{};
  read.fh = nodes.many_handle;
  read.size = kPage;
  Request(slot, FUSE_READDIRPLUS, nodes.many).Add(read).Post(queue, head, 0, kPage);
}

const struct Workload {
  const char* name;
  Step step;
  uint32_t pieces;
} kWorkloads[] = {
    {"lookup", Lookup, 1},
    {"lookup-missing", LookupMissing, 1},
    {"getattr", Getattr, 1},
    {"statfs", Statfs, 1},
    {"open-release", OpenRelease, 1},
    {"create-unlink", CreateUnlink, 1},
    {"read-4k", ReadSmall, 1},
    {"read-1m", ReadLarge, 256},
    {"write-4k", WriteSmall, 1},
    {"write-1m", WriteLarge, 256},
    {"readdirplus-4k", Readdirplus, 1},
};

// One request on its own.
void Once(Queue& queue, Slot& slot) {
  Request::posted = 0;
  Publish(queue, 1);
  Wait(queue);
  queue.seen++;
  if (slot.error() != 0) {
    errno = -slot.error();
    Fail("a request to begin with");
  }
}

uint64_t LookUp(Queue& queue, Slot& slot, const std::string& name) {
  Request(slot, FUSE_LOOKUP, FUSE_ROOT_ID).Name(name).Post(queue, 0, kEntryOut);
  Once(queue, slot);
  return slot.out<fuse_entry_out>().nodeid;
}

uint64_t Open(Queue& queue, Slot& slot, uint32_t opcode, uint64_t node, uint32_t flags) {
  fuse_open_in open{};
  open.flags = flags;
  Request(slot, opcode, node).Add(open).Post(queue, 0, kOpenOut);
  Once(queue, slot);
  return slot.out<fuse_open_out>().fh;
}

void Begin(Queue& queue, Slot& slot) {
  fuse_init_in init{};
  init.major = FUSE_KERNEL_VERSION;
  init.minor = 36;
  init.max_readahead = kMegabyte;
  init.flags = FUSE_ASYNC_READ | FUSE_BIG_WRITES | FUSE_DO_READDIRPLUS | FUSE_READDIRPLUS_AUTO | FUSE_PARALLEL_DIROPS |
               FUSE_MAX_PAGES | FUSE_ATOMIC_O_TRUNC | FUSE_HANDLE_KILLPRIV | FUSE_AUTO_INVAL_DATA | FUSE_ASYNC_DIO;
  Request(slot, FUSE_INIT, 0).Add(init).Post(queue, 0, sizeof(fuse_init_out));
  Once(queue, slot);
  nodes.data = LookUp(queue, slot, "data");
  nodes.many = LookUp(queue, slot, "many");
  nodes.writing = LookUp(queue, slot, "written");
  nodes.data_handle = Open(queue, slot, FUSE_OPEN, nodes.data, O_RDONLY);
  nodes.writing_handle = Open(queue, slot, FUSE_OPEN, nodes.writing, O_RDWR);
  nodes.many_handle = Open(queue, slot, FUSE_OPENDIR, nodes.many, O_RDONLY);
}

// --- measuring -------------------------------------------------------------------------------------------------------

double CpuSeconds(const std::string& pids) {
  double sum = 0;
  for (size_t at = 0; at < pids.size();) {
    const size_t end = std::min(pids.find(',', at), pids.size());
    const std::string path = "/proc/" + pids.substr(at, end - at) + "/stat";
    at = end + 1;
    FILE* const file = std::fopen(path.c_str(), "r");
    if (file == nullptr) Fail(path);
    char text[1024] = {};
    if (std::fread(text, 1, sizeof text - 1, file) == 0) Fail(path);
    std::fclose(file);
    unsigned long user = 0, system = 0;
    // Behind the name, which may hold anything.
    std::sscanf(std::strrchr(text, ')') + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system);
    sum += static_cast<double>(user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
  }
  return sum;
}

bool missing_is_right = false;
useconds_t pause_us = 0;

// Answers of one look at the used ring are followed by their next requests, in one go.
uint64_t Run(Queue& queue, std::vector<Slot>& slots, Step step, double milliseconds) {
  const auto deadline = Clock::now() + std::chrono::duration<double, std::milli>(milliseconds);
  uint64_t done = 0;
  Request::posted = 0;
  for (uint16_t head = 0; head < slots.size(); head++) step(slots[head], queue, head);
  Publish(queue, Request::posted);
  size_t flying = slots.size();
  while (flying > 0) {
    Wait(queue);
    const bool more = Clock::now() < deadline;
    Request::posted = 0;
    const uint16_t until = queue.used[1].load(std::memory_order_acquire);
    for (; queue.seen != until; queue.seen++, done++) {
      const auto head = static_cast<uint16_t>(queue.entries[queue.seen & (kQueueSize - 1)].head);
      Slot& slot = slots[head];
      const bool answered = reinterpret_cast<fuse_in_header*>(slot.in())->opcode != FUSE_BATCH_FORGET;
      if (answered && slot.error() != (missing_is_right ? -ENOENT : 0)) {
        // A missing name may also be answered with an entry without a node.
        if (!missing_is_right || slot.error() != 0) {
          errno = -slot.error();
          Fail("a request");
        }
      }
      if (more) {
        step(slot, queue, head);
      } else {
        flying--;
      }
    }
    if (pause_us > 0) usleep(pause_us);
    if (Request::posted > 0) Publish(queue, Request::posted);
  }
  return done;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::strcmp(argv[1], "list") == 0) {
    for (const Workload& workload : kWorkloads) std::puts(workload.name);
    return 0;
  }
  if (argc != 8) {
    std::fprintf(stderr, "usage: load SOCKET WORKLOAD DEPTH MS WARMUP_MS PAUSE_US PIDS | load list\n");
    return 2;
  }
  const auto* const workload = std::find_if(std::begin(kWorkloads), std::end(kWorkloads),
                                            [&](const Workload& one) { return std::strcmp(one.name, argv[2]) == 0; });
  if (workload == std::end(kWorkloads)) Fail(argv[2]);
  const auto depth = static_cast<size_t>(std::atoi(argv[3]));

  const int file = memfd_create("load", MFD_CLOEXEC);
  if (file < 0 || ftruncate(file, kMemory) < 0) Fail("memfd_create");
  memory = static_cast<uint8_t*>(mmap(nullptr, kMemory, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0));
  if (memory == MAP_FAILED) Fail("mmap");

  FrontEnd front(argv[1]);
  front.Set(SET_OWNER, nullptr, 0);
  const uint64_t features = front.Get(GET_FEATURES) & kFeatures;
  front.Set(SET_FEATURES, features);
  const uint64_t protocol = front.Get(GET_PROTOCOL_FEATURES) & kProtocolFeatures;
  front.Set(SET_PROTOCOL_FEATURES, protocol);
  if (protocol != 0) front.Acknowledges();
  const struct {
    uint32_t count, padding;
    uint64_t guest, size, user, offset;
  } table = {1, 0, 0, kMemory, reinterpret_cast<uint64_t>(memory), 0};
  front.Set(SET_MEM_TABLE, &table, sizeof table, file);
  MakeQueue(front, 0);
  Queue queue = MakeQueue(front, 1);

  std::vector<Slot> slots(depth);
  for (size_t i = 0; i < depth; i++) {
    slots[i].address = 4 * kQueueBytes + i * ((kSlot + kPage - 1) & ~static_cast<uint64_t>(kPage - 1));
    slots[i].base = memory + slots[i].address;
  }
  Begin(queue, slots[0]);
  pieces = workload->pieces;
  missing_is_right = workload->step == LookupMissing;
  Run(queue, slots, workload->step, std::atof(argv[5]));
  for (Slot& slot : slots) slot.kind = 0;
  pause_us = static_cast<useconds_t>(std::atoi(argv[6]));
  kicks = calls = 0;
  const double cpu = CpuSeconds(argv[7]);
  const auto start = Clock::now();
  const uint64_t done = Run(queue, slots, workload->step, std::atof(argv[4]));
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  std::printf("%llu %.6f %llu %llu %.3f\n", static_cast<unsigned long long>(done), seconds,
              static_cast<unsigned long long>(kicks), static_cast<unsigned long long>(calls), CpuSeconds(argv[7]) - cpu);
}
