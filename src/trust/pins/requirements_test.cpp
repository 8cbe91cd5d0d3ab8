#include "trust/pins/requirements.h"

#include <gtest/gtest.h>

namespace trust {
namespace {

constexpr std::string_view kChosen =
    "annotated-types==0.8.0 \\\n    --hash=sha256:13b2 \\\n    --hash=sha256:f072\n"
    "# a word\n"
    "Cffi_Ext==2.1 ; platform_python_implementation != 'PyPy' \\\n    --hash=sha256:046b\n";

TEST(Requirements, AreReadAndWrittenAgain) {
  auto read = parse_requirements(kChosen);
  ASSERT_TRUE(read) << read.error().message;
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ(read->at("python/annotated-types"), R"({"hashes":["sha256:13b2","sha256:f072"],"requirement":"annotated-types==0.8.0"})");
  EXPECT_TRUE(read->contains("python/cffi-ext"));
  auto again = parse_requirements(requirements_text(*read));
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, *read);
}

TEST(Requirements, WithoutVersionOrHashAreRefused) {
  for (std::string_view text : {"x>=1 \\\n --hash=sha256:1", "x==1", "--hash=sha256:1", "x @ https://127.0.0.1/x.whl \\\n --hash=sha256:1",
                                "x==1 @ file:///x \\\n --hash=sha256:1", "--index-url=x", "-e ."})
    EXPECT_FALSE(parse_requirements(text)) << text;
}

TEST(Requirements, OfALockThatSomebodyWroteNameNoAddress) {
  EXPECT_EQ(requirements_text({{"python/x", R"({"hashes":["sha256:1"],"requirement":"x @ https://127.0.0.1/x.whl"})"},
                               {"python/y", R"({"hashes":["sha256:1 --index-url=z"],"requirement":"y==1"})"},
                               {"node_modules/z", R"({"version":"1"})"}}),
            "y==1\n");
}

TEST(Requirements, NamesAreOneHoweverTheyAreWritten) { EXPECT_EQ(plain_python_name("Zope.Interface__X"), "zope-interface-x"); }

}  // namespace
}  // namespace trust
