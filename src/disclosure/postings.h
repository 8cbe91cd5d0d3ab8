// The table behind the index: which tool has which stem, how much that counts there, and the tools of each server.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "disclosure/fields.h"
#include "disclosure/tool.h"

namespace disclosure {

using DocumentId = std::uint32_t;

// What a stem counts for a tool, from 0 to 1 without its rarity: the sum over the fields, saturated.
struct Impact {
  DocumentId document;
  float amount;
};

class Postings {
 public:
  struct Document {
    bool taken = false;  // else it is free, and nothing else here says anything
    std::string_view server;
    std::uint32_t server_number = 0;
    std::string name, public_name;
    std::array<std::uint16_t, kFields> length{};
  };

  void set(std::string_view server, std::string_view instructions, std::span<const ToolView> tools);
  void remove(std::string_view server);

  // All that ever were; some are free.
  const std::vector<Document>& documents() const { return documents_; }
  const std::map<std::string, std::vector<DocumentId>, std::less<>>& servers() const { return servers_; }
  std::size_t size() const { return size_; }

  bool has(const std::string& stem) const { return stems_.contains(stem); }
  // The tools that have a stem, each once, in no order; empty for an unknown stem.
  std::span<const Impact> impacts(const std::string& stem) const;
  // The tools that go by a name_key: of the name, of the public name, or of server and name.
  std::span<const DocumentId> named(const std::string& key) const;

 private:
  // How often a stem stands in a field. Those of one tool stand behind each other.
  struct Occurrence {
    DocumentId document;
    Field field;
    std::uint8_t times;
  };
  struct Stem {
    std::vector<Occurrence> occurrences;
    std::vector<Impact> impacts;
  };
  using Stems = std::unordered_map<std::string, Stem>;

  DocumentId new_document();
  void add(std::string_view server, const std::vector<FieldWord>& shared, const ToolView& tool, std::vector<DocumentId>& into);
  void add_name(std::string key, DocumentId document);
  void drop(std::string_view server);
  // The usual lengths of fields have changed, or not: makes the impacts of all stems, or of those without.
  void refresh();
  void weigh(Stem& stem) const;

  std::vector<Document> documents_;
  std::vector<std::vector<Stems::value_type*>> stems_of_;  // of each document
  std::vector<DocumentId> free_;
  std::map<std::string, std::vector<DocumentId>, std::less<>> servers_;
  Stems stems_;
  std::vector<Stem*> changed_;  // since refresh()
  std::unordered_map<std::string, std::vector<DocumentId>> names_;
  std::array<std::uint64_t, kFields> total_length_{};
  std::array<double, kFields> usual_{};
  std::size_t size_ = 0;
};

}  // namespace disclosure
