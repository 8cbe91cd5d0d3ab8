#include "disclosure/postings.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <unordered_set>
#include <utility>

#include "disclosure/ranking.h"
#include "disclosure/words.h"

namespace disclosure {
namespace {

// In steps of about 9 %, so that one more tool seldom changes what all others count.
double in_steps(double length) { return std::exp2(std::round(8 * std::log2(std::max(1.0, length))) / 8); }

}  // namespace

std::span<const Impact> Postings::impacts(const std::string& stem) const {
  auto found = stems_.find(stem);
  if (found == stems_.end()) return {};
  return found->second.impacts;
}

std::span<const DocumentId> Postings::named(const std::string& key) const {
  auto found = names_.find(key);
  if (found == names_.end()) return {};
  return found->second;
}

void Postings::set(std::string_view server, std::string_view instructions, std::span<const ToolView> tools) {
  drop(server);
  auto place = servers_.try_emplace(std::string(server)).first;
  std::vector<FieldWord> shared = server_fields_of(server, instructions);
  place->second.reserve(tools.size());
  for (const ToolView& tool : tools) add(place->first, shared, tool, place->second);
  refresh();
}

void Postings::remove(std::string_view server) {
  drop(server);
  refresh();
}

DocumentId Postings::new_document() {
  if (!free_.empty()) {
    DocumentId id = free_.back();
    free_.pop_back();
    return id;
  }
  documents_.emplace_back();
  stems_of_.emplace_back();
  return static_cast<DocumentId>(documents_.size() - 1);
}

void Postings::add_name(std::string key, DocumentId document) {
  if (key.empty()) return;
  std::vector<DocumentId>& all = names_[std::move(key)];
  if (all.empty() || all.back() != document) all.push_back(document);
}

void Postings::add(std::string_view server, const std::vector<FieldWord>& shared, const ToolView& tool, std::vector<DocumentId>& into) {
  DocumentId id = new_document();
  Document& document = documents_[id];
  document.taken = true;
  document.server = server;
  document.name = tool.name;
  document.public_name = tool.public_name;
  add_name(name_key(document.name), id);
  add_name(name_key(document.public_name), id);
  add_name(name_key(server) + name_key(document.name), id);
  into.push_back(id);
  ++size_;

  std::vector<FieldWord> words = fields_of(tool);
  words.insert(words.end(), shared.begin(), shared.end());
  for (const FieldWord& word : words) {
    if (!word.counts) continue;
    ++document.length[static_cast<std::size_t>(word.field)];
    ++total_length_[static_cast<std::size_t>(word.field)];
  }
  std::sort(words.begin(), words.end(),
            [](const FieldWord& a, const FieldWord& b) { return std::tie(a.stem, a.field) < std::tie(b.stem, b.field); });
  Stem* stem = nullptr;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i == 0 || words[i].stem != words[i - 1].stem) {
      auto place = stems_.try_emplace(words[i].stem).first;
      stems_of_[id].push_back(&*place);
      stem = &place->second;
      changed_.push_back(stem);
    } else if (words[i].field == words[i - 1].field) {
      std::uint8_t& times = stem->occurrences.back().times;
      times = std::min<std::uint8_t>(ranking::kMostTimes, times + 1);
      continue;
    }
    stem->occurrences.push_back({id, words[i].field, 1});
  }
}

void Postings::drop(std::string_view server) {
  auto found = servers_.find(server);
  if (found == servers_.end()) return;
  std::vector<bool> gone(documents_.size());
  std::unordered_set<Stems::value_type*> touched;
  for (DocumentId id : found->second) {
    gone[id] = true;
    touched.insert(stems_of_[id].begin(), stems_of_[id].end());
  }
  for (Stems::value_type* entry : touched) {
    std::erase_if(entry->second.occurrences, [&](const Occurrence& one) { return gone[one.document]; });
    std::erase_if(entry->second.impacts, [&](const Impact& one) { return gone[one.document]; });
    if (entry->second.occurrences.empty()) stems_.erase(stems_.find(entry->first));
  }
  for (DocumentId id : found->second) {
    Document& document = documents_[id];
    for (const std::string& key : {name_key(document.name), name_key(document.public_name), name_key(server) + name_key(document.name)}) {
      auto named = names_.find(key);
      if (named == names_.end()) continue;
      std::erase_if(named->second, [&](DocumentId other) { return gone[other]; });
      if (named->second.empty()) names_.erase(named);
    }
    for (std::size_t f = 0; f < kFields; ++f) total_length_[f] -= document.length[f];
    document = Document{};
    stems_of_[id].clear();
    free_.push_back(id);
    --size_;
  }
  servers_.erase(found);
}

void Postings::refresh() {
  std::uint32_t number = 0;
  for (const auto& [id, documents] : servers_) {
    for (DocumentId document : documents) documents_[document].server_number = number;
    ++number;
  }
  std::array<double, kFields> usual{};
  for (std::size_t f = 0; f < kFields; ++f)
    usual[f] = in_steps(static_cast<double>(total_length_[f]) / static_cast<double>(std::max<std::size_t>(size_, 1)));
  if (usual != usual_) {
    usual_ = usual;
    for (auto& [text, stem] : stems_) weigh(stem);
  } else {
    std::sort(changed_.begin(), changed_.end());
    changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
    for (Stem* stem : changed_) weigh(*stem);
  }
  changed_.clear();
}

void Postings::weigh(Stem& stem) const {
  stem.impacts.clear();
  for (std::size_t i = 0; i < stem.occurrences.size();) {
    DocumentId id = stem.occurrences[i].document;
    const Document& document = documents_[id];
    double often = 0;
    for (; i < stem.occurrences.size() && stem.occurrences[i].document == id; ++i) {
      auto f = static_cast<std::size_t>(stem.occurrences[i].field);
      often += ranking::kWeight[f] * stem.occurrences[i].times /
               (1 - ranking::kLength[f] + ranking::kLength[f] * document.length[f] / usual_[f]);
    }
    stem.impacts.push_back({id, static_cast<float>(often / (ranking::kSaturation + often))});
  }
}

}  // namespace disclosure
