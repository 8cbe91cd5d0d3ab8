// The proof of a trail: the chain from record to record, the checkpoints over it, and what sinks know.
#include <fmt/format.h>

#include <map>

#include "base/digest.h"
#include "base/json.h"
#include "observe/audit/audit_trail.h"
#include "observe/audit/checkpoint.h"
#include "observe/audit/record_text.h"
#include "store/audit_store.h"

namespace observe {

using mcp::Code;
using mcp::Error;
using mcp::Result;

namespace {

// Records of one look at the store, which does nothing else meanwhile.
constexpr std::size_t kStretch = 20'000;

struct Known {
  std::string hash;
  bool of_sink = false;
};

// One look at everything.
class Verifier {
 public:
  Verifier(store::AuditStore& store, const std::string& key, const AuditTrail::Evidence& evidence)
      : store_(store), key_(evidence.public_key.empty() ? key : evidence.public_key), evidence_(evidence) {}

  Result<AuditProof> run() {
    if (auto read = read_checkpoints(); !read) return std::move(read).error();
    if (good()) read_sinks();
    if (good())
      if (auto read = read_records(); !read) return std::move(read).error();
    if (good()) compare_ends();
    say_rest();
    return std::move(proof_);
  }

 private:
  bool good() const { return proof_.good(); }

  void broken(AuditBreak what, std::int64_t seq, std::string words) {
    if (!good()) return;
    proof_.broken = what;
    proof_.seq = seq;
    proof_.words = std::move(words);
  }

  Result<> read_checkpoints() {
    auto log = store_.note("log");
    if (!log) return std::move(log).error();
    log_ = *std::move(log);
    auto all = store_.checkpoints();
    if (!all) return std::move(all).error();
    std::string before;
    for (const store::StoredCheckpoint& one : *all) {
      auto read = parse_checkpoint(one.line);
      if (!read || read->seq != one.seq) {
        broken(AuditBreak::changed, one.seq, fmt::format("the checkpoint at record {} was changed", one.seq));
        return {};
      }
      auto fits = check_signature(*read, key_);
      if (!fits) return std::move(fits).error();
      if (!*fits || read->log != log_)
        broken(AuditBreak::bad_signature, one.seq, fmt::format("the checkpoint at record {} was not signed with this key", one.seq));
      else if (read->previous != (before.empty() ? "" : base::sha256_hex(before)) || read->seq < signed_)
        broken(AuditBreak::deleted, one.seq, fmt::format("a checkpoint before the one at record {} is not there", one.seq));
      if (!good()) return {};
      // Where two are over the same record, they have to say the same.
      auto [at, fresh] = known_.try_emplace(read->seq, Known{read->hash, false});
      if (!fresh && at->second.hash != read->hash)
        broken(AuditBreak::rewritten, read->seq, fmt::format("two checkpoints disagree on record {}", read->seq));
      first_ = read->first;
      signed_ = read->seq;
      ++proof_.checkpoints;
      before = one.line;
    }
    proof_.signed_to = signed_;
    return {};
  }

  void read_sinks() {
    for (const std::string& line : evidence_.sink_lines) {
      if (line.find("\"checkpoint\"") == std::string::npos) continue;
      auto read = parse_checkpoint(line);
      if (!read || read->log != log_) continue;
      auto fits = check_signature(*read, key_);
      if (!fits || !*fits) continue;  // nobody can make the trail look broken who only writes to a sink
      ++proof_.at_sinks;
      sunk_ = std::max(sunk_, read->seq);
      auto [at, fresh] = known_.try_emplace(read->seq, Known{read->hash, true});
      if (!fresh && at->second.hash != read->hash)
        return broken(AuditBreak::rewritten, read->seq,
                      fmt::format("record {} and what stands before it were rewritten: a sink was told another hash", read->seq));
    }
  }

  Result<> read_records() {
    std::int64_t from = 0;
    // The chain begins with nothing, or with the checkpoint behind which the oldest record stands that is kept.
    std::string hash(kHashBytes, '\0');
    expected_ = 1;
    for (bool more = true; more && good();) {
      std::size_t seen = 0;
      auto done = store_.each(from, [&](const store::StoredAudit& one) {
        from = one.seq;
        look(one, hash);
        return good() && ++seen < kStretch;
      });
      if (!done) return done;
      more = seen == kStretch;
    }
    return proof_.broken == AuditBreak::reordered ? name_break() : Result<>();
  }

  void look(const store::StoredAudit& one, std::string& hash) {
    if (proof_.records == 0 && first_ > 1 && one.seq > 1) {
      auto base = known_.find(one.seq - 1);
      if (one.seq > first_ || base == known_.end())
        return broken(
            AuditBreak::deleted, first_,
            fmt::format("the records {} to {} are not there, and no checkpoint says that their time was over", first_, one.seq - 1));
      hash = bytes_of(base->second.hash);
      expected_ = one.seq;
    }
    if (proof_.records == 0) proof_.first = one.seq;
    if (one.seq != expected_)
      return broken(AuditBreak::deleted, expected_,
                    one.seq == expected_ + 1 ? fmt::format("record {} is not there", expected_)
                                             : fmt::format("the records {} to {} are not there", expected_, one.seq - 1));
    const std::string now = hash_record(hash, one);
    if (now != one.hash || !body_is_numbered(one)) return wrong(one);
    if (auto known = known_.find(one.seq); known != known_.end() && known->second.hash != hex_of(now))
      return broken(AuditBreak::rewritten, one.seq,
                    fmt::format("the records up to {} hang together, but they are not those that {}", one.seq,
                                known->second.of_sink ? "a sink was told of" : "were signed"));
    hash = now;
    ++expected_;
    ++proof_.records;
    proof_.last = one.seq;
  }

  static std::int64_t number_in(const store::StoredAudit& one) {
    constexpr std::string_view kStart = "{\"seq\":";
    if (!one.body.starts_with(kStart)) return -1;
    const std::string_view rest = std::string_view(one.body).substr(kStart.size());
    return base::json_integer(rest.substr(0, rest.find_first_of(",}"))).value_or(-1);
  }
  static bool body_is_numbered(const store::StoredAudit& one) {
    return one.body.starts_with(fmt::format("{{\"seq\":{},", one.seq)) || one.body == fmt::format("{{\"seq\":{}}}", one.seq);
  }

  // What kind of break it is: the record says which one it was.
  void wrong(const store::StoredAudit& one) {
    const std::int64_t said = number_in(one);
    if (said == one.seq || said <= 0) return broken(AuditBreak::changed, one.seq, fmt::format("record {} was changed", one.seq));
    broken(AuditBreak::reordered, one.seq, fmt::format("record {} stands in the place of record {}", said, one.seq));
  }

  // Whether the record in whose place another one stands is anywhere.
  Result<> name_break() {
    store::AuditStore::Filter wanted;
    wanted.text = fmt::format("{{\"seq\":{},", proof_.seq);
    auto found = store_.search(wanted, 0, 1);
    if (!found) return std::move(found).error();
    if (!found->empty()) return {};
    proof_.broken = AuditBreak::deleted;
    proof_.words = fmt::format("record {} is not there, and another one was given its number", proof_.seq);
    return {};
  }

  void compare_ends() {
    const std::int64_t last = proof_.records == 0 ? (first_ > 1 ? signed_ : 0) : proof_.last;
    if (first_ > 1 && proof_.records == 0 && first_ <= signed_)
      return broken(AuditBreak::truncated, first_,
                    fmt::format("the records {} to {} are not there: a checkpoint knows of them", first_, signed_));
    if (last < signed_)
      return broken(AuditBreak::truncated, last + 1,
                    fmt::format("the records {} to {} are not there: a checkpoint knows of them", last + 1, signed_));
    if (last < sunk_)
      return broken(
          AuditBreak::old_copy, last + 1,
          fmt::format("the trail ends with record {}, and a sink knows of {}: its end was cut, or an older copy was put in its place", last,
                      sunk_));
    proof_.last = last;
  }

  void say_rest() {
    if (good())
      proof_.words = proof_.records == 0 ? "the trail is empty"
                                         : fmt::format("the records {} to {} are as they were written", proof_.first, proof_.last);
    if (good() && proof_.last > signed_)
      proof_.unproved.push_back(
          fmt::format("the records {} to {} are chained, and no checkpoint is over them yet", signed_ + 1, proof_.last));
    if (proof_.at_sinks == 0)
      proof_.unproved.emplace_back(
          "that the end was not cut, that this is not an older copy, and that nobody who has the key rewrote all of it: for that give "
          "what a sink was sent, with --sink FILE");
    else if (good() && sunk_ < proof_.last)
      proof_.unproved.push_back(fmt::format("that nothing was cut behind record {}, the last that the sink was told of", sunk_));
  }

  static std::string bytes_of(std::string_view hex) {
    std::string out;
    auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) out += static_cast<char>(digit(hex[i]) * 16 + digit(hex[i + 1]));
    return out;
  }

  store::AuditStore& store_;
  const std::string key_;
  const AuditTrail::Evidence& evidence_;
  AuditProof proof_;
  std::string log_;
  std::map<std::int64_t, Known> known_;  // hashes by the record
  std::int64_t first_ = 1, signed_ = 0, sunk_ = 0, expected_ = 1;
};

}  // namespace

std::string_view audit_break_name(AuditBreak what) {
  switch (what) {
    case AuditBreak::none: return "none";
    case AuditBreak::changed: return "changed";
    case AuditBreak::deleted: return "deleted";
    case AuditBreak::reordered: return "reordered";
    case AuditBreak::truncated: return "truncated";
    case AuditBreak::rewritten: return "rewritten";
    case AuditBreak::old_copy: return "old copy";
    case AuditBreak::bad_signature: return "bad signature";
  }
  return "none";
}

Result<AuditProof> AuditTrail::verify(const Evidence& evidence) const { return Verifier(store_, public_key_, evidence).run(); }

}  // namespace observe
