// One validation: what is being looked at, what was seen, and what is wrong.
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/json_schema/program.h"

namespace protocol::schema {

// The way to a value, as a chain on the stack.
struct Path {
  const Path* parent = nullptr;
  std::string_view key;   // of an object's member
  std::size_t index = 0;  // of an array's item
  bool item = false;

  // As a JSON Pointer.
  std::string pointer() const;
};

// The resources that were entered on the way to here, innermost first: the dynamic scope.
struct Scope {
  const Scope* parent = nullptr;
  ResourceId resource = 0;
};

// Which members or items of one value some keyword has looked at (Core, section 11).
class Seen {
 public:
  explicit Seen(std::size_t size) : size_(size) {}

  void add(std::size_t index);
  void add_all() { all_ = true; }
  void add(const Seen& other);
  bool has(std::size_t index) const;
  bool all() const { return all_; }
  std::size_t size() const { return size_; }

 private:
  std::size_t size_;
  bool all_ = false;
  std::uint64_t few_ = 0;
  std::vector<std::uint64_t> many_;  // from the 64th on
};

// A list of problems that has an end. What begins inside of a branch is taken back when the branch does not count.
class Report {
 public:
  explicit Report(std::size_t most) : most_(most) {}

  bool full() const { return problems_.size() >= most_; }
  void add(const Path& path, std::string_view keyword, std::string message);
  void add_all(Report&& other);
  const std::vector<SchemaProblem>& problems() const { return problems_; }
  std::vector<SchemaProblem> take() { return std::move(problems_); }

 private:
  std::size_t most_;
  std::vector<SchemaProblem> problems_;
};

class Evaluation {
 public:
  Evaluation(const Program& program) : program_(program) {}  // NOLINT(google-explicit-constructor)

  // Whether `value` is valid against the node. `seen` collects for a schema above and counts only when this is true; `report` gets
  // what is wrong. Both may be null. False also when the evaluation gave up.
  bool check(NodeId node, const boost::json::value& value, const Path& path, const Scope* scope, Seen* seen, Report* report);

  bool gave_up() const { return why_ != nullptr; }
  const char* why() const { return why_; }

 private:
  // One node on one value.
  struct At {
    const boost::json::value& value;
    const Path& path;
    const Scope* scope;
    Seen* seen;
    Report* report;
  };

  bool parts(const Node& node, const At& at);
  bool type(const Node& node, const At& at);
  bool listed(const Node& node, const At& at);
  bool number(const NumberRules& rules, const Number& n, const At& at);
  bool string(const StringRules& rules, std::string_view text, const At& at);
  bool array(const ArrayRules& rules, const boost::json::array& array, const At& at);
  bool contains(const ArrayRules& rules, const boost::json::array& array, const At& at);
  bool unique(const boost::json::array& array, const At& at);
  bool object(const ObjectRules& rules, const boost::json::object& object, const At& at);
  bool member(const ObjectRules& rules, const boost::json::key_value_pair& member, std::size_t index, const At& at, std::size_t& required);
  bool missing(const ObjectRules& rules, const boost::json::object& object, const At& at);
  bool logic(const Logic& logic, const At& at);
  bool reference(const Logic& logic, const At& at);
  bool any(const std::vector<NodeId>& branches, const At& at);
  bool one(const std::vector<NodeId>& branches, const At& at);
  bool branch(NodeId node, const At& at, Report* report);
  bool dependent(const Logic& logic, const boost::json::object& object, const At& at);
  bool unevaluated_items(const ArrayRules& rules, const boost::json::array& array, const At& at);
  bool unevaluated_members(const ObjectRules& rules, const boost::json::object& object, const At& at);

  // Counts; false when there is nothing left.
  bool spend(std::size_t steps);
  // Says what is wrong. Always false.
  static bool wrong(const At& at, std::string_view keyword, std::string message);
  // Whether there is a reason to look on after something was wrong.
  bool go_on(const At& at) const { return at.report && !at.report->full() && !gave_up(); }

  const Program& program_;
  std::size_t steps_ = 0;
  std::size_t nesting_ = 0;
  const char* why_ = nullptr;
};

}  // namespace protocol::schema
