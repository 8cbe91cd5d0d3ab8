#include "observe/audit/audit_writer.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "base/json.h"
#include "observe/audit/audit_trail.h"
#include "observe/audit/cursor.h"
#include "store/sqlite/audit_testing.h"

namespace observe {
namespace {

namespace fs = std::filesystem;

struct World : testing::Test {
  std::string folder;
  void SetUp() override {
    std::string form = (fs::temp_directory_path() / "gatehouse-audit-XXXXXX").string();
    folder = ::mkdtemp(form.data());
  }
  void TearDown() override { fs::remove_all(folder); }

  AuditOptions options() const {
    AuditOptions out;
    out.beside = folder + "/store";
    out.checkpoint_records = 10;
    out.checkpoint_time = std::chrono::hours(1);
    return out;
  }
  std::unique_ptr<AuditWriter> open(AuditOptions options) {
    auto writer = AuditWriter::open(std::move(options));
    EXPECT_TRUE(writer) << (writer ? "" : writer.error().message);
    return writer ? *std::move(writer) : nullptr;
  }
  static base::CallRecord call(std::uint64_t number, std::string name = "read_file") {
    base::CallRecord out;
    out.number = number;
    out.method = "tools/call";
    out.server = "files";
    out.name = std::move(name);
    out.began = std::chrono::system_clock::now();
    auto who = std::make_shared<base::Principal>();
    who->id = "ann";
    out.caller = who;
    out.arguments = std::make_shared<const std::string>(R"({"path":"a.txt","mail":"ann@example.com","password":"hunter2"})");
    out.result = std::make_shared<const std::string>(R"({"content":[]})");
    return out;
  }
  static void make(AuditWriter& writer, std::uint64_t number, std::string name = "read_file") {
    const base::CallRecord one = call(number, std::move(name));
    ASSERT_TRUE(writer.began(one));
    writer.finished(one);
  }
  // A trail of so many calls, written and signed.
  void trail(int calls) {
    auto writer = open(options());
    for (int i = 1; i <= calls; ++i) make(*writer, static_cast<std::uint64_t>(i), "tool_" + std::to_string(i));
    ASSERT_TRUE(writer->settle());
  }
  std::string read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }
  AuditProof verify(std::vector<std::string> sink = {}) {
    auto store = store::open_audit_store(options().trail_path());
    EXPECT_TRUE(store);
    AuditTrail::Evidence evidence;
    evidence.sink_lines = std::move(sink);
    auto proof = AuditTrail(**store, read(options().public_path())).verify(evidence);
    EXPECT_TRUE(proof) << (proof ? "" : proof.error().message);
    return proof ? *std::move(proof) : AuditProof();
  }
  std::vector<std::string> checkpoints() {
    auto store = store::open_audit_store(options().trail_path());
    std::vector<std::string> out;
    const auto kept = (*store)->checkpoints();
    for (const auto& one : *kept) out.push_back(one.line);
    return out;
  }
  std::string path() const { return options().trail_path(); }
  std::vector<AuditEntry> all() {
    auto store = store::open_audit_store(options().trail_path());
    auto found = AuditTrail(**store, "").after("", 1'000);
    EXPECT_TRUE(found);
    return found ? *std::move(found) : std::vector<AuditEntry>();
  }
};

using Audit = World;

TEST_F(Audit, EachCallBecomesOneRecordThatHangsOnTheOneBefore) {
  trail(25);
  const auto records = all();
  ASSERT_EQ(records.size(), 25U);
  EXPECT_EQ(records[0].seq, 1);
  EXPECT_EQ(records[24].name, "tool_25");
  EXPECT_EQ(records[24].caller, "ann");
  EXPECT_EQ(records[24].outcome, "ok");
  ASSERT_TRUE(base::validate_json(records[24].body)) << records[24].body;
  const AuditProof proof = verify();
  EXPECT_TRUE(proof.good()) << proof.words;
  EXPECT_EQ(proof.records, 25);
  EXPECT_EQ(proof.signed_to, 25);
  ASSERT_EQ(proof.unproved.size(), 1U);
  EXPECT_NE(proof.unproved[0].find("--sink"), std::string::npos);
  const AuditProof more = verify(checkpoints());
  EXPECT_TRUE(more.good());
  EXPECT_TRUE(more.unproved.empty());
}

TEST_F(Audit, FilesAreForTheOwnerAlone) {
  trail(1);
  for (const auto& entry : fs::directory_iterator(folder)) {
    const bool open = entry.path().extension() == ".pub";
    EXPECT_EQ((entry.status().permissions() & fs::perms::others_all) == fs::perms::none, !open) << entry.path();
  }
}

TEST_F(Audit, NamesAChangedRecord) {
  trail(25);
  ASSERT_TRUE(store::spoil::change_body(path(), 13, "tool_13", "tool_14"));
  const AuditProof proof = verify();
  EXPECT_EQ(proof.broken, AuditBreak::changed);
  EXPECT_EQ(proof.seq, 13);
}

TEST_F(Audit, NamesAChangedColumn) {
  trail(25);
  ASSERT_TRUE(store::spoil::change_caller(path(), 7, "bob"));
  const AuditProof proof = verify();
  EXPECT_EQ(proof.broken, AuditBreak::changed);
  EXPECT_EQ(proof.seq, 7);
}

TEST_F(Audit, NamesADeletedRecord) {
  trail(25);
  ASSERT_TRUE(store::spoil::remove(path(), 4, 6));
  AuditProof proof = verify();
  EXPECT_EQ(proof.broken, AuditBreak::deleted);
  EXPECT_EQ(proof.seq, 4);
  ASSERT_TRUE(store::spoil::remove(path(), 1, 9));
  proof = verify();
  EXPECT_EQ(proof.broken, AuditBreak::deleted);
  EXPECT_EQ(proof.seq, 1);
}

TEST_F(Audit, NamesADeletedRecordWhoseNumberAnotherOneGot) {
  trail(25);
  ASSERT_TRUE(store::spoil::remove_and_close_up(path(), 8));
  const AuditProof proof = verify();
  EXPECT_EQ(proof.broken, AuditBreak::deleted);
  EXPECT_EQ(proof.seq, 8);
}

TEST_F(Audit, NamesReorderedRecords) {
  trail(25);
  ASSERT_TRUE(store::spoil::swap(path(), 5, 9));
  const AuditProof proof = verify();
  EXPECT_EQ(proof.broken, AuditBreak::reordered);
  EXPECT_EQ(proof.seq, 5);
}

TEST_F(Audit, NamesACutEnd) {
  trail(25);
  ASSERT_TRUE(store::spoil::remove(path(), 21, 25));
  const AuditProof proof = verify();
  EXPECT_EQ(proof.broken, AuditBreak::truncated);
  EXPECT_EQ(proof.seq, 21);
}

TEST_F(Audit, NamesACutEndWhoseCheckpointsWereCutToo) {
  trail(25);
  const auto sink = checkpoints();
  ASSERT_TRUE(store::spoil::remove(path(), 11, 25));
  ASSERT_TRUE(store::spoil::remove_checkpoints(path(), 10));
  const AuditProof alone = verify();
  EXPECT_TRUE(alone.good()) << "without a sink nobody can know, and it says so";
  EXPECT_FALSE(alone.unproved.empty());
  const AuditProof proof = verify(sink);
  EXPECT_EQ(proof.broken, AuditBreak::old_copy);
  EXPECT_EQ(proof.seq, 11);
}

TEST_F(Audit, NamesAnOldCopyThatWasPutBackAndWentOn) {
  trail(10);
  fs::copy_file(options().trail_path(), folder + "/copy");
  trail(10);
  const auto sink = checkpoints();
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(options().trail_path() + suffix);
  fs::copy_file(folder + "/copy", options().trail_path());
  EXPECT_EQ(verify(sink).broken, AuditBreak::old_copy);
  fs::remove_all(options().spool_path());
  trail(10);
  EXPECT_TRUE(verify().good());
  const AuditProof proof = verify(sink);
  EXPECT_EQ(proof.broken, AuditBreak::rewritten);
  EXPECT_EQ(proof.seq, 20);
}

// Who has the database can make a chain of their own, but not the signatures.
TEST_F(Audit, NamesARewrittenChain) {
  trail(25);
  auto store = store::open_audit_store(options().trail_path());
  auto records = *(*store)->after(0, 100);
  std::string hash(kHashBytes, '\0');
  records[11].body.replace(records[11].body.find("tool_12"), 7, "tool_99");
  records[11].name = "tool_99";
  for (auto& one : records) hash = one.hash = hash_record(hash, one);
  ASSERT_TRUE(store::spoil::remove(path(), 1, 25));
  ASSERT_TRUE((*store)->append(records, {}));
  const AuditProof proof = verify();
  EXPECT_EQ(proof.broken, AuditBreak::rewritten);
  EXPECT_GE(proof.seq, 12);
}

// ... unless they have the key too: then only what a sink holds tells.
TEST_F(Audit, NamesAWholeTrailRewrittenWithTheKeyOnlyByASink) {
  trail(25);
  const auto sink = checkpoints();
  auto log = (*store::open_audit_store(options().trail_path()))->note("log");
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(options().trail_path() + suffix);
  fs::remove_all(options().spool_path());
  { (void)open(options()); }
  ASSERT_TRUE((*store::open_audit_store(path()))->set_note("log", *log));
  trail(30);
  EXPECT_TRUE(verify().good());
  EXPECT_EQ(verify(sink).broken, AuditBreak::rewritten);
}

TEST_F(Audit, NamesAForeignSignature) {
  trail(25);
  ASSERT_TRUE(store::spoil::change_signature(path(), 25));
  EXPECT_EQ(verify().broken, AuditBreak::bad_signature);
}

TEST_F(Audit, KeepsDigestsOnlyUnlessItIsToldTo) {
  {
    auto writer = open(options());
    make(*writer, 1);
  }
  {
    AuditOptions more = options();
    more.writing.contents = AuditContents::redacted;
    auto writer = open(more);
    make(*writer, 1);
  }
  {
    AuditOptions more = options();
    more.writing.contents = AuditContents::whole;
    auto writer = open(more);
    make(*writer, 1);
  }
  const auto records = all();
  ASSERT_EQ(records.size(), 3U);
  EXPECT_EQ(records[0].body.find("a.txt"), std::string::npos);
  EXPECT_NE(records[0].body.find("\"arguments_sha256\""), std::string::npos);
  EXPECT_NE(records[1].body.find(R"("arguments":{"path":"a.txt","mail":"[redacted:mail]","password":"[redacted:key]"})"), std::string::npos)
      << records[1].body;
  EXPECT_NE(records[2].body.find("hunter2"), std::string::npos);
}

TEST_F(Audit, NothingThatIsRedactedStandsInAnyFile) {
  AuditOptions more = options();
  more.writing.contents = AuditContents::redacted;
  auto writer = open(more);
  make(*writer, 1);
  base::CallRecord failed = call(2, "https://a.example/?token=hunter2");
  failed.outcome = base::Outcome::failed;
  failed.error = mcp::Code::denied;
  failed.message = "Bearer hunter2hunter2 was refused";
  ASSERT_TRUE(writer->began(failed));
  writer->finished(failed);
  writer->happened({"signin.failed", "password=hunter2", "", "", "failed", "for hunter2@example.com"});
  ASSERT_TRUE(writer->settle());
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    ++files;
    EXPECT_EQ(read(entry.path()).find("hunter2"), std::string::npos) << entry.path();
  }
  EXPECT_GE(files, 4);
}

TEST_F(Audit, ACallThatNeverEndedIsLostAndNoOther) {
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    AuditOptions mine = options();
    auto writer = AuditWriter::open(mine);
    if (!writer) ::_exit(1);
    for (std::uint64_t i = 1; i <= 500; ++i) {
      const base::CallRecord one = call(i);
      if (!(*writer)->began(one)) ::_exit(1);
      if (i != 7 && i != 400) (*writer)->finished(one);
    }
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  { (void)open(options()); }
  { (void)open(options()); }
  int lost = 0, ok = 0;
  for (const AuditEntry& one : all()) (one.outcome == "lost" ? lost : ok) += 1;
  EXPECT_EQ(lost, 2);
  EXPECT_EQ(ok, 498);
  EXPECT_TRUE(verify().good());
}

TEST_F(Audit, SpoolsGoRoundAndKeepLongCalls) {
  AuditOptions small = options();
  small.spool_file_bytes = 4'096;
  {
    auto writer = open(small);
    const base::CallRecord slow = call(1, "slow");
    ASSERT_TRUE(writer->began(slow));
    for (std::uint64_t i = 2; i <= 300; ++i) {
      make(*writer, i);
      if (i % 10 == 0) {
        ASSERT_TRUE(writer->settle());
      }
    }
    EXPECT_EQ(writer->counts().dropped, 0U);
    std::size_t files = 0;
    for (const auto& entry : fs::directory_iterator(small.spool_path())) files += entry.is_regular_file() ? 1 : 0;
    EXPECT_LE(files, 4U);
  }
  // It was still open when the spool ended, long after the file with its beginning had gone.
  { (void)open(small); }
  const auto records = all();
  ASSERT_EQ(records.size(), 300U);
  EXPECT_EQ(records.back().name, "slow");
  EXPECT_EQ(records.back().outcome, "lost");
}

TEST_F(Audit, StrictRefusesWhatItCannotWrite) {
  for (const auto strict : {AuditOptions::Strict::yes, AuditOptions::Strict::no}) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      AuditOptions mine = options();
      mine.beside = folder + (strict == AuditOptions::Strict::yes ? "/strict" : "/loose");
      mine.strict = strict;
      mine.spool_file_bytes = 4'096;
      mine.spool_files = 3;
      auto writer = AuditWriter::open(mine);
      if (!writer) ::_exit(9);
      ::signal(SIGXFSZ, SIG_IGN);
      const rlimit none{0, 0};
      ::setrlimit(RLIMIT_FSIZE, &none);
      bool refused = false;
      for (std::uint64_t i = 1; i <= 400; ++i) {
        const base::CallRecord one = call(i);
        refused = !(*writer)->began(one) || refused;
        (*writer)->finished(one);
      }
      const bool counted = strict == AuditOptions::Strict::yes ? (*writer)->counts().refused > 0 : (*writer)->counts().dropped > 0;
      ::_exit(refused == (strict == AuditOptions::Strict::yes) && counted ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  }
}

TEST_F(Audit, DeletesWholeSegmentsAndKeepsTheProof) {
  trail(25);
  const auto sink = checkpoints();
  AuditOptions later = options();
  later.retain = std::chrono::hours(24);
  later.now = [] { return std::chrono::system_clock::now() + std::chrono::hours(23); };
  {
    auto writer = open(later);
    ASSERT_TRUE(writer->delete_old_now());
  }
  EXPECT_EQ(verify().first, 1);
  later.now = [] { return std::chrono::system_clock::now() + std::chrono::hours(25); };
  {
    auto writer = open(later);
    ASSERT_TRUE(writer->delete_old_now());
    for (std::uint64_t i = 1; i <= 3; ++i) make(*writer, i);
  }
  const AuditProof proof = verify(sink);
  EXPECT_TRUE(proof.good()) << proof.words;
  EXPECT_EQ(proof.first, 26);
  EXPECT_GE(checkpoints().size(), sink.size() + 1);
  ASSERT_TRUE(store::spoil::remove(path(), 26, 26));
  EXPECT_EQ(verify(sink).broken, AuditBreak::deleted);
}

TEST_F(Audit, IsSearchedPageByPage) {
  trail(25);
  auto store = store::open_audit_store(options().trail_path());
  const AuditTrail trail(**store, "");
  AuditQuery query;
  query.server = "files";
  auto page = trail.search(query, "", 10);
  ASSERT_TRUE(page);
  ASSERT_EQ(page->entries.size(), 10U);
  EXPECT_EQ(page->entries.front().seq, 25);
  page = trail.search(query, page->cursor, 100);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->entries.size(), 15U);
  EXPECT_TRUE(page->cursor.empty());
  query.text = "tool_21";
  page = trail.search(query, "", 10);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->entries.size(), 1U);
  query.caller = "bob";
  EXPECT_TRUE(trail.search(query, "", 10)->entries.empty());
  EXPECT_FALSE(trail.search(query, "nonsense", 10));
  EXPECT_FALSE(trail.search(query, "0000000000000000-5", 10));
  auto rest = trail.after(all()[19].cursor, 100);
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->front().seq, 21);
}

TEST_F(Audit, TakesEventsThatOtherProcessesLeft) {
  ASSERT_TRUE(leave_event(options().beside, {"key.created", "ci", "operator ann", "", "ok", "for ann"}));
  auto writer = open(options());
  EXPECT_FALSE(AuditWriter::open(options())) << "two must not write one trail";
  writer.reset();
  const auto records = all();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].kind, "key.created");
  EXPECT_EQ(records[0].name, "ci");
}

TEST(AuditCursor, IsReadStrictly) {
  EXPECT_TRUE(parse_cursor("0123456789abcdef-12"));
  for (const char* wrong : {"", "-", "0123456789abcdef", "0123456789abcdef-", "0123456789abcdef--1", "0123456789ABCDEF-1",
                            "0123456789abcdef-1x", "0123456789abcdef-99999999999999999999"})
    EXPECT_FALSE(parse_cursor(wrong)) << wrong;
}

}  // namespace
}  // namespace observe
