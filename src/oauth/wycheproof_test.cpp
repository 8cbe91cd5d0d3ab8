// The vectors of Project Wycheproof, through the same functions that verify tokens. See tests/vectors/README.md.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <sstream>

#include "base/json.h"
#include "oauth/jwt.h"

namespace oauth {
namespace {

namespace json = boost::json;

json::value read_vectors(const std::string& name) {
  std::ifstream file(std::string(GATEHOUSE_VECTORS) + "/wycheproof/" + name);
  std::stringstream text;
  text << file.rdbuf();
  auto tree = base::parse_json(text.str());
  EXPECT_TRUE(tree) << name << ": " << (tree ? "" : tree.error().message);
  return tree ? *std::move(tree) : json::value();
}

std::string verdict(std::string_view token, const std::string& key_text) {
  auto jws = parse_jws(token);
  if (!jws) return jws.error().message;
  auto key = Jwk::parse(key_text);
  if (!key) return key.error().message;
  auto good = verify_signature(*jws, *key);
  return good ? "good" : good.error().message;
}

std::string verdict_of_set(std::string_view token, const std::string& set_text) {
  auto set = parse_jwk_set(set_text);
  if (!set) return set.error().message;
  auto jws = parse_jws(token);
  if (!jws) return jws.error().message;
  std::string last = "no key";
  for (const Jwk& key : set->keys) {
    if (jws->kid && key.id() && *jws->kid != *key.id()) continue;
    auto good = verify_signature(*jws, key);
    if (good) return "good";
    last = good.error().message;
  }
  return last;
}

std::string text_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value && value->is_string() ? std::string(value->as_string()) : std::string();
}

// What is valid there and refused here: algorithms that are not accepted, and a key whose `alg` is another than the token's.
bool is_accepted_kind(const json::object& key, std::string_view token) {
  auto alg = find_alg(text_of(key, "alg"));
  auto jws = parse_jws(token);
  return alg && jws && jws->alg == *alg;
}

TEST(Wycheproof, JsonWebSignatures) {
  json::value all = read_vectors("json_web_signature_test.json");
  int good = 0, refused = 0;
  for (const auto& group : all.at("testGroups").as_array()) {
    const json::object& g = group.as_object();
    const json::object& key = g.contains("public") ? g.at("public").as_object() : g.at("private").as_object();
    std::string key_text = json::serialize(key);
    for (const auto& test : g.at("tests").as_array()) {
      const json::object& t = test.as_object();
      std::string token = text_of(t, "jws"), name = text_of(g, "comment") + "/" + text_of(t, "comment");
      bool wanted = text_of(t, "result") == "valid" && is_accepted_kind(key, token);
      std::string said = verdict(token, key_text);
      EXPECT_EQ(said == "good", wanted) << t.at("tcId") << " " << name << ": " << said;
      ++(said == "good" ? good : refused);
    }
  }
  EXPECT_EQ(good, 16);
  EXPECT_EQ(good + refused, 401);
}

TEST(Wycheproof, JsonWebKeySets) {
  json::value all = read_vectors("json_web_key_test.json");
  int good = 0, refused = 0;
  for (const auto& group : all.at("testGroups").as_array()) {
    const json::object& g = group.as_object();
    const json::object& keys = g.contains("public") ? g.at("public").as_object() : g.at("private").as_object();
    if (!keys.contains("keys")) continue;
    for (const auto& test : g.at("tests").as_array()) {
      const json::object& t = test.as_object();
      std::string token = text_of(t, "jws");
      bool wanted = text_of(t, "result") == "valid" && is_accepted_kind(keys.at("keys").at(0).as_object(), token);
      std::string said = verdict_of_set(token, json::serialize(keys));
      EXPECT_EQ(said == "good", wanted) << t.at("tcId") << " " << text_of(t, "comment") << ": " << said;
      ++(said == "good" ? good : refused);
    }
  }
  EXPECT_EQ(good, 1);
  EXPECT_GE(refused, 24);
}

}  // namespace
}  // namespace oauth
