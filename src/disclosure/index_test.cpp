// What the index finds, in which order, for whom, and what hostile catalogs cannot do to it.
#include "disclosure/index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <vector>

namespace disclosure {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

struct Tool {
  std::string name, description, schema, title;
};

void set(Index& index, const std::string& server, const std::vector<Tool>& tools, std::string_view instructions = "") {
  std::vector<std::string> public_names;
  public_names.reserve(tools.size());
  std::vector<ToolView> views;
  for (const Tool& tool : tools) {
    public_names.push_back(server + "__" + tool.name);
    views.push_back({server, tool.name, public_names.back(), tool.title, tool.description, tool.schema, {}, {}});
  }
  index.set_server(server, instructions, views);
}

std::vector<std::string> names(const Found& found) {
  std::vector<std::string> all;
  for (const Hit& hit : found.hits) all.push_back(hit.server + "." + hit.name);
  return all;
}

std::vector<std::string> search(const Index& index, std::string text, std::size_t limit = 5) {
  Query query;
  query.text = std::move(text);
  query.limit = limit;
  return names(index.find(query));
}

std::string first(const Index& index, std::string text) {
  auto all = search(index, std::move(text));
  return all.empty() ? "" : all.front();
}

Index office() {
  Index index;
  set(index, "files",
      {{"read_text_file", "Read the complete contents of a file as text.",
        R"({"properties":{"path":{"type":"string","description":"where it lies"}}})", ""},
       {"list_directory", "Get a listing of all files in a path.", "", ""},
       {"create_directory", "Create a new directory.", "", ""}});
  set(index, "mail",
      {{"send_email", "Send a message to one or more recipients.",
        R"({"properties":{"recipient":{"type":"string"},"urgency":{"enum":["routine","immediate"]}}})", ""},
       {"search_inbox", "Find messages by sender or subject.", "", ""}},
      "Correspondence of the whole company.");
  set(index, "sky", {{"get_forecast", "Weather forecast for a city.", "", ""}});
  return index;
}

TEST(index, finds_by_name_description_parameters_and_instructions) {
  Index index = office();
  EXPECT_EQ(index.size(), 6U);
  EXPECT_EQ(first(index, "What is the weather in Paris?"), "sky.get_forecast");
  EXPECT_EQ(first(index, "make a directory"), "files.create_directory");
  EXPECT_EQ(first(index, "recipients"), "mail.send_email");
  EXPECT_EQ(first(index, "urgency"), "mail.send_email");
  EXPECT_EQ(first(index, "immediate"), "mail.send_email");
  EXPECT_EQ(search(index, "correspondence").size(), 2U);
}

TEST(index, other_words_for_the_same_count_less_and_can_be_left_out) {
  Index index = office();
  Query query;
  query.text = "temperature";
  EXPECT_THAT(names(index.find(query)), ElementsAre("sky.get_forecast"));
  query.synonyms = Synonyms::left_out;
  EXPECT_THAT(index.search(query), IsEmpty());
  set(index, "lab", {{"measure_temperature", "Reads a sensor.", "", ""}});
  EXPECT_EQ(first(index, "temperature"), "lab.measure_temperature");
}

TEST(index, words_may_be_joined_or_apart) {
  Index index;
  set(index, "a", {{"web_search", "", "", ""}, {"timezone", "", "", ""}, {"parsePDFFile", "", "", ""}});
  EXPECT_EQ(first(index, "websearch"), "a.web_search");
  EXPECT_EQ(first(index, "time zone"), "a.timezone");
  EXPECT_EQ(first(index, "parsepdffile"), "a.parsePDFFile");
  EXPECT_EQ(first(index, "pdf"), "a.parsePDFFile");
}

TEST(index, exact_names_come_first) {
  Index index;
  set(index, "one", {{"get", "", "", ""}, {"fetch", "get get get get", "", ""}, {"get_get", "get", "", ""}, {"Get", "", "", ""}});
  set(index, "two", {{"get", "", "", ""}});
  EXPECT_THAT(search(index, "get", 3), ElementsAre("one.get", "two.get", "one.Get"));
  EXPECT_EQ(first(index, "Get"), "one.Get");
  EXPECT_EQ(first(index, "two.get"), "two.get");
  EXPECT_EQ(first(index, "two__get"), "two.get");
  EXPECT_EQ(first(index, "please call `one.get_get` for me"), "one.get_get");
  EXPECT_EQ(first(index, "GET-GET"), "one.get_get");
}

TEST(index, each_part_of_a_question_finds_its_tool) {
  auto found = search(office(), "Look up the weather in Rome, then email it to Anna", 3);
  EXPECT_THAT(found, testing::Contains("sky.get_forecast"));
  EXPECT_THAT(found, testing::Contains("mail.send_email"));
}

TEST(index, what_may_not_be_seen_is_gone_before_anything_is_ranked) {
  Index index;
  std::vector<Tool> many;
  for (int i = 0; i < 50; ++i) many.push_back({"secret_report_" + std::to_string(i), "A report.", "", ""});
  set(index, "a", many);
  set(index, "b", {{"report", "A report of everybody's.", "", ""}});
  Query query;
  query.text = "report";
  query.may_see = [](std::string_view server, std::string_view) { return server == "b"; };
  Found found = index.find(query);
  EXPECT_THAT(names(found), ElementsAre("b.report"));
  EXPECT_EQ(found.matched, 1U);
  query.text = "a__secret_report_1";
  EXPECT_THAT(names(index.find(query)), Not(testing::Contains("a.secret_report_1")));
  query.text = "xyzzy";
  EXPECT_THAT(index.find(query).nearest, ElementsAre("b"));
}

TEST(index, one_server_leaves_room_for_others_that_are_about_as_good) {
  Index index;
  std::vector<Tool> many;
  for (int i = 0; i < 20; ++i) many.push_back({"note_" + std::string(1, static_cast<char>('a' + i)), "A note.", "", ""});
  set(index, "big", many);
  set(index, "small", {{"note", "A longer note.", "", ""}, {"note_keeper", "Keeps a note.", "", ""}});
  auto found = search(index, "a note about it");
  EXPECT_EQ(found.size(), 5U);
  EXPECT_EQ(std::count_if(found.begin(), found.end(), [](const std::string& one) { return one.starts_with("big."); }), 4);
  Query query;
  query.text = "note";
  query.server = "big";
  EXPECT_EQ(index.search(query).size(), 5U);
  EXPECT_EQ(index.find(query).matched, 20U);
}

TEST(index, nothing_found_gives_the_nearest_servers) {
  Index index = office();
  Query query;
  query.text = "xyzzy";
  query.server = "fils";
  Found found = index.find(query);
  EXPECT_THAT(found.hits, IsEmpty());
  EXPECT_EQ(found.matched, 0U);
  ASSERT_THAT(found.nearest, testing::SizeIs(3));
  EXPECT_EQ(found.nearest.front(), "files");
  query.text = "";
  query.server = "mail";
  EXPECT_THAT(names(index.find(query)), ElementsAre("mail.search_inbox", "mail.send_email"));
  EXPECT_THAT(search(Index(), "anything"), IsEmpty());
  Index nameless;
  set(nameless, "", {{"read", "", "", ""}});
  EXPECT_THAT(search(nameless, "read"), ElementsAre(".read"));
}

TEST(index, the_order_is_that_of_the_ids_where_the_scores_are_equal) {
  Index one, other;
  set(one, "b", {{"y_tool", "equal", "", ""}, {"x_tool", "equal", "", ""}});
  set(one, "a", {{"z_tool", "equal", "", ""}});
  set(other, "a", {{"z_tool", "equal", "", ""}});
  set(other, "b", {{"x_tool", "equal", "", ""}, {"y_tool", "equal", "", ""}});
  EXPECT_THAT(search(one, "equal"), ElementsAre("a.z_tool", "b.x_tool", "b.y_tool"));
  EXPECT_EQ(search(one, "equal"), search(other, "equal"));
}

// A server that nobody wrote, of words from a small dictionary.
std::vector<Tool> random_tools(std::mt19937& random) {
  static const std::vector<std::string> kWords{"read",   "file",  "mail",  "send",   "weather", "list",
                                               "folder", "chart", "issue", "commit", "price",   "route"};
  auto word = [&] { return kWords[random() % kWords.size()]; };
  std::vector<Tool> tools;
  for (std::size_t i = random() % 8; i > 0; --i) {
    tools.push_back({word() + "_" + word() + std::to_string(i), word() + " a " + word() + ". And " + word(),
                     R"({"properties":{")" + word() + R"(":{}}})", word()});
  }
  return tools;
}

TEST(index, changed_server_by_server_it_is_as_built_at_once) {
  std::mt19937 random(7);
  Index index;
  std::map<std::string, std::vector<Tool>> servers;
  for (int step = 0; step < 200; ++step) {
    std::string id = "server" + std::to_string(random() % 9);
    if (random() % 4 == 0) {
      index.remove_server(id);
      servers.erase(id);
    } else {
      servers[id] = random_tools(random);
      set(index, id, servers[id]);
    }
    if (step % 10 != 9) continue;
    Index rebuilt;
    for (const auto& [server, tools] : servers) set(rebuilt, server, tools);
    ASSERT_EQ(index.size(), rebuilt.size());
    for (std::string text : {"send mail", "list the folder, then read a file", "price of a route", "chart issue commit weather"}) {
      Query query;
      query.text = text;
      query.limit = 50;
      Found a = index.find(query), b = rebuilt.find(query);
      ASSERT_EQ(names(a), names(b)) << text;
      for (std::size_t i = 0; i < a.hits.size(); ++i) ASSERT_EQ(a.hits[i].score, b.hits[i].score);
    }
  }
}

TEST(index, stuffing_with_keywords_does_not_come_first) {
  std::string stuffed;
  for (int i = 0; i < 20000; ++i) stuffed += "send email message mail recipients weather forecast city file read list directory ";
  Index index = office();
  set(index, "spam",
      {{"best_tool", stuffed, "", ""},
       {"send_email_read_file_list_directory_get_weather_forecast_create_search_inbox_everything_always_first_tool",
        "Send email. Send email. Send email.", "", ""},
       {"do_all", "Does it.", R"({"properties":{"send_email":{"description":"send email message to recipients"}}})", stuffed}});
  EXPECT_EQ(first(index, "send an email message to recipients"), "mail.send_email");
  EXPECT_EQ(first(index, "weather forecast for a city"), "sky.get_forecast");
  EXPECT_EQ(first(index, "read a file as text"), "files.read_text_file");
  EXPECT_EQ(first(index, "create a directory"), "files.create_directory");
}

TEST(index, hostile_catalogs_are_taken) {
  std::vector<Tool> tools;
  std::string deep, wide = R"({"properties":{)";
  for (int i = 0; i < 100; ++i) deep += R"({"properties":{"a":)";
  deep += "{}";
  for (int i = 0; i < 100; ++i) deep += "}}";
  for (int i = 0; i < 20000; ++i) wide += (i == 0 ? "\"p" : ",\"p") + std::to_string(i) + "\":{}";
  wide += "}}";
  for (int i = 0; i < 10000; ++i)
    tools.push_back({"tool_" + std::to_string(i), "Does the work of number " + std::to_string(i) + ".", "{}", ""});
  tools[1].description.assign(1 << 20, 'x');
  tools[2].schema = deep;
  tools[3].schema = wide;
  tools[4].schema = R"({"$defs":{"N":{"properties":{"next":{"$ref":"#/$defs/N"}}}},"properties":{"n":{"$ref":"#/$defs/N"}}})";
  tools[5].name = "";
  tools[6].name = "\xff\xfe";
  tools[7].name = "Tool_8";
  tools[9].name = "t\xd0\xbe\xd0\xbel_8";  // looks like tool_8
  tools[10].schema = "no JSON {\"properties\":";
  Index index;
  set(index, "huge", tools);
  EXPECT_EQ(index.size(), 10000U);
  EXPECT_THAT(search(index, "tool_8", 2), ElementsAre("huge.tool_8", "huge.Tool_8"));
  EXPECT_EQ(first(index, "tool_4711"), "huge.tool_4711");
  EXPECT_EQ(search(index, std::string(1 << 20, 'q')).size(), 0U);
  Query query;
  query.text = "work";
  EXPECT_GT(index.find(query).matched, 9000U);
  index.remove_server("huge");
  EXPECT_EQ(index.size(), 0U);
  EXPECT_THAT(search(index, "tool_8"), IsEmpty());
}

}  // namespace
}  // namespace disclosure
