// Works in a tree whose mounts come and go, and proves every answer. Prints one line of counts, or what was wrong.
//
// usage: worker ROOT SECONDS SEED STABLE CHANGING NESTED
//
// ROOT holds directories s0 ... that stay, c0 ... that come and go, and c0/nested ... that do so on their own. Each
// `id` holds the name of the directory that it was served from, `data` is that name again and again, and neither is
// ever written. In what stays every answer must be right. What goes may fail with the three errors of a mount that is
// gone, and must never show what belongs elsewhere.

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace {

using std::string;

constexpr size_t kHeld = 24;
constexpr size_t kDataSize = 128 * 1024;
constexpr size_t kMostWritten = 64 * 1024;

struct Held {
  int fd;
  string id;
};

string root;
string myself;
unsigned stable, changing, nested;
std::mt19937 random_bits;
std::vector<Held> held;
std::map<string, ino_t> inodes;
unsigned long checks, writes, lists, gone, gone_open, seen;

[[noreturn]] void Wrong(const char* format, ...) {
  va_list args;
  va_start(args, format);
  printf("WRONG: ");
  vprintf(format, args);
  printf("\n");
  exit(1);
}

unsigned Below(unsigned limit) { return random_bits() % limit; }

// The mount has been taken away.
bool IsGone(int error) { return error == ENOENT || error == ESTALE || error == ENOTCONN; }

string Line(const string& id) { return id + "\n"; }

void CheckBytes(const string& where, const string& id, const char* bytes, size_t length, size_t offset) {
  const string line = Line(id);
  for (size_t i = 0; i < length; ++i) {
    if (bytes[i] != line[(offset + i) % line.size()])
      Wrong("%s: byte %zu is not that of %s", where.c_str(), offset + i, id.c_str());
  }
  ++checks;
}

// Reads all of an open file. False where the mount is gone, unless it must stay.
bool ReadAll(const string& path, int fd, string* content, bool stays) {
  char buffer[8192];
  content->clear();
  for (;;) {
    const ssize_t length = pread(fd, buffer, sizeof buffer, content->size());
    if (length < 0) {
      if (!stays && IsGone(errno)) return false;
      Wrong("read of %s: %s", path.c_str(), strerror(errno));
    }
    if (length == 0) return true;
    content->append(buffer, length);
  }
}

// The identity that a directory shows: one that it may have, or "" where it is gone.
string IdOf(const string& directory, const std::vector<string>& starts, bool stays) {
  const string path = directory + "/id";
  const int fd = open(path.c_str(), O_RDONLY);
  if (fd < 0) {
    if (!stays && IsGone(errno)) return "";
    Wrong("open of %s: %s", path.c_str(), strerror(errno));
  }
  string content;
  const bool there = ReadAll(path, fd, &content, stays);
  close(fd);
  if (!there) return "";
  const string id = content.substr(0, content.find('\n'));
  for (const string& start : starts) {
    if (id.compare(0, start.size(), start) == 0 && content == Line(id)) {
      ++checks;
      return id;
    }
  }
  struct stat status = {};
  stat(path.c_str(), &status);
  Wrong("%s says \"%s\" (now %lld bytes, inode %llu)", path.c_str(), content.c_str(),
        static_cast<long long>(status.st_size), static_cast<unsigned long long>(status.st_ino));
}

void CheckData(const string& directory, const string& id, bool stays) {
  const string path = directory + "/data";
  const int fd = open(path.c_str(), O_RDONLY);
  char buffer[4096];
  const size_t offset = Below(kDataSize - sizeof buffer);
  const ssize_t length = fd < 0 ? -1 : pread(fd, buffer, sizeof buffer, offset);
  if (length < 0) {
    if (stays || !IsGone(errno)) Wrong("read of %s: %s", path.c_str(), strerror(errno));
    ++gone;
    if (fd >= 0) close(fd);
    return;
  }
  if (length != static_cast<ssize_t>(sizeof buffer)) Wrong("read of %s: %zd bytes", path.c_str(), length);
  if (stays) {
    CheckBytes(path, id, buffer, length, offset);
    close(fd);
    return;
  }
  // Another directory may be there by now: the file says whose it is.
  string line(64, 0);
  const ssize_t begun = pread(fd, line.data(), line.size(), 0);
  if (begun < 0) {
    if (!IsGone(errno)) Wrong("read of %s: %s", path.c_str(), strerror(errno));
    close(fd);
    return;
  }
  const string now = line.substr(0, line.find('\n'));
  if (now.substr(0, now.find('.')) != id.substr(0, id.find('.')) && now[0] != 'c' && now[0] != 'n')
    Wrong("%s is data of %s", path.c_str(), now.c_str());
  CheckBytes(path, now, buffer, length, offset);
  if (held.size() < kHeld) {
    held.push_back({fd, now});
  } else {
    Held& old = held[Below(kHeld)];
    close(old.fd);
    old = {fd, now};
  }
}

// What was opened once shows the same for ever, or that it is gone.
void CheckHeld() {
  if (held.empty()) return;
  const size_t at = Below(held.size());
  const Held file = held[at];
  char buffer[2048];
  const size_t offset = Below(kDataSize - sizeof buffer);
  const ssize_t length = pread(file.fd, buffer, sizeof buffer, offset);
  if (length < 0) {
    if (!IsGone(errno)) Wrong("read of an open file of %s: %s", file.id.c_str(), strerror(errno));
    ++gone_open;
    close(file.fd);
    held.erase(held.begin() + at);
    return;
  }
  CheckBytes("an open file", file.id, buffer, length, offset);
}

// Names in a directory. False where it is gone. Only what does not come and go must be listed once: a name that goes and
// comes again meanwhile is another one.
bool List(const string& path, std::set<string>* names, bool stays, char changes = 0) {
  names->clear();
  DIR* directory = opendir(path.c_str());
  if (directory == nullptr) {
    if (!stays && IsGone(errno)) return false;
    Wrong("opendir of %s: %s", path.c_str(), strerror(errno));
  }
  for (;;) {
    errno = 0;
    const dirent* entry = readdir(directory);
    if (entry == nullptr) break;
    const string name = entry->d_name;
    if (!names->insert(name).second && stays && name[0] != changes) Wrong("%s lists %s twice", path.c_str(), name.c_str());
  }
  const int error = errno;
  closedir(directory);
  if (error != 0) {
    if (!stays && IsGone(error)) return false;
    Wrong("readdir of %s: %s", path.c_str(), strerror(error));
  }
  ++lists;
  return true;
}

string StableDirectory(unsigned number) { return root + "/s" + std::to_string(number); }

string Own(unsigned number) { return StableDirectory(number) + "/work/" + myself; }

void Must(int result, const char* what, const string& path) {
  if (result != 0) Wrong("%s of %s: %s", what, path.c_str(), strerror(errno));
}

void StableRead() {
  const unsigned number = Below(stable);
  const string directory = StableDirectory(number), id = "s" + std::to_string(number);
  if (IdOf(directory, {id}, true) != id) Wrong("%s is not itself", directory.c_str());
  CheckData(directory, id, true);
  struct stat status;
  Must(stat((directory + "/id").c_str(), &status), "stat", directory);
  const auto known = inodes.emplace(id, status.st_ino);
  if (known.first->second != status.st_ino) Wrong("the inode number of %s/id changed", directory.c_str());
  if (status.st_size != static_cast<off_t>(id.size() + 1)) Wrong("the size of %s/id changed", directory.c_str());
}

void StableWrite() {
  const string directory = Own(Below(stable));
  const string path = directory + "/file", moved = directory + "/moved";
  const size_t length = Below(kMostWritten) + 1;
  string content, line = Line(directory + std::to_string(random_bits()));
  while (content.size() < length) content += line;
  content.resize(length);
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL, 0640);
  if (fd < 0) Wrong("creation of %s: %s", path.c_str(), strerror(errno));
  if (write(fd, content.data(), length) != static_cast<ssize_t>(length)) Wrong("write to %s", path.c_str());
  Must(rename(path.c_str(), moved.c_str()), "rename", path);
  struct stat status;
  Must(stat(moved.c_str(), &status), "stat", moved);
  if (status.st_size != static_cast<off_t>(length) || (status.st_mode & 07777) != 0640)
    Wrong("%s has the wrong size or mode", moved.c_str());
  string back;
  ReadAll(moved, fd, &back, true);
  if (back != content) Wrong("%s does not read back as it was written", moved.c_str());
  close(fd);
  if (open(path.c_str(), O_RDONLY) >= 0 || errno != ENOENT) Wrong("%s is still there", path.c_str());
  Must(unlink(moved.c_str()), "unlink", moved);
  ++writes;
}

void StableTree() {
  const string directory = Own(Below(stable)) + "/tree";
  Must(mkdir(directory.c_str(), 0755), "mkdir", directory);
  std::set<string> expected = {".", ".."}, names;
  const unsigned count = Below(12);
  for (unsigned i = 0; i < count; ++i) {
    const string name = "n" + std::to_string(random_bits());
    const string path = directory + "/" + name;
    Must(i % 2 == 0 ? mkdir(path.c_str(), 0755) : symlink(name.c_str(), path.c_str()), "making", path);
    expected.insert(name);
  }
  List(directory, &names, true);
  if (names != expected) Wrong("%s lists %zu names of %zu", directory.c_str(), names.size(), expected.size());
  for (const string& name : expected) {
    if (name[0] == '.') continue;
    const string path = directory + "/" + name;
    if (unlink(path.c_str()) != 0) Must(rmdir(path.c_str()), "removal", path);
  }
  Must(rmdir(directory.c_str()), "rmdir", directory);
  ++writes;
}

void AcrossMounts() {
  const unsigned from = Below(stable), to = (from + 1 + Below(stable - 1)) % stable;
  const string path = Own(from) + "/across", target = Own(to) + "/across";
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT, 0644);
  if (fd < 0) Wrong("creation of %s: %s", path.c_str(), strerror(errno));
  close(fd);
  if (rename(path.c_str(), target.c_str()) == 0 || errno != EXDEV) Wrong("rename of %s: %s", path.c_str(), strerror(errno));
  if (link(path.c_str(), target.c_str()) == 0 || errno != EXDEV) Wrong("link of %s: %s", path.c_str(), strerror(errno));
  Must(unlink(path.c_str()), "unlink", path);
  ++writes;
}

void ListRoot() {
  std::set<string> names;
  List(root, &names, true, 'c');
  for (unsigned i = 0; i < stable; ++i) {
    if (names.count("s" + std::to_string(i)) == 0) Wrong("%s does not list s%u", root.c_str(), i);
  }
  for (const string& name : names) {
    const unsigned number = atoi(name.c_str() + 1);
    const bool known = name[0] == '.' || (name[0] == 's' && number < stable) || (name[0] == 'c' && number < changing);
    if (!known) Wrong("%s lists %s", root.c_str(), name.c_str());
  }
}

void Changing() {
  const unsigned number = Below(changing);
  const string name = "c" + std::to_string(number), directory = root + "/" + name;
  const string id = IdOf(directory, {name + "."}, false);
  if (id.empty()) {
    ++gone;
    return;
  }
  ++seen;
  CheckData(directory, id, false);
  std::set<string> names;
  if (!List(directory, &names, false)) return;
  for (const string& each : names) {
    if (each != "." && each != ".." && each != "id" && each != "data" && each != "nested")
      Wrong("%s lists %s", directory.c_str(), each.c_str());
  }
}

// The mount at `nested`, or the directory of that name of the mount around it, or neither.
void Nested() {
  const unsigned number = Below(nested);
  const string name = std::to_string(number), directory = root + "/c" + name + "/nested";
  const string id = IdOf(directory, {"n" + name + ".", "c" + name + "."}, false);
  if (id.empty()) {
    ++gone;
    return;
  }
  ++seen;
  CheckData(directory, id, false);
}

}  // namespace

int main(int, char** argv) {
  setvbuf(stdout, nullptr, _IOLBF, 0);
  root = argv[1];
  const time_t end = time(nullptr) + atoi(argv[2]);
  myself = argv[3];
  random_bits.seed(atoi(argv[3]));
  stable = atoi(argv[4]);
  changing = atoi(argv[5]);
  nested = atoi(argv[6]);
  for (unsigned i = 0; i < stable; ++i) Must(mkdir(Own(i).c_str(), 0755), "mkdir", Own(i));
  unsigned long rounds = 0;
  while (time(nullptr) < end) {
    StableRead();
    StableWrite();
    Changing();
    Changing();
    if (nested > 0) Nested();
    CheckHeld();
    if (rounds % 4 == 0) StableTree();
    if (rounds % 4 == 2) AcrossMounts();
    if (rounds % 32 == 0) ListRoot();
    ++rounds;
  }
  for (const Held& file : held) close(file.fd);
  for (unsigned i = 0; i < stable; ++i) Must(rmdir(Own(i).c_str()), "rmdir", Own(i));
  printf("{\"rounds\":%lu,\"checks\":%lu,\"writes\":%lu,\"lists\":%lu,\"seen\":%lu,\"gone\":%lu,\"goneOpen\":%lu}\n",
         rounds, checks, writes, lists, seen, gone, gone_open);
  return 0;
}
