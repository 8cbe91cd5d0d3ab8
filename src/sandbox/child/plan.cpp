#include "sandbox/child/plan.h"

#include "sandbox/frames.h"

namespace sandbox::child {
namespace {

constexpr std::size_t kMostEntries = 4'096;

template <class T, class Put>
void put_all(FieldWriter& out, const std::vector<T>& list, Put put) {
  out.number(list.size());
  for (const T& one : list) put(one);
}

// Ends early when what comes is not whole, or too much.
template <class T, class Take>
bool take_all(FieldReader& in, std::vector<T>& list, Take take) {
  const std::uint64_t count = in.number();
  if (!in.ok() || count > kMostEntries) return false;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) list.push_back(take());
  return in.ok();
}

std::string text(FieldReader& in) { return std::string(in.text()); }

template <class E>
E word(FieldReader& in, E last) {
  const std::uint64_t value = in.number();
  return value > static_cast<std::uint64_t>(last) ? E{} : static_cast<E>(value);
}

}  // namespace

std::string plan_bytes(const Plan& plan) {
  FieldWriter out;
  put_all(out, plan.mounts, [&](const Mount& m) { out.text(m.from).text(m.to).number(static_cast<std::uint64_t>(m.access)); });
  put_all(out, plan.links, [&](const Link& l) { out.text(l.path).text(l.target); });
  put_all(out, plan.files, [&](const File& f) { out.text(f.path).text(f.content); });
  put_all(out, plan.folders, [&](const std::string& f) { out.text(f); });
  put_all(out, plan.hidden, [&](const std::string& f) { out.text(f); });
  put_all(out, plan.scratch, [&](const Scratch& s) { out.text(s.path).number(s.bytes).number(static_cast<std::uint64_t>(s.programs)); });
  put_all(out, plan.listeners, [&](const Listener& l) { out.text(l.address).number(l.port); });
  const Ceilings& c = plan.ceilings;
  out.number(c.memory).number(c.processes).number(c.descriptors).number(c.file).number(c.cpu_percent);
  out.number(static_cast<std::uint64_t>(plan.degraded)).number(plan.outer_id).text(plan.cgroup);
  return out.take();
}

Result<Plan> read_plan(std::string_view bytes) {
  FieldReader in(bytes);
  Plan out;
  const bool whole = take_all(in, out.mounts,
                              [&] {
                                Mount m;
                                m.from = text(in);
                                m.to = text(in);
                                m.access = word(in, Mount::Access::device);
                                return m;
                              }) &&
                     take_all(in, out.links,
                              [&] {
                                Link l;
                                l.path = text(in);
                                l.target = text(in);
                                return l;
                              }) &&
                     take_all(in, out.files,
                              [&] {
                                File f;
                                f.path = text(in);
                                f.content = text(in);
                                return f;
                              }) &&
                     take_all(in, out.folders, [&] { return text(in); }) && take_all(in, out.hidden, [&] { return text(in); }) &&
                     take_all(in, out.scratch,
                              [&] {
                                Scratch s;
                                s.path = text(in);
                                s.bytes = in.number();
                                s.programs = word(in, Scratch::Programs::allowed);
                                return s;
                              }) &&
                     take_all(in, out.listeners, [&] {
                       Listener l;
                       l.address = text(in);
                       l.port = static_cast<std::uint16_t>(in.number());
                       return l;
                     });
  Ceilings& c = out.ceilings;
  for (std::uint64_t* each : {&c.memory, &c.processes, &c.descriptors, &c.file, &c.cpu_percent}) *each = in.number();
  out.degraded = word(in, Plan::Degraded::allowed);
  out.outer_id = static_cast<std::uint32_t>(in.number());
  out.cgroup = text(in);
  if (!whole || !in.ended()) return Error(Code::invalid_argument, "the plan of a box is broken");
  return out;
}

}  // namespace sandbox::child
