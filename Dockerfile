# The gateway in a small image: built on Debian 12, run on its slim variant with nothing but the shared libraries it needs.
#   docker build -t gatehouse .
#   docker run --rm --network host -v "$PWD:/etc/gatehouse:ro" gatehouse serve
# The folder holds gatehouse.yaml, which names its store: `store: sqlite:/var/lib/gatehouse/gatehouse.db`. The host's network,
# because without sign-in the gateway listens on loopback only.
FROM debian:12 AS build
RUN apt-get update && apt-get install -y --no-install-recommends git ca-certificates && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY script/lib.sh script/setup script/packages.txt script/
COPY third_party third_party
RUN script/setup build
COPY . .
RUN script/build gatehouse && strip build/gatehouse

FROM debian:12-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates libssl3 libsimdjson14 libyaml-cpp0.7 libfmt9 libspdlog1.10 libsqlite3-0 libpq5 libre2-9 libstemmer0d libseccomp2 \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --create-home --home-dir /var/lib/gatehouse gatehouse
COPY --from=build /src/build/gatehouse /usr/local/bin/gatehouse
USER gatehouse
WORKDIR /var/lib/gatehouse
ENV GATEHOUSE_CONFIG=/etc/gatehouse/gatehouse.yaml
EXPOSE 8811
ENTRYPOINT ["gatehouse"]
CMD ["serve"]
