#include "observe/audit/spool.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace observe {

using mcp::Code;
using mcp::Error;
using mcp::Result;

namespace {

namespace fs = std::filesystem;

constexpr std::array<char, 8> kMagic = {'G', 'H', 'S', 'P', 'O', 'O', 'L', '1'};
constexpr std::size_t kFileHead = 16;  // magic, boot
// Of a frame: size of the payload and 1 (so that 0 is no frame), checksum, number of the frame, number of the call and kind.
constexpr std::size_t kHead = 32;
constexpr std::string_view kSuffix = ".spool";

std::size_t padded(std::size_t size) { return (size + 7) & ~std::size_t{7}; }

std::uint64_t word_at(const char* at) {
  std::uint64_t out = 0;
  std::memcpy(&out, at, sizeof out);
  return out;
}

// Tells torn and flipped bytes from whole ones; it is no defence against who wants to change them, which is the chain's work.
std::uint32_t checksum(std::string_view bytes) {
  std::uint64_t sum = 0x9e3779b97f4a7c15ULL ^ bytes.size();
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    sum = (sum ^ word_at(bytes.data() + at)) * 0xff51afd7ed558ccdULL;
    sum ^= sum >> 32;
  }
  std::uint64_t last = 0;
  if (at < bytes.size()) std::memcpy(&last, bytes.data() + at, bytes.size() - at);
  sum = (sum ^ last) * 0xc4ceb9fe1a85ec53ULL;
  return static_cast<std::uint32_t>(sum ^ (sum >> 32));
}

// Where a frame may stand: from `at` on, if there is a whole one. Its size in the file is given back, or 0.
std::size_t read_frame(std::string_view bytes, std::size_t at, Frame& out) {
  if (at + kHead > bytes.size()) return 0;
  std::uint32_t size = 0, sum = 0;
  std::memcpy(&size, bytes.data() + at, sizeof size);
  std::memcpy(&sum, bytes.data() + at + 4, sizeof sum);
  if (size == 0 || size - 1 > bytes.size() - at - kHead) return 0;
  if (checksum(bytes.substr(at + 8, kHead - 8 + size - 1)) != sum) return 0;
  const std::uint64_t kind = word_at(bytes.data() + at + 24);
  if (kind < 1 || kind > 4) return 0;
  out.kind = static_cast<FrameKind>(kind);
  out.seq = word_at(bytes.data() + at + 8);
  out.number = word_at(bytes.data() + at + 16);
  out.payload = bytes.substr(at + kHead, size - 1);
  return padded(kHead + size - 1);
}

Error disk(const std::string& what, int reason) {
  return Error(Code::unavailable, "the spool of the audit trail: " + what + ": " + std::strerror(reason));
}

}  // namespace

Result<SpooledFile> read_spooled(std::string_view bytes) {
  if (bytes.size() < kFileHead || std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0)
    return Error(Code::invalid_argument, "it is no file of a spool");
  SpooledFile out;
  out.boot = word_at(bytes.data() + kMagic.size());
  Frame frame;
  for (std::size_t at = kFileHead, size = 0; (size = read_frame(bytes, at, frame)) != 0; at += size) out.frames.push_back(frame);
  return out;
}

struct Spool::File {
  std::string path;
  char* bytes = nullptr;
  std::size_t size = 0;
  std::size_t used = kFileHead;
  std::uint64_t last = 0;  // the number of its last frame

  ~File() {
    if (bytes) ::munmap(bytes, size);
  }
  std::string_view written() const { return {bytes, used}; }
};

Spool::Spool(Options options, std::uint64_t boot, std::uint64_t after) : options_(std::move(options)), boot_(boot), seq_(after) {}

Spool::~Spool() {
  if (spare_) (void)::unlink(spare_->path.c_str());
}

Result<std::unique_ptr<Spool>> Spool::open(Options options, std::uint64_t boot, std::uint64_t after) {
  if (::mkdir(options.folder.c_str(), 0700) != 0 && errno != EEXIST) return disk(options.folder, errno);
  std::unique_ptr<Spool> out(new Spool(std::move(options), boot, after));
  auto first = out->make(out->made_++);
  if (!first) return std::move(first).error();
  out->files_.push_back(*std::move(first));
  out->reading_ = out->files_.back().get();
  out->read_to_ = kFileHead;
  return out;
}

// Takes its room on the disk at once: a mapped page for which there is none would end the process.
Result<std::unique_ptr<Spool::File>> Spool::make(std::uint64_t of) {
  auto file = std::make_unique<File>();
  std::string number = std::to_string(of);
  number.insert(0, 8 - std::min<std::size_t>(8, number.size()), '0');
  file->path = options_.folder + "/" + std::to_string(boot_) + "-" + number + std::string(kSuffix);
  file->size = options_.file_bytes;
  const int fd = ::open(file->path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return disk(file->path, errno);
  int failed = ::posix_fallocate(fd, 0, static_cast<off_t>(file->size));
  if (failed == 0) {
    void* at = ::mmap(nullptr, file->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
    if (at == MAP_FAILED)
      failed = errno;
    else
      file->bytes = static_cast<char*>(at);
  }
  ::close(fd);
  if (failed != 0) {
    (void)::unlink(file->path.c_str());
    return disk(file->path, failed);
  }
  std::memcpy(file->bytes, kMagic.data(), kMagic.size());
  std::memcpy(file->bytes + kMagic.size(), &boot_, sizeof boot_);
  return file;
}

Result<std::string_view> Spool::append(FrameKind kind, std::uint64_t number, std::string_view payload, std::size_t leave) {
  const std::size_t takes = padded(kHead + payload.size());
  if (takes > options_.file_bytes - kFileHead) return Error(Code::too_large, "a record of a call is larger than a file of the spool");
  if (files_.back()->used + takes > files_.back()->size) {
    if (files_.size() + leave >= options_.most_files)
      return Error(Code::unavailable, "the spool of the audit trail is full, and the trail does not take it");
    if (!spare_) {
      auto made = make(made_++);
      if (!made) return std::move(made).error();
      spare_ = *std::move(made);
    }
    files_.push_back(std::move(spare_));
  }
  File& file = *files_.back();
  char* at = file.bytes + file.used;
  const std::uint64_t seq = ++seq_, of = static_cast<std::uint64_t>(kind);
  std::memcpy(at + 8, &seq, 8);
  std::memcpy(at + 16, &number, 8);
  std::memcpy(at + 24, &of, 8);
  if (!payload.empty()) std::memcpy(at + kHead, payload.data(), payload.size());
  const std::uint32_t sum = checksum({at + 8, kHead - 8 + payload.size()});
  std::memcpy(at + 4, &sum, 4);
  // Last, so that there is no frame before it is whole.
  std::atomic_ref<std::uint32_t>(*reinterpret_cast<std::uint32_t*>(at))
      .store(static_cast<std::uint32_t>(payload.size() + 1), std::memory_order_release);
  file.used += takes;
  file.last = seq;
  return std::string_view(at + kHead, payload.size());
}

Result<> Spool::begin(std::uint64_t number, std::string_view payload) {
  const std::lock_guard lock(mutex_);
  auto written = append(FrameKind::begin, number, payload, 1);
  if (!written) return std::move(written).error();
  open_[number] = {files_.back().get(), *written};
  return {};
}

Result<> Spool::end(std::uint64_t number, std::string_view payload) {
  const std::lock_guard lock(mutex_);
  auto written = append(FrameKind::end, number, payload, 0);
  if (!written) return std::move(written).error();
  open_.erase(number);
  return {};
}

Result<> Spool::event(std::string_view payload) {
  const std::lock_guard lock(mutex_);
  auto written = append(FrameKind::event, 0, payload, 0);
  if (!written) return std::move(written).error();
  return {};
}

std::vector<Frame> Spool::next(std::size_t most) {
  std::vector<Frame> out;
  for (;;) {
    std::size_t used = 0;
    const File* after = nullptr;
    {
      const std::lock_guard lock(mutex_);
      used = reading_->used;
      auto here = std::find_if(files_.begin(), files_.end(), [this](const auto& file) { return file.get() == reading_; });
      if (here != files_.end() && std::next(here) != files_.end()) after = std::next(here)->get();
    }
    Frame frame;
    while (out.size() < most && read_to_ < used) {
      const std::size_t size = read_frame({reading_->bytes, used}, read_to_, frame);
      // Memory that somebody else wrote to: what stands behind it in this file cannot be found any more.
      read_to_ = size == 0 ? used : read_to_ + size;
      if (size != 0) out.push_back(frame);
    }
    if (out.size() >= most || !after) return out;
    reading_ = after;
    read_to_ = kFileHead;
  }
}

void Spool::release(std::uint64_t seq) {
  std::vector<std::unique_ptr<File>> over;
  {
    const std::lock_guard lock(mutex_);
    while (files_.size() > 1 && files_.front()->last <= seq && files_.front().get() != reading_) {
      const File* gone = files_.front().get();
      bool moved = true;
      for (auto& [number, place] : open_) {
        if (place.file != gone) continue;
        auto kept = append(FrameKind::kept, number, place.payload, 0);
        if (kept)
          place = {files_.back().get(), *kept};
        else
          moved = false;
      }
      if (!moved) break;
      over.push_back(std::move(files_.front()));
      files_.pop_front();
    }
  }
  for (const auto& file : over) (void)::unlink(file->path.c_str());
}

void Spool::make_ready() {
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    if (spare_ || files_.back()->used < files_.back()->size / 2) return;
    number = made_++;
  }
  auto made = make(number);
  if (!made) return;  // who needs it tries again, and says so
  const std::lock_guard lock(mutex_);
  if (!spare_) return void(spare_ = *std::move(made));
  (void)::unlink((*made)->path.c_str());
}

std::size_t Spool::open_calls() const {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

Result<Spool::Left> Spool::left(const std::string& folder) {
  Left out;
  std::error_code ec;
  for (const auto& entry : fs::directory_iterator(folder, ec))
    if (entry.path().extension() == kSuffix) out.paths.push_back(entry.path().string());
  std::sort(out.paths.begin(), out.paths.end());
  for (const std::string& path : out.paths) {
    std::ifstream in(path, std::ios::binary);
    if (!in) return Error(Code::internal, "the spool of the audit trail: " + path + " cannot be read");
    out.bytes.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  for (const std::string& bytes : out.bytes) {
    auto file = read_spooled(bytes);
    // One that was just made has no head yet, and no frame.
    if (file) out.files.push_back(*std::move(file));
  }
  std::stable_sort(out.files.begin(), out.files.end(), [](const SpooledFile& a, const SpooledFile& b) {
    return (a.frames.empty() ? 0 : a.frames.front().seq) < (b.frames.empty() ? 0 : b.frames.front().seq);
  });
  return out;
}

void Spool::remove(const Left& left) {
  for (const std::string& path : left.paths) (void)::unlink(path.c_str());
}

}  // namespace observe
