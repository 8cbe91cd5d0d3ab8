// Reading files: whole, from the start, from the end.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <optional>

#include "servers/filesystem/refusal.h"
#include "servers/filesystem/text.h"
#include "servers/filesystem/tree.h"

namespace servers {

namespace {

// Up to `size` bytes from `offset`; fewer only at the end of the file. Nothing when reading failed, with errno set.
std::optional<std::string> read_range(const Fd& fd, std::uint64_t offset, std::size_t size) {
  std::string out(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    ssize_t n = pread(fd.get(), out.data() + have, size - have, static_cast<off_t>(offset + have));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::nullopt;
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  out.resize(have);
  return out;
}

constexpr std::size_t kBlock = 64 << 10;

Error lines_too_large(std::string_view path, std::size_t lines, std::size_t limit) {
  std::string count = lines == std::numeric_limits<std::size_t>::max() ? "all those" : std::to_string(lines);
  return {Code::too_large, count + " lines of " + in_quotes(path) + " are more than " + size_text(limit) + "; ask for fewer"};
}

}  // namespace

Result<std::string> Tree::read(std::string_view path) const {
  auto file = open_file(path);
  if (!file) return std::move(file).error();
  auto too_large = [&](std::uint64_t size) {
    return Error(Code::too_large, in_quotes(path) + " has " + size_text(size) + ", and the limit is " + size_text(limits_.read) +
                                      "; read a part of it with head, tail or firstLine");
  };
  if (file->second.size > limits_.read) return too_large(file->second.size);
  // One byte more than expected: a file that grows, or whose size is not told, shows.
  std::string out;
  for (;;) {
    std::size_t wanted = out.empty() ? file->second.size + 1 : kBlock;
    wanted = std::min(wanted, limits_.read + 1 - out.size());
    auto more = read_range(file->first, out.size(), wanted);
    if (!more) return refusal(errno, path, roots_);
    if (out.empty())
      out = std::move(*more);
    else
      out += *more;
    if (out.size() > limits_.read) return too_large(out.size());
    if (out.size() <= file->second.size || more->empty()) return out;
  }
}

Result<std::string> Tree::head(std::string_view path, std::size_t lines, std::size_t first) const {
  auto file = open_file(path);
  if (!file) return std::move(file).error();
  std::string out;
  std::uint64_t at = 0;
  std::size_t skipped = 0, found = 0;
  bool line_begun = false;  // whether the last byte that was skipped leaves a line without its end
  while (found < lines) {
    auto block = read_range(file->first, at, kBlock);
    if (!block) return refusal(errno, path, roots_);
    if (block->empty()) break;
    at += block->size();
    std::size_t begin = 0;
    for (; skipped + 1 < first && begin < block->size(); ++begin) {
      skipped += (*block)[begin] == '\n';
      line_begun = (*block)[begin] != '\n';
    }
    std::size_t end = begin;
    for (; found < lines && end < block->size(); ++end) found += (*block)[end] == '\n';
    out.append(*block, begin, end - begin);
    if (out.size() > limits_.result) return lines_too_large(path, lines, limits_.result);
  }
  if (first > 1 && out.empty() && lines > 0) {
    std::size_t has = skipped + (line_begun ? 1 : 0);
    return Error(Code::invalid_argument, in_quotes(path) + " has " + std::to_string(has) + (has == 1 ? " line" : " lines") + ", and line " +
                                             std::to_string(first) + " is behind its end; begin at an earlier one");
  }
  return out;
}

Result<std::string> Tree::tail(std::string_view path, std::size_t lines) const {
  auto file = open_file(path);
  if (!file) return std::move(file).error();
  std::string out;
  std::uint64_t begin = file->second.size;
  while (begin > 0 && lines > 0) {
    std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(kBlock, begin));
    auto block = read_range(file->first, begin - size, size);
    if (!block) return refusal(errno, path, roots_);
    begin -= size;
    out.insert(0, *block);
    std::string_view kept = last_lines(out, lines);
    if (kept.size() > limits_.result) return lines_too_large(path, lines, limits_.result);
    if (kept.size() < out.size()) return std::string(kept);
  }
  return out;
}

}  // namespace servers
