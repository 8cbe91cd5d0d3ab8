#include "app/config_telemetry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using testing::ElementsAre;

app::ReadConfig read(const std::string& text) {
  auto environment = [](const std::string& name) -> std::optional<std::string> {
    return name == "TOKEN" ? std::optional<std::string>("Bearer abc") : std::nullopt;
  };
  return app::parse_config("servers: {}\n" + text, "g.yaml", "/", environment);
}

std::vector<std::string> errors(const std::string& text) {
  std::vector<std::string> out;
  for (const app::Finding& one : read(text).findings)
    if (one.level == app::Finding::Level::error) out.push_back(one.text);
  return out;
}

TEST(ConfigTelemetry, AUrlIsEnough) {
  auto config = read("telemetry: { otlp: \"http://localhost:4318\" }").config;
  ASSERT_TRUE(config);
  EXPECT_TRUE(config->telemetry.on());
  EXPECT_EQ(config->telemetry.otlp, "http://localhost:4318/");
  EXPECT_EQ(config->telemetry.encoding, observe::OtlpEncoding::protobuf);
  EXPECT_EQ(config->telemetry.content, observe::Content::none);
  EXPECT_EQ(config->gateway.trace_share, 1.0);
}

TEST(ConfigTelemetry, WithoutACollectorNothingIsTraced) {
  auto config = read("telemetry: { sample: 0.5 }").config;
  ASSERT_TRUE(config);
  EXPECT_FALSE(config->telemetry.on());
  EXPECT_FALSE(config->gateway.trace_share);
}

TEST(ConfigTelemetry, TakesEveryKey) {
  auto config = read(
                    "metrics_listen: 127.0.0.1:9464\n"
                    "telemetry:\n  otlp: { url: \"https://a.example/otel\", encoding: json, compression: none, every: 10s }\n"
                    "  headers: { Authorization: \"${env:TOKEN}\" }\n  sample: 0.1\n  slow: 2s\n  content: redacted\n"
                    "  helicone: { key: \"${env:TOKEN}\" }")
                    .config;
  ASSERT_TRUE(config);
  const app::TelemetryConfig& telemetry = config->telemetry;
  EXPECT_EQ(telemetry.otlp, "https://a.example/otel");
  EXPECT_EQ(telemetry.encoding, observe::OtlpEncoding::json);
  EXPECT_EQ(telemetry.compression, observe::Compression::none);
  EXPECT_EQ(telemetry.every, std::chrono::seconds(10));
  ASSERT_EQ(telemetry.headers.size(), 1u);
  EXPECT_EQ(telemetry.headers[0].second.reveal(), "Bearer abc");
  EXPECT_EQ(telemetry.slow, std::chrono::seconds(2));
  EXPECT_EQ(telemetry.content, observe::Content::redacted);
  EXPECT_EQ(telemetry.helicone, "https://api.us.helicone.ai/custom/v1/log");
  EXPECT_EQ(config->gateway.trace_share, 0.1);
  ASSERT_TRUE(config->metrics_listen);
  EXPECT_EQ(config->metrics_listen->port, 9464);
}

TEST(ConfigTelemetry, SaysWhatIsWrong) {
  EXPECT_THAT(errors("telemetry: { sample: 2 }"), ElementsAre("telemetry.sample must be a share from 0 to 1, such as 0.1"));
  EXPECT_THAT(errors("telemetry: { otlp: { encoding: json } }"), ElementsAre("telemetry.otlp has no url; add url: http://localhost:4318"));
  EXPECT_THAT(errors("telemetry: { otlp: \"http://a/?x=1\" }"),
              ElementsAre("telemetry.otlp: no query may stand in it; write it like http://localhost:4318"));
  EXPECT_THAT(errors("telemetry: { headers: { \"a b\": x } }"), ElementsAre("telemetry.headers.a b is no name of a header"));
  EXPECT_THAT(errors("telemetry: { content: some }"), ElementsAre(testing::HasSubstr("telemetry.content must be")));
  EXPECT_EQ(errors("telemetry: { helicone: {} }").size(), 1u);
}

}  // namespace
