// What imports have written, so that the last one can be taken back.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "mcp/result.h"

namespace app {

// A file as an import left it.
struct WrittenFile {
  std::string file;    // absolute
  std::string backup;  // what was there before; empty: nothing was
  std::string digest;  // SHA-256, in hex, of what was written
};

// One import: the files in the order in which they were written.
struct WrittenImport {
  std::vector<WrittenFile> files;
};

// Writes files for one import, and keeps what it takes to go back.
class ImportWriter {
 public:
  // Replaces the file at once, or leaves it; what was there is kept beside it as `<file>.before-gatehouse`, with a number where that is
  // there already. A new file gets 0600, and folders that are missing 0700. Errors: unavailable, with the reason.
  mcp::Result<> write(const std::string& file, std::string_view text);
  const WrittenImport& written() const { return written_; }
  // Puts everything back that was written.
  void take_back();

 private:
  WrittenImport written_;
};

// The journal of the imports into a config: `<config>.imports.json`.
std::string journal_of(const std::string& config);
// Errors: invalid_argument (it is no journal), not_found.
mcp::Result<std::vector<WrittenImport>> parse_journal(std::string_view text);
std::string journal_text(const std::vector<WrittenImport>& imports);

// What became of one file when an import was taken back.
struct TakenBack {
  std::string file;
  std::string problem;  // empty: it is as it was before
};
// Puts each file of the import back that is still as the import left it; others stay, with a problem that names their backup.
std::vector<TakenBack> take_back(const WrittenImport& import);

// A whole file. Errors: not_found, too_large (more than `most` bytes).
mcp::Result<std::string> read_file(const std::string& file, std::size_t most);

}  // namespace app
