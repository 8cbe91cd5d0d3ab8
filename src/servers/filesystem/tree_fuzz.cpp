// Any bytes are a path: a tree opens nothing but what lies below its root, by either way of resolving.
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "servers/filesystem/tree.h"

namespace {

// A root with a file, a folder, and links that stay, leave and turn in circles.
std::string make_area() {
  char name[] = "/tmp/gatehouse-fuzz-XXXXXX";
  if (!mkdtemp(name)) std::abort();
  std::string area = name;
  std::string root = area + "/r";
  if (mkdir(root.c_str(), 0700) || mkdir((root + "/d").c_str(), 0700)) std::abort();
  for (const char* file : {"/r/f", "/r/d/f"})
    if (FILE* f = std::fopen((area + file).c_str(), "w")) (std::fputs("inside", f), std::fclose(f));
  if (FILE* f = std::fopen((area + "/f").c_str(), "w")) (std::fputs("OUTSIDE", f), std::fclose(f));
  if (symlink("..", (root + "/u").c_str()) || symlink("d/../d", (root + "/s").c_str()) || symlink("c", (root + "/c").c_str()) ||
      symlink(area.c_str(), (root + "/a").c_str()) || symlink("../../f", (root + "/d/o").c_str()))
    std::abort();
  return root;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string root = make_area();
  static const auto kernel = servers::Tree::open({{root}});
  static const auto walk = servers::Tree::open({{root}}, servers::TreeLimits{.resolver = servers::Resolver::walk});
  if (!kernel || !walk) std::abort();
  std::string_view path(reinterpret_cast<const char*>(data), size);
  // As it is, and as an absolute path that begins at the root.
  for (const std::string& one : {std::string(path), root + "/" + std::string(path)}) {
    auto a = kernel->read(one), b = walk->read(one);
    if (a.ok() != b.ok()) std::abort();
    if (a.ok() && (*a != "inside" || *b != "inside")) std::abort();
    if (auto listed = walk->list(one)) (void)listed->size();
  }
  return 0;
}
