// Acts as one user after another and prints what became of it.
//
// usage: worker run DIR < CASES, or worker show DIR SHIFT, or worker ids
//
// run: each line of CASES is a name and, after a tab, steps separated by ';'. A case has a directory of its own in DIR. Its
// steps begin as root with umask 0; `as` makes whoever is named the caller of those that follow. Prints for each case its
// name, the results of its steps (`0`, the name of an errno, or what was found), and everything that is in its directory.
// show: prints what is in the directories of all cases, SHIFT taken off every owner and group.
// ids: prints who runs it; `exec` runs it so, with whatever set-id bits it has been given.

#include <dirent.h>
#include <endian.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace {

using std::string;
using Words = std::vector<string>;

constexpr size_t kValue = 65536;
constexpr char kAccessAcl[] = "system.posix_acl_access";
constexpr char kDefaultAcl[] = "system.posix_acl_default";
// Later ones are those of the clock.
constexpr time_t kGivenTimes = 1500000000;

// What is taken off every owner and group.
unsigned shift = 0;
// A file that stays open while the caller changes.
int held = -1;
string self;

[[noreturn]] void Fail(const string& what) {
  std::fprintf(stderr, "%s: %s\n", what.c_str(), strerror(errno));
  std::exit(1);
}

void Must(long result, const string& what) {
  if (result < 0) Fail(what);
}

Words Split(const string& text, char separator) {
  Words words;
  std::istringstream stream(text);
  for (string word; std::getline(stream, word, separator);) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

string Printed(const char* format, ...) {
  char text[512];
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof text, format, list);
  va_end(list);
  return text;
}

long Number(const string& text) { return std::stol(text, nullptr, 0); }
mode_t Mode(const string& text) { return std::stoul(text, nullptr, 8); }
// -1 keeps what is there.
unsigned Id(const string& text) { return static_cast<unsigned>(std::stol(text)); }
unsigned Shown(unsigned id) { return id - shift; }

string Outcome(long result) {
  if (result >= 0) return "0";
  const char* name = strerrorname_np(errno);
  return name == nullptr ? std::to_string(errno) : name;
}

// --- Who calls

void SetCapabilities(uint64_t effective) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2];
  Must(syscall(SYS_capget, &header, data), "capget");
  for (int i = 0; i < 2; ++i) data[i].effective = static_cast<uint32_t>(effective >> (32 * i)) & data[i].permitted;
  Must(syscall(SYS_capset, &header, data), "capset");
}

const std::map<string, int> kCapabilities = {
    {"chown", CAP_CHOWN},         {"dac_override", CAP_DAC_OVERRIDE}, {"dac_read_search", CAP_DAC_READ_SEARCH},
    {"fowner", CAP_FOWNER},       {"fsetid", CAP_FSETID},             {"mknod", CAP_MKNOD},
    {"sys_admin", CAP_SYS_ADMIN}, {"setfcap", CAP_SETFCAP},
};

void BecomeRoot() {
  SetCapabilities(~uint64_t{0});
  Must(setresuid(0, 0, 0), "setresuid");
  Must(setresgid(0, 0, 0), "setresgid");
  Must(setgroups(0, nullptr), "setgroups");
}

// UID GID GROUPS CAPABILITIES: groups as `7,9` or `100+5` (five from 100 on), capabilities as their names; `-` for what
// the user has anyway, and `none`. The saved ids stay those of root, which count for nothing.
void Become(const Words& step) {
  BecomeRoot();
  std::vector<gid_t> groups;
  for (const string& word : Split(step[3], ',')) {
    if (word == "-") continue;
    const size_t plus = word.find('+');
    const unsigned count = plus == string::npos ? 1 : Number(word.substr(plus + 1));
    for (unsigned i = 0; i < count; ++i) groups.push_back(Number(word.substr(0, plus)) + i);
  }
  Must(setgroups(groups.size(), groups.data()), "setgroups");
  const unsigned uid = Id(step[1]), gid = Id(step[2]);
  Must(setresgid(gid, gid, 0), "setresgid");
  Must(setresuid(uid, uid, 0), "setresuid");
  // Else /proc/self/fd belongs to root.
  Must(prctl(PR_SET_DUMPABLE, 1), "prctl");
  if (step[4] == "-") return;
  uint64_t effective = 0;
  for (const string& word : Split(step[4], ',')) {
    if (word != "none") effective |= uint64_t{1} << kCapabilities.at(word);
  }
  SetCapabilities(effective);
}

// --- POSIX ACLs, as text: u::rwx,u:1001:r-x,g::---,m::rwx,o::---

struct [[gnu::packed]] AclEntry {
  uint16_t tag, permissions;
  uint32_t id;
};
constexpr uint32_t kAclVersion = 2;

string EncodeAcl(const string& text) {
  string bytes(reinterpret_cast<const char*>(&kAclVersion), sizeof kAclVersion);
  for (const string& word : Split(text, ',')) {
    const size_t colon = word.find(':', 2);
    const string id = word.substr(2, colon - 2);
    const string letters = "u g m o";
    const uint16_t tags[] = {0x01, 0x02, 0x04, 0x08, 0x10, 0x10, 0x20, 0x20};
    AclEntry entry = {tags[letters.find(word[0]) + (id.empty() ? 0 : 1)], 0, id.empty() ? ~0u : Id(id)};
    for (char letter : word.substr(colon + 1)) entry.permissions |= letter == 'r' ? 4 : letter == 'w' ? 2 : letter == 'x';
    bytes.append(reinterpret_cast<const char*>(&entry), sizeof entry);
  }
  return bytes;
}

string DecodeAcl(const string& bytes) {
  string text;
  for (size_t at = sizeof kAclVersion; at + sizeof(AclEntry) <= bytes.size(); at += sizeof(AclEntry)) {
    AclEntry entry;
    memcpy(&entry, bytes.data() + at, sizeof entry);
    const bool named = entry.tag == 0x02 || entry.tag == 0x08;
    const char* letter = entry.tag < 0x04 ? "u" : entry.tag < 0x10 ? "g" : entry.tag == 0x10 ? "m" : "o";
    text += (text.empty() ? "" : "+") + string(letter) + (named ? std::to_string(Shown(entry.id)) : "") +
            Printed("=%o", entry.permissions);
  }
  return text;
}

// --- What there is

string Xattrs(const string& path) {
  static char list[kValue], value[kValue];
  const ssize_t length = llistxattr(path.c_str(), list, sizeof list);
  if (length <= 0) return "";
  Words names;
  for (const char* name = list; name < list + length; name += strlen(name) + 1) names.push_back(name);
  std::sort(names.begin(), names.end());
  string text;
  for (const string& name : names) {
    const ssize_t size = lgetxattr(path.c_str(), name.c_str(), value, sizeof value);
    const string bytes(value, std::max<ssize_t>(size, 0));
    text += " " + name + "=";
    if (size < 0) {
      text += Outcome(size);
    } else if (name == kAccessAcl || name == kDefaultAcl) {
      text += DecodeAcl(bytes);
    } else {
      for (unsigned char byte : bytes) text += Printed("%02x", byte);
    }
  }
  return text;
}

string Described(const struct stat& status) {
  string text = Printed("%o %u:%u", status.st_mode, Shown(status.st_uid), Shown(status.st_gid));
  if (!S_ISDIR(status.st_mode)) text += Printed(" %lu*%lld", status.st_nlink, static_cast<long long>(status.st_size));
  if (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode))
    text += Printed(" %u,%u", major(status.st_rdev), minor(status.st_rdev));
  // Times that were set; the others are of the clock.
  if (status.st_atime < kGivenTimes) text += Printed(" a%ld", status.st_atime);
  if (status.st_mtime < kGivenTimes) text += Printed(" m%ld", status.st_mtime);
  return text;
}

Words Names(DIR* directory) {
  Words names;
  while (const dirent* entry = readdir(directory)) {
    const string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

void Show(const string& path, const string& name, string* text) {
  struct stat status;
  Must(lstat(path.c_str(), &status), "stat of " + path);
  *text += "|" + name + " " + Described(status);
  if (S_ISLNK(status.st_mode)) {
    char target[256];
    const ssize_t length = readlink(path.c_str(), target, sizeof target);
    *text += " ->" + (length < 0 ? Outcome(length) : string(target, length));
  }
  *text += Xattrs(path);
  if (S_ISREG(status.st_mode) && status.st_size > 0 && status.st_size < 8192) {
    char content[8192];
    const int fd = open(path.c_str(), O_RDONLY | O_NOATIME);
    Must(fd, "opening " + path);
    const ssize_t length = read(fd, content, sizeof content);
    Must(length, "reading " + path);
    close(fd);
    uint32_t sum = 2166136261u;  // FNV-1a
    for (ssize_t i = 0; i < length; ++i) sum = (sum ^ static_cast<unsigned char>(content[i])) * 16777619u;
    *text += Printed(" #%08x", sum);
  }
  if (!S_ISDIR(status.st_mode)) return;
  DIR* directory = opendir(path.c_str());
  if (directory == nullptr) Fail("listing " + path);
  const Words names = Names(directory);
  closedir(directory);
  for (const string& child : names) Show(path + "/" + child, name == "." ? child : name + "/" + child, text);
}

// --- Steps

int OpenFlags(const string& text) {
  static const std::map<string, int> kFlags = {
      {"r", O_RDONLY},       {"w", O_WRONLY},           {"rw", O_RDWR},          {"creat", O_CREAT},
      {"excl", O_EXCL},      {"trunc", O_TRUNC},        {"append", O_APPEND},    {"direct", O_DIRECT},
      {"noatime", O_NOATIME}, {"nofollow", O_NOFOLLOW}, {"directory", O_DIRECTORY}, {"path", O_PATH},
      {"nonblock", O_NONBLOCK}, {"sync", O_SYNC},
  };
  int flags = 0;
  for (const string& word : Split(text, ',')) flags |= kFlags.at(word);
  return flags;
}

// Opens a file for `action` and closes it again: the outcome of the action, or where opening failed, of that.
string Opened(const string& path, const string& flags, const std::function<long(int)>& action, mode_t mode = 0) {
  const int fd = open(path.c_str(), OpenFlags(flags), mode);
  if (fd < 0) return Outcome(fd);
  const string outcome = "open+" + Outcome(action(fd));
  close(fd);
  return outcome;
}

long Put(int fd, size_t count) {
  // What O_DIRECT may want of memory.
  alignas(4096) static char bytes[16384];
  memset(bytes, 'y', sizeof bytes);
  return write(fd, bytes, std::min(count, sizeof bytes));
}

long PutMapped(int fd) {
  void* memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) return -1;
  static_cast<volatile char*>(memory)[0] = 'm';
  const int result = msync(memory, 4096, MS_SYNC);
  munmap(memory, 4096);
  return result;
}

timespec Time(const string& text) {
  if (text == "now") return {0, UTIME_NOW};
  if (text == "omit") return {0, UTIME_OMIT};
  return {Number(text), 0};
}

string SetTimes(int directory, const char* path, const string& accessed, const string& modified, int flags) {
  const timespec times[] = {Time(accessed), Time(modified)};
  return Outcome(utimensat(directory, path, times, flags));
}

const char* AclName(const string& which) { return which == "default" ? kDefaultAcl : kAccessAcl; }

string Value(ssize_t size, const char* value) {
  if (size < 0) return Outcome(size);
  string text = "=";
  for (ssize_t i = 0; i < size; ++i) text += Printed("%02x", static_cast<unsigned char>(value[i]));
  return text;
}

// Makes a file without a name, in DIRECTORY with MODE, and gives it NAME.
string MakeUnnamed(const Words& step) {
  const int fd = open(step[1].c_str(), O_TMPFILE | O_RDWR, Mode(step[2]));
  if (fd < 0) return Outcome(fd);
  struct stat status;
  const string found = fstat(fd, &status) < 0 ? Outcome(-1) : Described(status);
  const string name = "/proc/self/fd/" + std::to_string(fd);
  const string outcome = Outcome(linkat(AT_FDCWD, name.c_str(), AT_FDCWD, step[3].c_str(), AT_SYMLINK_FOLLOW));
  close(fd);
  return found + "+" + outcome;
}

// CAP_CHOWN, effective and permitted (struct vfs_cap_data).
string SetFileCapabilities(const string& path) {
  const uint32_t data[] = {htole32(VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE), htole32(1u << CAP_CHOWN), 0, 0, 0};
  return Outcome(lsetxattr(path.c_str(), "security.capability", data, XATTR_CAPS_SZ_2, 0));
}

string CopyRange(const Words& step) {
  const int from = open(step[1].c_str(), O_RDONLY);
  if (from < 0) return Outcome(from);
  const string outcome =
      Opened(step[2], "w", [&](int to) { return copy_file_range(from, nullptr, to, nullptr, Number(step[3]), 0); });
  close(from);
  return outcome;
}

string List(const string& path) {
  DIR* directory = opendir(path.c_str());
  if (directory == nullptr) return Outcome(-1);
  string text = "[";
  for (const string& name : Names(directory)) text += name + " ";
  closedir(directory);
  return text + "]";
}

string ChangeDirectory(const string& path) {
  const int before = open(".", O_PATH | O_DIRECTORY);
  const string outcome = Outcome(chdir(path.c_str()));
  Must(fchdir(before), "fchdir");
  close(before);
  return outcome;
}

string CopySelf(const Words& step) {
  const int from = open(self.c_str(), O_RDONLY), to = open(step[1].c_str(), O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (from < 0 || to < 0) Fail("copying the program");
  static char bytes[1 << 16];
  for (ssize_t count; (count = read(from, bytes, sizeof bytes)) > 0;) Must(write(to, bytes, count), "copying the program");
  close(from);
  close(to);
  return Outcome(chmod(step[1].c_str(), Mode(step[2])));
}

// Runs a copy of this program.
string Execute(const string& path) {
  int ends[2];
  Must(pipe(ends), "pipe");
  const pid_t child = fork();
  Must(child, "fork");
  if (child == 0) {
    dup2(ends[1], 1);
    execl(path.c_str(), path.c_str(), "ids", nullptr);
    const string outcome = Outcome(-1);
    Must(write(1, outcome.data(), outcome.size()), "write");
    _exit(0);
  }
  close(ends[1]);
  string text;
  char bytes[256];
  for (ssize_t count; (count = read(ends[0], bytes, sizeof bytes)) > 0;) text.append(bytes, count);
  close(ends[0]);
  waitpid(child, nullptr, 0);
  return text;
}

string Hold(const Words& step) {
  held = open(step[1].c_str(), OpenFlags(step[2]), 0600);
  return Outcome(held);
}

string Stat(const string& path) {
  struct stat status;
  const int result = lstat(path.c_str(), &status);
  return result < 0 ? Outcome(result) : Described(status);
}

string HeldStat() {
  struct stat status;
  const int result = fstat(held, &status);
  return result < 0 ? Outcome(result) : Described(status);
}

const char* Path(const Words& step, size_t at = 1) { return step[at].c_str(); }

int XattrFlags(const Words& step) {
  return step.size() < 5 ? 0 : step[4] == "create" ? XATTR_CREATE : XATTR_REPLACE;
}

char value[kValue];

// What each step does; the words that follow its name are its arguments.
const std::map<string, std::function<string(const Words&)>> kSteps = {
    {"as", [](const Words& s) { return Become(s), ""; }},
    {"umask", [](const Words& s) { return umask(Mode(s[1])), ""; }},
    // Making: PATH MODE ...
    {"mkdir", [](const Words& s) { return Outcome(mkdir(Path(s), Mode(s[2]))); }},
    {"file", [](const Words& s) {
       return Opened(s[1], "w,creat,excl", [&](int fd) { return Put(fd, Number(s[3])); }, Mode(s[2]));
     }},
    {"mknod", [](const Words& s) {
       const std::map<string, mode_t> types = {{"reg", S_IFREG}, {"fifo", S_IFIFO}, {"sock", S_IFSOCK}, {"chr", S_IFCHR},
                                               {"blk", S_IFBLK}};
       return Outcome(mknod(Path(s), types.at(s[3]) | Mode(s[2]), s.size() > 4 ? makedev(Number(s[4]), Number(s[5])) : 0));
     }},
    {"symlink", [](const Words& s) { return Outcome(symlink(Path(s), Path(s, 2))); }},
    {"link", [](const Words& s) { return Outcome(link(Path(s), Path(s, 2))); }},
    {"tmpfile", MakeUnnamed},
    // Names: FROM TO [FLAGS]
    {"rename", [](const Words& s) {
       return Outcome(renameat2(AT_FDCWD, Path(s), AT_FDCWD, Path(s, 2), s.size() > 3 ? Number(s[3]) : 0));
     }},
    {"unlink", [](const Words& s) { return Outcome(unlink(Path(s))); }},
    {"rmdir", [](const Words& s) { return Outcome(rmdir(Path(s))); }},
    // Attributes
    {"chmod", [](const Words& s) { return Outcome(chmod(Path(s), Mode(s[2]))); }},
    {"chown", [](const Words& s) { return Outcome(lchown(Path(s), Id(s[2]), Id(s[3]))); }},
    {"utimens", [](const Words& s) { return SetTimes(AT_FDCWD, Path(s), s[2], s[3], AT_SYMLINK_NOFOLLOW); }},
    {"stat", [](const Words& s) { return Stat(s[1]); }},
    {"access", [](const Words& s) { return Outcome(access(Path(s), Number(s[2]))); }},
    {"readlink", [](const Words& s) { return Outcome(readlink(Path(s), value, sizeof value)); }},
    // Files: PATH FLAGS ...
    {"open", [](const Words& s) { return Opened(s[1], s[2], [](int) { return 0; }, s.size() > 3 ? Mode(s[3]) : 0); }},
    {"read", [](const Words& s) { return Opened(s[1], s[2], [](int fd) { return read(fd, value, 16); }); }},
    {"write", [](const Words& s) { return Opened(s[1], s[2], [&](int fd) { return Put(fd, Number(s[3])); }); }},
    {"mapped", [](const Words& s) { return Opened(s[1], s[2], PutMapped); }},
    {"truncate", [](const Words& s) { return Outcome(truncate(Path(s), Number(s[2]))); }},
    {"ftruncate", [](const Words& s) { return Opened(s[1], s[2], [&](int fd) { return ftruncate(fd, Number(s[3])); }); }},
    {"fallocate", [](const Words& s) {
       return Opened(s[1], s[2], [&](int fd) { return fallocate(fd, Number(s[3]), Number(s[4]), Number(s[5])); });
     }},
    {"copy", CopyRange},
    {"fchmod", [](const Words& s) { return Opened(s[1], s[2], [&](int fd) { return fchmod(fd, Mode(s[3])); }); }},
    {"fchown", [](const Words& s) { return Opened(s[1], s[2], [&](int fd) { return fchown(fd, Id(s[3]), Id(s[4])); }); }},
    // Extended attributes: PATH NAME [VALUE [create|replace]]
    {"setx", [](const Words& s) { return Outcome(lsetxattr(Path(s), Path(s, 2), Path(s, 3), s[3].size(), XattrFlags(s))); }},
    {"getx", [](const Words& s) { return Value(lgetxattr(Path(s), Path(s, 2), value, sizeof value), value); }},
    {"delx", [](const Words& s) { return Outcome(lremovexattr(Path(s), Path(s, 2))); }},
    {"listx", [](const Words& s) {
       const ssize_t size = llistxattr(Path(s), value, sizeof value);
       return size < 0 ? Outcome(size) : "[" + Xattrs(s[1]) + "]";
     }},
    {"setcap", [](const Words& s) { return SetFileCapabilities(s[1]); }},
    {"setacl", [](const Words& s) {
       const string bytes = EncodeAcl(s[3]);
       return Outcome(setxattr(Path(s), AclName(s[2]), bytes.data(), bytes.size(), 0));
     }},
    {"getacl", [](const Words& s) {
       const ssize_t size = getxattr(Path(s), AclName(s[2]), value, sizeof value);
       return size < 0 ? Outcome(size) : DecodeAcl(string(value, size));
     }},
    {"delacl", [](const Words& s) { return Outcome(removexattr(Path(s), AclName(s[2]))); }},
    // Directories
    {"list", [](const Words& s) { return List(s[1]); }},
    {"chdir", [](const Words& s) { return ChangeDirectory(s[1]); }},
    // Programs
    {"program", CopySelf},
    {"exec", [](const Words& s) { return Execute(s[1]); }},
    // A file that stays open
    {"hold", Hold},
    {"held-write", [](const Words& s) { return Outcome(Put(held, Number(s[1]))); }},
    {"held-truncate", [](const Words& s) { return Outcome(ftruncate(held, Number(s[1]))); }},
    {"held-chmod", [](const Words& s) { return Outcome(fchmod(held, Mode(s[1]))); }},
    {"held-chown", [](const Words& s) { return Outcome(fchown(held, Id(s[1]), Id(s[2]))); }},
    {"held-times", [](const Words& s) {
       const timespec times[] = {Time(s[1]), Time(s[2])};
       return Outcome(futimens(held, times));
     }},
    {"held-stat", [](const Words&) { return HeldStat(); }},
};

string RunCase(const string& steps) {
  string results;
  umask(0);
  for (const string& text : Split(steps, ';')) {
    const Words step = Split(text, ' ');
    const auto found = kSteps.find(step.at(0));
    if (found == kSteps.end()) Fail("no such step: " + text);
    const string result = found->second(step);
    if (result.empty()) continue;
    results += (results.empty() ? "" : ",") + result;
  }
  if (held >= 0) close(held);
  held = -1;
  BecomeRoot();
  return results;
}

void Run() {
  for (string line; std::getline(std::cin, line);) {
    const size_t tab = line.find('\t');
    const string name = line.substr(0, tab);
    Must(mkdir(name.c_str(), 0700), "mkdir of " + name);
    Must(chmod(name.c_str(), 0755), "chmod of " + name);
    Must(chdir(name.c_str()), "chdir to " + name);
    const string results = RunCase(line.substr(tab + 1));
    string text;
    Show(".", ".", &text);
    Must(chdir(".."), "chdir");
    std::cout << name << '\t' << results << '\t' << text << '\n';
  }
}

void ShowAll() {
  DIR* directory = opendir(".");
  if (directory == nullptr) Fail("listing");
  const Words names = Names(directory);
  closedir(directory);
  for (const string& name : names) {
    Must(chdir(name.c_str()), "chdir to " + name);
    string text;
    Show(".", ".", &text);
    Must(chdir(".."), "chdir");
    std::cout << name << '\t' << text << '\n';
  }
}

}  // namespace

int main(int count, char** words) {
  const string command = count > 1 ? words[1] : "";
  if (command == "ids") {
    std::printf("%u:%u:%u:%u", getuid(), geteuid(), getgid(), getegid());
    return 0;
  }
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  Must(length, "readlink");
  self.assign(path, length);
  if (count < 3) return 64;
  Must(chdir(words[2]), words[2]);
  if (command == "run") {
    Run();
  } else {
    shift = Id(words[3]);
    ShowAll();
  }
  return 0;
}
