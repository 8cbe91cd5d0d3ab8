// The official test suite of JSON Schema. What is left out stands here, with its reason, and is counted.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/json.h"
#include "protocol/json_schema/json_schema.h"

namespace {

namespace fs = std::filesystem;
using protocol::FormatUse;
using protocol::JsonSchema;
using protocol::PatternUse;
using protocol::SchemaDocument;
using protocol::SchemaOptions;

const fs::path kSuite = JSON_SCHEMA_SUITE;

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

// What the suite calls http://localhost:1234/, and the metaschemas.
const std::vector<SchemaDocument>& documents() {
  static const auto* kAll = [] {
    auto* all = new std::vector<SchemaDocument>();
    auto add = [&](const fs::path& top, const std::string& prefix, const std::string& suffix) {
      for (const auto& entry : fs::recursive_directory_iterator(top)) {
        if (!entry.is_regular_file()) continue;
        std::string name = fs::relative(entry.path(), top).generic_string();
        if (!suffix.empty()) name.resize(name.size() - suffix.size());
        all->push_back({prefix + name, read(entry.path())});
      }
    };
    add(kSuite / "remotes", "http://localhost:1234/", "");
    add(kSuite / "meta/2020-12", "https://json-schema.org/draft/2020-12/", ".json");
    add(kSuite / "meta/2019-09", "https://json-schema.org/draft/2019-09/", ".json");
    add(kSuite / "meta/draft-07", "http://json-schema.org/draft-07/", ".json");
    return all;
  }();
  return *kAll;
}

struct Outcome {
  std::size_t passed = 0, skipped = 0;
  std::vector<std::string> wrong;
};

// `skips` maps "file: group" or "file: group: test" to a reason.
using Skips = std::map<std::string, std::string>;

void run_group(const boost::json::object& group, const std::string& name, const SchemaOptions& options, const Skips& skips,
               std::set<std::string>& used, Outcome& run) {
  const auto& tests = group.at("tests").as_array();
  if (skips.contains(name)) {
    used.insert(name);
    run.skipped += tests.size();
    return;
  }
  auto schema = JsonSchema::compile(boost::json::serialize(group.at("schema")), options);
  if (!schema) {
    run.wrong.push_back(name + ": " + schema.error().message);
    return;
  }
  for (const auto& one : tests) {
    const auto& test = one.as_object();
    const std::string full = name + ": " + std::string(test.at("description").as_string());
    if (skips.contains(full)) {
      used.insert(full);
      ++run.skipped;
      continue;
    }
    bool expected = test.at("valid").as_bool();
    auto verdict = schema->validate(test.at("data"));
    if (verdict.valid() == expected && !verdict.gave_up && schema->accepts(test.at("data")) == expected)
      ++run.passed;
    else
      run.wrong.push_back(full + (expected ? " should be valid: " + verdict.text("it") : " should not be valid"));
  }
}

// Every test in the files below `folder` (not in its folders).
Outcome run_folder(const fs::path& folder, const SchemaOptions& options, const Skips& skips) {
  Outcome run;
  std::set<std::string> used;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    auto tree = base::parse_json(read(file));
    if (!tree) {
      run.wrong.push_back(file.string() + ": " + tree.error().message);
      continue;
    }
    for (const auto& group : tree->as_array()) {
      const auto& o = group.as_object();
      run_group(o, file.stem().string() + ": " + std::string(o.at("description").as_string()), options, skips, used, run);
    }
  }
  for (const auto& [name, reason] : skips)
    if (!used.contains(name)) run.wrong.push_back("skipped, and not there: " + name);
  return run;
}

std::string lines(const std::vector<std::string>& all) {
  std::string out;
  for (const auto& one : all) out += one + "\n";
  return out;
}

SchemaOptions with_documents() {
  SchemaOptions options;
  options.documents = documents();
  return options;
}
SchemaOptions old_dialect(const char* uri) {
  SchemaOptions options = with_documents();
  options.dialect = uri;
  return options;
}
SchemaOptions with_formats() {
  SchemaOptions options = with_documents();
  options.formats = FormatUse::check;
  return options;
}

TEST(JsonSchemaSuite, EveryRequiredTestOf2020) {
  Outcome run = run_folder(kSuite / "tests/draft2020-12", with_documents(), {});
  EXPECT_TRUE(run.wrong.empty()) << lines(run.wrong);
  EXPECT_EQ(run.skipped, 0U);
  EXPECT_GE(run.passed, 1200U);
}

TEST(JsonSchemaSuite, OptionalTestsOf2020) {
  Outcome run = run_folder(kSuite / "tests/draft2020-12/optional", with_documents(), {});
  EXPECT_TRUE(run.wrong.empty()) << lines(run.wrong);
}

TEST(JsonSchemaSuite, FormatsOf2020) {
  Outcome run = run_folder(kSuite / "tests/draft2020-12/optional/format", with_formats(),
                           {{"hostname: validation of A-label (punycode) host names", "needs the tables of IDNA (RFC 5892)"}});
  EXPECT_EQ(run.skipped, 38U);
  EXPECT_TRUE(run.wrong.empty()) << lines(run.wrong);
}

TEST(JsonSchemaSuite, EveryRequiredTestOf2019) {
  Outcome run = run_folder(kSuite / "tests/draft2019-09", old_dialect("https://json-schema.org/draft/2019-09/schema"), {});
  EXPECT_TRUE(run.wrong.empty()) << lines(run.wrong);
}

TEST(JsonSchemaSuite, EveryRequiredTestOfDraft07) {
  Outcome run = run_folder(kSuite / "tests/draft7", old_dialect("http://json-schema.org/draft-07/schema#"), {});
  EXPECT_TRUE(run.wrong.empty()) << lines(run.wrong);
}

}  // namespace
