// The load of one benchmark cell: repeats one operation in DIR for MS milliseconds and prints operations per second.
// Usage: client DIR SOURCE TEST MS [PID]. SOURCE is the directory behind DIR (the same where nothing is mounted): what a
// test needs beforehand is made there, so that the mount has not seen it yet. With PID, time is what this process and
// that one (the server) spend on a CPU, so that what else the machine does does not count: the same as the time on the
// wall where both are on one CPU that nobody else uses.

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <ctime>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace {

constexpr size_t kSmall = 4096;
constexpr size_t kLarge = 1 << 20;
constexpr size_t kFileSize = 64 << 20;
constexpr int kBatch = 2000;

using Clock = std::chrono::steady_clock;

std::string dir;
std::string source;
// Distinguishes the names of one run from those of every other: no name is ever used twice.
std::string run;
double budget_ms = 100;
// Where the threads of the server are listed, or empty.
std::string server_tasks;

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "%s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

int Check(int result, const std::string& what) {
  if (result < 0) Fail(what);
  return result;
}

std::string Name(const char* kind, int index) {
  return std::string(kind) + "-" + run + "-" + std::to_string(index);
}

// Milliseconds that the threads of the server have spent on a CPU (first number of schedstat, in nanoseconds).
double ServerMilliseconds() {
  double sum = 0;
  DIR* list = opendir(server_tasks.c_str());
  if (list == nullptr) Fail(server_tasks);
  while (const dirent* entry = readdir(list)) {
    if (entry->d_name[0] == '.') continue;
    FILE* file = std::fopen((server_tasks + "/" + entry->d_name + "/schedstat").c_str(), "r");
    unsigned long long spent = 0;
    if (file == nullptr) continue;
    if (std::fscanf(file, "%llu", &spent) == 1) sum += spent / 1e6;
    std::fclose(file);
  }
  closedir(list);
  return sum;
}

// Milliseconds of whatever clock counts.
double Now() {
  if (server_tasks.empty()) {
    return std::chrono::duration<double, std::milli>(Clock::now().time_since_epoch()).count();
  }
  timespec own;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
  return own.tv_sec * 1e3 + own.tv_nsec / 1e6 + ServerMilliseconds();
}

// Times `operation(i)` for i = 0, 1, ... in batches; `prepare(first, count)` runs before each batch, untimed.
void Measure(int batch, const std::function<void(int, int)>& prepare, const std::function<void(int)>& operation) {
  // Looking at the time of another process takes some itself.
  const int mask = server_tasks.empty() ? 15 : 511;
  double spent = 0;
  long done = 0;
  for (int first = 0; spent < budget_ms; first += batch) {
    prepare(first, batch);
    const double start = Now();
    int i = first;
    for (; i < first + batch; ++i) {
      operation(i);
      if ((i & mask) == mask && spent + Now() - start >= budget_ms) {
        ++i;
        break;
      }
    }
    spent += Now() - start;
    done += i - first;
  }
  std::printf("%.1f\n", done / (spent / 1000));
}

void Nothing(int, int) {}

void Touch(const std::string& path) {
  const int fd = Check(open(path.c_str(), O_CREAT | O_WRONLY | O_EXCL, 0644), path);
  close(fd);
}

void MakeBehind(const char* kind, int first, int count) {
  for (int i = first; i < first + count; ++i) Touch(source + "/" + Name(kind, i));
}

void MakeThrough(const char* kind, int first, int count) {
  for (int i = first; i < first + count; ++i) Touch(dir + "/" + Name(kind, i));
}

void StatMissing() {
  Measure(kBatch, Nothing, [](int i) {
    struct stat st;
    if (stat((dir + "/" + Name("missing", i)).c_str(), &st) == 0 || errno != ENOENT) Fail("stat of a missing name");
  });
}

void StatCold() {
  Measure(
      kBatch, [](int first, int count) { MakeBehind("cold", first, count); },
      [](int i) {
        struct stat st;
        Check(stat((dir + "/" + Name("cold", i)).c_str(), &st), "stat");
      });
}

void OpenClose() {
  const std::string path = dir + "/" + Name("open", 0);
  Touch(path);
  Measure(kBatch, Nothing, [&](int) { close(Check(open(path.c_str(), O_RDONLY), "open")); });
}

void Create() {
  Measure(kBatch, Nothing, [](int i) { Touch(dir + "/" + Name("create", i)); });
}

void Unlink() {
  Measure(
      kBatch, [](int first, int count) { MakeThrough("unlink", first, count); },
      [](int i) { Check(unlink((dir + "/" + Name("unlink", i)).c_str()), "unlink"); });
}

void Rename() {
  Touch(dir + "/" + Name("rename", 0));
  Measure(kBatch, Nothing, [](int i) {
    Check(rename((dir + "/" + Name("rename", i)).c_str(), (dir + "/" + Name("rename", i + 1)).c_str()), "rename");
  });
}

char* Buffer() {
  static char* buffer = [] {
    void* memory = nullptr;
    if (posix_memalign(&memory, 4096, kLarge) != 0) Fail("posix_memalign");
    std::memset(memory, 'x', kLarge);
    return static_cast<char*>(memory);
  }();
  return buffer;
}

void FillBehind(const std::string& name) {
  const int fd = Check(open((source + "/" + name).c_str(), O_CREAT | O_RDWR, 0644), "make a file");
  for (size_t at = 0; at < kFileSize; at += kLarge) {
    if (pwrite(fd, Buffer(), kLarge, at) != static_cast<ssize_t>(kLarge)) Fail("fill a file");
  }
  close(fd);
}

off_t OffsetOf(int i, size_t size, bool random) {
  const unsigned long chunks = kFileSize / size;
  const unsigned long n = random ? (static_cast<unsigned long>(i) * 2654435761UL) >> 7 : static_cast<unsigned long>(i);
  return static_cast<off_t>((n % chunks) * size);
}

// `cold` drops the page cache of the mount before each pass over the file.
void Read(size_t size, bool random, bool cold, int flags) {
  const std::string name = Name("read", 0);
  FillBehind(name);
  const int fd = Check(open((dir + "/" + name).c_str(), O_RDONLY | flags), "open");
  const int pass = static_cast<int>(kFileSize / size);
  if (!cold && flags == 0) {
    for (int i = 0; i < pass; ++i) Check(pread(fd, Buffer(), size, OffsetOf(i, size, false)), "read");
  }
  Measure(
      pass,
      [&](int, int) {
        if (cold) posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
      },
      [&](int i) {
        if (pread(fd, Buffer(), size, OffsetOf(i, size, random)) != static_cast<ssize_t>(size)) Fail("read");
      });
  close(fd);
  unlink((dir + "/" + name).c_str());
}

void Write(size_t size, bool random, int flags) {
  const std::string name = Name("write", 0);
  FillBehind(name);
  const int fd = Check(open((dir + "/" + name).c_str(), O_RDWR | flags), "open");
  Measure(static_cast<int>(kFileSize / size), Nothing, [&](int i) {
    if (pwrite(fd, Buffer(), size, OffsetOf(i, size, random)) != static_cast<ssize_t>(size)) Fail("write");
  });
  close(fd);
  unlink((dir + "/" + name).c_str());
}

const std::vector<std::pair<std::string, std::function<void()>>> kTests = {
    {"stat_missing", StatMissing},
    {"stat_cold", StatCold},
    {"open_close", OpenClose},
    {"create", Create},
    {"unlink", Unlink},
    {"rename", Rename},
    {"read_4k_seq_cold", [] { Read(kSmall, false, true, 0); }},
    {"read_4k_rand_cold", [] { Read(kSmall, true, true, 0); }},
    {"read_4k_hot", [] { Read(kSmall, true, false, 0); }},
    {"read_4k_direct", [] { Read(kSmall, true, false, O_DIRECT); }},
    {"read_1m_cold", [] { Read(kLarge, false, true, 0); }},
    {"read_1m_hot", [] { Read(kLarge, false, false, 0); }},
    {"read_1m_direct", [] { Read(kLarge, false, false, O_DIRECT); }},
    {"write_4k", [] { Write(kSmall, false, 0); }},
    {"write_4k_rand", [] { Write(kSmall, true, 0); }},
    {"write_4k_direct", [] { Write(kSmall, true, O_DIRECT); }},
    {"write_1m", [] { Write(kLarge, false, 0); }},
    {"write_1m_direct", [] { Write(kLarge, false, O_DIRECT); }},
};

}  // namespace

int main(int argc, char** argv) {
  if (argc == 2 && std::string(argv[1]) == "list") {
    for (const auto& [name, test] : kTests) std::printf("%s\n", name.c_str());
    return 0;
  }
  if (argc != 5 && argc != 6) {
    std::fprintf(stderr, "usage: client DIR SOURCE TEST MS [PID] | client list\n");
    return 64;
  }
  if (argc == 6) server_tasks = std::string("/proc/") + argv[5] + "/task";
  // A directory of its own per run keeps directories short and names unused.
  run = std::to_string(getpid()) + "x" + std::to_string(Clock::now().time_since_epoch().count());
  const std::string sub = "/bench-" + run;
  dir = std::string(argv[1]) + sub;
  source = std::string(argv[2]) + sub;
  budget_ms = std::atof(argv[4]);
  Check(mkdir(dir.c_str(), 0755), "mkdir");
  for (const auto& [name, test] : kTests) {
    if (name == argv[3]) {
      test();
      return 0;
    }
  }
  std::fprintf(stderr, "no such test: %s\n", argv[3]);
  return 64;
}
